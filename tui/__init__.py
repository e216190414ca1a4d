"""One front end of `gan`: the command line and the dashboard.

`cli` picks a subcommand of `commands`. Nothing in `gan` imports this package.
"""
