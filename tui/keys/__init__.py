"""The keys: every binding of the dashboard, and how a user remaps them.

May import Textual, `gan.commands` and `tui.model`.
"""
