"""What a user, their files and their terminal have chosen before the screen is up.

May import `tui.keys`, `tui.model` and `tui.terminal.pacing`.
"""
