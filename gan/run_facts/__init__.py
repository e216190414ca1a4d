"""What can be said of runs from outside: records, and pure functions over them.

`sighting` is what is known of the process that trains, `summary` a run in a list, `comparison`
several side by side. Reads no file: `gan.run` fills the records in and judges, and front ends show
them. May import the vocabulary and the types of `gan.disk`.
"""
