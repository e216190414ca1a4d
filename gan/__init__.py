"""The domain: configuring, training, recording and exporting a run.

The flat modules are the vocabulary, shared by all packages. Must not import `tui`, Textual or Rich.
For programs that record a training loop of their own, `Recorder` and `StopRequested` are here; they
are imported once they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.recorder.obeying import StopRequested
    from gan.recorder.recorder import Recorder

__all__ = ["Recorder", "StopRequested"]


def __getattr__(name: str) -> object:
    if name == "Recorder":
        from gan.recorder.recorder import Recorder

        return Recorder
    if name == "StopRequested":
        from gan.recorder.obeying import StopRequested

        return StopRequested
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
