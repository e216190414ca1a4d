"""The presets: pairs of networks, their layers, and every random draw.

May import TensorFlow and Keras, and of `gan` the vocabulary alone. `presets`, the table, imports
neither: the configuration reads it.
"""
