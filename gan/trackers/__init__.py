"""Trackers of experiments that are told of a run while it trains: `--log-to`.

`table` lists them, and loads none of them. `tracking` gives each a `feed`: a bounded queue and a
thread. TensorBoard's files are written in that thread (`tensorboard`). The packages of the others
are imported by a process of their own (`apart` here, `serving` there, an adapter in a module each),
where they can hang, crash, print and ask for a password without harm. What is tracked is listed in
`gan.export.tracked`. May import `gan.export` and what is below it; sessions know it by a protocol.
"""
