"""Checkpoints on disk: their folder, their manifest, and the store that saves and verifies them.

May import `gan.disk`, `gan.text`, `gan.errors` and `gan.run.directory`. The arrays of a checkpoint
are bytes here; what they mean is up to `gan.training`.
"""
