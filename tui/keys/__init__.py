"""The keys: every binding of the dashboard, and the user's keymap.

May import Textual, `gan.commands` and `tui.model`.
"""
