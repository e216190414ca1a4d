"""The dashboard and the table of runs as apps.

The dashboard binds keys and events to a painter, a grid player and an exporter. May import
everything in `tui` but `commands`, the vocabulary of `gan`, `gan.text`, `gan.run_facts` and the
record in `gan.export.request`. Reaches a run only through `tui.model.source`, and a folder of runs
only through `tui.model.run_list`.
"""
