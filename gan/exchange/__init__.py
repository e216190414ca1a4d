"""What the trainer and others pass each other: `requests` go down to it, `event_streams` come up.

May import `gan.commands`, `gan.events` and `gan.errors`. Knows no files and starts no threads; its
queue is safe to use from every thread.
"""
