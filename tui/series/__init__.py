"""Long series of numbers in bounded memory, and what a chart needs of them. Arrays in, arrays out.

May import NumPy and `gan.events`. No Textual, no Rich.
"""
