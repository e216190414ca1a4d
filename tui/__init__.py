"""One front end of `gan`: the command line and the dashboard."""
