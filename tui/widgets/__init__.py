"""The parts of the screens, and the scene that each draws its rows from.

May import the vocabulary of `gan`, `gan.text`, `gan.run_facts`, `tui.model`, `tui.style`,
`tui.render` and `tui.series`; changes nothing of a run.
"""
