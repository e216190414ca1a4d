"""What the screen knows: the run, how a person views it, and how keys change that. Pure.

May import `gan`, `tui.series` and `tui.choices`; draws nothing and waits for nothing.
"""
