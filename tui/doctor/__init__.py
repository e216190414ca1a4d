"""What `gan-tui doctor` asks the terminal, how it judges the answers, and digits to choose by eye.

It may import `tui.terminal`, `tui.render` and the records of `gan.doctor`, and knows no run.
"""
