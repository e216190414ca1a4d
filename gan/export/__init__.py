"""Exports of a run: a grid as a PNG, the history of grids as an animated GIF, losses as CSV.

May import `gan.run` and what that may import. Nothing exported is read back. Needs no TensorFlow.
"""
