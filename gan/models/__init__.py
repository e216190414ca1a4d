"""The presets: pairs of networks, their layers and losses, and every random draw.

May import TensorFlow and Keras, and from `gan` only the vocabulary. The table in `presets` needs
none of these, because the configuration reads it.
"""
