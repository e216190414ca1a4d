"""A run as another process sees it: read from its directory, steered through its mailbox.

Loads neither TensorFlow nor a screen.
"""
