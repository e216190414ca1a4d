"""Files that survive a crash: atomic writes, safe reads, arrays as bytes, operating system errors.

Knows nothing about runs. Within the project it imports only `gan.errors`.
"""
