"""The training: the step, many of them in one compiled call, and the loop around them.

With `gan.models` the only part that imports TensorFlow. May import `gan.models` and the vocabulary.
"""
