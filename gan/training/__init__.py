"""The training: the step, many of them in one compiled call, the loop around them, and saving.

May import TensorFlow, Keras, `gan.models`, `gan.run` and everything below them. Knows neither a
session nor a screen: commands come in through a queue, events leave through the recorder.
"""
