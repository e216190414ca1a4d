"""One training from start to end: a thread, its preparation, and the signals that reach it.

May import everything in `gan` but `headless`. TensorFlow is imported by the trainer thread alone.
"""
