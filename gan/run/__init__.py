"""A run on disk: its directory, log, status, samples, mailbox, lock and checkpoints.

May import `gan.disk`, `gan.text` and the flat modules of `gan`. Needs no TensorFlow.
"""
