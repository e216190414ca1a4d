"""The dashboard as an app: it binds keys and events to a painter, a grid player and an exporter.

May import everything in `tui` but `commands`, and the vocabulary of `gan`. Reaches a run only
through `tui.model.source`.
"""
