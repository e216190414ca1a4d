"""A run on disk: its directory, log, status, checkpoints and lock."""
