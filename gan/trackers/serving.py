"""The process of a tracker: reads what the run tells, and passes it to the tracker's package.

`gan.trackers.apart` starts it. It ends when the run does, when the package fails, or, at the
latest, some time after the run: a run that was killed leaves nothing behind that hangs for ever.
"""

from __future__ import annotations

import base64
import io
import json
import os
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, Final

from gan.trackers.messages import (
    CLOSE,
    ERROR,
    KNOWN_AS,
    LAST_SECONDS,
    NOTE,
    OPEN,
    PICTURE,
    SCALARS,
)
from gan.trackers.tracker import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gan.trackers.service import Service

_NICENESS: Final = 10
"""The trainer goes first."""

_BACKLOG: Final = 1000
"""Messages that wait at most: a quarter of an hour of them."""


def main(service: str) -> None:
    """Serve until the run ends.

    Args:
        service: The adapter, as its module and class: `gan.trackers.wandb_service:WandbService`.
    """
    os.nice(_NICENESS)
    messages, answers = _own_streams()
    waiting: queue.Queue[bytes] = queue.Queue(_BACKLOG)
    threading.Thread(target=_receive, args=(messages, waiting), daemon=True).start()

    def answer(**fields: str) -> None:
        # A run that was killed reads no answers; what it has told is kept all the same.
        with suppress(OSError):
            answers.write(json.dumps(fields) + "\n")
            answers.flush()

    try:
        module, _, kind = service.partition(":")
        serve(getattr(import_module(module), kind)(), iter(waiting.get, b""), answer)
    except Exception as error:  # noqa: BLE001 - packages of others may raise anything
        traceback.print_exc()
        first_line = str(error).strip().partition("\n")[0]
        answer(**{ERROR: f"{type(error).__name__}: {first_line}"})
        sys.exit(1)


def serve(service: Service, messages: Iterator[bytes], answer: Any) -> None:
    """Pass messages on until the run ends, or whoever sends them is gone.

    Args:
        service: The tracker.
        messages: One JSON object each.
        answer: Called with the fields of an answer.
    """
    is_open = False
    for message in messages:
        record = json.loads(message)
        kind = record.pop("kind")
        if kind == OPEN:
            answer(**{KNOWN_AS: service.open(**record)})
            is_open = True
        elif kind == CLOSE:
            service.close(Ending(record["ending"]))
            return
        else:
            _pass_on(service, kind, record)
    if is_open:
        service.close(Ending.STOPPED)


def _pass_on(service: Service, kind: str, record: Mapping[str, Any]) -> None:
    where = record["step"], record["time"]
    if kind == SCALARS:
        service.scalars(*where, record["values"])
    elif kind == NOTE:
        service.note(*where, record["tag"], record["text"])
    elif kind == PICTURE:
        from PIL import Image

        png = io.BytesIO(base64.b64decode(record["png"]))
        with Image.open(png) as image:
            service.picture(*where, record["tag"], image.convert("RGB"))


def _own_streams() -> tuple[IO[bytes], IO[str]]:
    """The pipes from and to the run; what packages print goes to standard error, the log."""
    messages, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return messages, answers


def _receive(messages: IO[bytes], waiting: queue.Queue[bytes]) -> None:
    """The thread that takes messages, so that the end of the run is seen whatever the package does.

    A package that takes nothing for too long is given up.
    """
    try:
        for message in messages:
            waiting.put(message, timeout=LAST_SECONDS)
        signal.alarm(LAST_SECONDS)
        waiting.put(b"", timeout=LAST_SECONDS)
    except queue.Full:
        os._exit(1)
