"""What the screen knows: the run, the view of it, and how keys change the view. Pure.

May import `gan`, `tui.series` and `tui.choices`; draws nothing and waits for nothing.
"""
