"""Pure drawing: arrays in, strips out.

May import `tui.series`, Rich and the strips of Textual. Knows nothing of a run.
"""
