"""What the trainer and others pass each other: `requests` go down to it, events come up.

Both wait in between: in the queue of `requests`, and in an `event_buffer`. May import
`gan.commands`, `gan.events` and `gan.errors`. Knows no files and starts no threads.
"""
