"""The subcommands, each in a module of its own and `train` in several, with what they print.

This package composes: it alone knows both the training and the screens, and may import everything.
TensorFlow, Textual and Rich are imported only once a command needs them.
"""

SUBCOMMANDS = (
    "train",
    "attach",
    "watch",
    "runs",
    "compare",
    "evaluate",
    "sample",
    "export",
    "data",
    "bench",
    "doctor",
    "help",
)
"""Each is a module here whose `main(words)` returns the exit code. The first is the default.

The words are the whole command line, so the first is the name, unless the default was left out.

Every other has `OPTIONS`, its options by field name, and `parser()`, which makes its parser.
"""
