"""What leaves a run: pictures, films, tables, pages, logs, images, weights, a model card.

`writer` writes what the dashboard exports, into the run's `exports` folder; every other module
writes where a person says (`destination`). Nothing here is read back. TensorFlow is imported only
while networks are written. Screens import `gan.export.request` alone.
"""
