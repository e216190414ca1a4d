"""Exports of a run: its digits as a picture or an animation, its losses as tables, pages and logs.

Reads a run directory, and writes to its `exports` folder (`writer`) or where a person says
(`named_files`); nothing here is read back. May import `gan.run` and everything below it. Screens
import `gan.export.request` alone.
"""
