"""The dashboard, its layout, the log, and the dialogs over it.

May import the vocabulary of `gan`, `tui.widgets` and what these may; a screen gives back an answer
and does nothing with it.
"""
