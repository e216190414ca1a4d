"""Checks of a machine, for `gan-tui doctor`: what works here, and what mends what does not.

Each module reads facts, and judges them apart in pure functions, so that machines which nobody has
at hand can be judged too. Nothing here imports TensorFlow or a screen, or a package that may be
missing, before it is needed.
"""
