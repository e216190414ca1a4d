"""A run as another process sees it: read from its directory, steered through its mailbox.

May import `gan.run`, `gan.text`, `gan.disk` and the flat modules of `gan`. Loads no TensorFlow and
no screen.
"""
