"""Exports of a run for people: its digits as a picture or an animation, its losses as CSV.

Reads a run directory, and writes to its `exports` folder (`writer`) or where a person says
(`named_files`); nothing here is read back. May import `gan.run` and everything below it. Screens
import `gan.export.request` alone.
"""
