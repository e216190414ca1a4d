"""The domain: configuring, training, recording and exporting a run.

Must not import `tui`, Textual or Rich.
"""
