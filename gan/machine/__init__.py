"""What a run can be trained on here: GPUs, drivers, libraries, memory; and what they are doing.

Nothing in this package imports TensorFlow or a screen: what can be known is known before TensorFlow
is imported, because some of it would end the process there.
"""
