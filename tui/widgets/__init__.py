"""The parts of the screens: each reads a scene and draws its rows.

May import `gan`, `tui.model`, `tui.style`, `tui.render` and `tui.series`; changes nothing of a run.
"""
