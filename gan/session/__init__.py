"""One training run from start to end: its thread, its preparation, and the signals to it.

May import everything in `gan` but `headless` and `bench`. Only the trainer thread loads TensorFlow;
starting a session loads none of it.
"""
