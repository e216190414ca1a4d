"""What a folder or an archive holds, and which of it to read.

`tree` lists folders, `names` tells from a name what a file is for, `picture_folders` and
`file_sets` find the images in the layouts in which data sets circulate, `source` reads what was
found. May import `gan.data.pictures`, `gan.data.opening`, the readers and what those may.
"""
