"""The colours of the dashboard and its themes.

May import `tui.choices`, `tui.render` and Textual; of a run it knows only phases and severities.
"""
