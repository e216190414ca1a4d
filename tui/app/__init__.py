"""The dashboard as an app: it binds keys and events to a painter, a grid player and an exporter.

May import everything in `tui` but `commands`, the vocabulary of `gan`, `gan.text` and the record in
`gan.export.request`. Reaches a run only through `tui.model.source`.
"""
