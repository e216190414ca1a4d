"""The dashboard as an application: it binds keys and events to a painter, a player, an exporter.

May import everything in `tui` but `commands`. Reaches a run only through `tui.model.source`.
"""
