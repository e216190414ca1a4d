"""The terminal: the driver that holds it, what is written to it and how often, who owns stderr.

May import Textual (the driver alone). Knows nothing of a run.
"""
