"""Where data is read from: a file or a folder, compressed or in an archive, and what it really is.

`paths` is what readers are given in place of a path, `archives` makes one of a member of an archive
(`zip_archives`, `tar_archives`), `streams` decompresses, `recognition` tells by content what a file
is, one of `kinds`. Nothing is unpacked to disk. May import `gan.data.checks` and what that may.
"""
