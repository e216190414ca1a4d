"""The training itself: the only part that imports TensorFlow."""
