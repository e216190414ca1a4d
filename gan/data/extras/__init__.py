"""Formats that need a package which is not installed with the program, but with an extra of it.

`packages` says which, `parquet` and `matlab` read, `matlab_elements` checks a file before SciPy
sees it. May import the other readers and what those may.
"""
