"""The terminal: the driver that holds it, what is written to it and how often, who owns stderr.

May import `gan.text` and, in the driver alone, Textual. Knows nothing of a run.
"""
