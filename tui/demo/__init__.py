"""A recorded run that the dashboard plays as if it were live: `gan-tui --demo`.

`events.jsonl.xz` and `images.npz.xz` are a real run, as `python -m tests.record_demo` recorded it.
May import `gan.events`, `gan.commands`, `gan.run.event_json`, the records of `gan.run_facts`; it
knows of no screen, trains nothing and writes nothing.
"""
