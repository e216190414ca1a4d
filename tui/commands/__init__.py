"""The subcommands, one module each, with what they print.

This package composes: it alone knows both the training and the screens, and may import everything.
TensorFlow, Textual and Rich are imported only once a command needs them.
"""

from typing import Final

SUBCOMMANDS: Final = ("train", "bench")
"""Each is a module here whose `main(words)` returns the exit code. The first is the default.

Every other has `OPTIONS`, its options by field name, and `parser()`, which makes its parser.
"""
