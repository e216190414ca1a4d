"""The presets: pairs of networks, their layers and losses, and every random draw.

May import TensorFlow and Keras, and from `gan` only the vocabulary. `presets`, the table, imports
neither: the configuration reads it.
"""
