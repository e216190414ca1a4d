"""One training run from start to end: its thread, its preparation, and the signals to it.

May import everything in `gan` except `headless` and `bench`. Only the trainer thread imports
TensorFlow.
"""
