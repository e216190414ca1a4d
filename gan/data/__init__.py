"""Training images: `loader.load` reads any data source and returns one `ImageSet`.

May import `gan.disk`, `gan.text`, `gan.hints`, `gan.machine.memory` and the vocabulary. Needs no
TensorFlow. `sources`, the table of names and formats, imports no reader: the configuration reads
it.
"""
