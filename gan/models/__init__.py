"""The presets: pairs of networks, their layers, and every random draw.

May import TensorFlow and Keras, and of `gan` the vocabulary alone.
"""
