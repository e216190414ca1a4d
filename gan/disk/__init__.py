"""Files that survive: atomic writes, arrays as bytes, and the errors of an operating system.

Knows nothing of runs. May import `gan.errors` alone.
"""
