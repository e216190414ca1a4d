"""The domain: configuring, training, recording and exporting a run.

The flat modules are the vocabulary, shared by all packages. Must not import `tui`, Textual or Rich.
"""
