"""The process that waits for the one that trains.

Native code can end a process without a word: no handler runs, the terminal stays raw, and the run's
status stays as it was. So the program forks before it imports anything large. The child is the
program; its parent waits, passes signals on, and does what a dead process cannot.

Nothing here knows a run, a screen or a library: `tui.commands.train_died` says how a run died.
"""
