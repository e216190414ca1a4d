"""The colours of the dashboard and its themes.

May import `tui.render` and Textual; knows nothing of a run but its phases and log levels.
"""
