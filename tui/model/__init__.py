"""What the screen knows: the run, the view of it, and how events and keys change them.

State changes by pure functions. `source` is the seam to a run; `machine` measures the processor and
the memory. Draws nothing. May import the vocabulary of `gan`, `gan.text`, `gan.run_facts`,
`gan.exchange`, the record in `gan.export.request`, `tui.series` and `tui.choices`.
"""
