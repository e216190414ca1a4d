"""A run on disk: its directory, log, status, samples, mailbox, lock and checkpoints.

May import `gan.disk`, `gan.text`, `gan.run_facts`, `gan.exchange`, `gan.hints` and the vocabulary.
Needs no TensorFlow.
"""
