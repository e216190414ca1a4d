"""Checkpoints on disk: their names, their manifest, and the store that saves and verifies them.

May import `gan.disk`, the vocabulary and `gan.run.directory`. What the arrays mean is not known
here.
"""
