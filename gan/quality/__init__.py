"""How good generated images are, in figures: NumPy only, no TensorFlow and no screen.

A feature network (`features`, `choice`, `fitting`) describes each image by 64 numbers. From those
come the Frechet distance (`frechet`), the kernel distance (`kernel`), density and coverage
(`manifold`); its classes give the census, and pixels the share of copies (`copies`). `measure` puts
them together for a run's data, and `verdict` reads a series of them for signs of failure.
It imports the vocabulary, `gan.disk` and `gan.data`.
"""
