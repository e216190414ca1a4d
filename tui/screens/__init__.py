"""The dashboard, its layout, and the dialogs over it.

May import `gan`, `tui.widgets` and what these may; a screen gives back an answer and does nothing
with it.
"""
