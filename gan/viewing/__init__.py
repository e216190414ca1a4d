"""A run as another process sees it: read from its directory, steered through its mailbox.

May import `gan.run` and whatever that may. Loads no TensorFlow and no screen.
"""
