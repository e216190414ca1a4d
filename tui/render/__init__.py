"""Pure drawing: arrays in, strips out.

May import `tui.choices`, `tui.series`, Rich and Textual's strips. Knows nothing of a run.
"""
