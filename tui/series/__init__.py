"""Long series of numbers in bounded memory, and the arithmetic of charts on them.

Arrays in, arrays out. May import NumPy and the types of `gan.events`; no Textual, no Rich.
"""
