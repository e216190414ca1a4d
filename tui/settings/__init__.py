"""Options, remembered choices, remapped keys and the terminal's abilities, as one record.

May import `gan.disk`, `tui.choices`, `tui.keys`, `tui.model`, the types of `tui.render` and
`tui.terminal.pacing`; runs before there is a screen.
"""
