"""A terminal that answers questions as terminals do, or lacks what some of them lack.

It knows where its cursor is in a row and nothing else; what is on the screen is another test's.
"""

from __future__ import annotations

import os
import pty
import re
import select
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

XTERM: Final[Mapping[int, int]] = {1006: 2, 2026: 2}
"""The modes of a terminal that has them all, not set now; DECRQM."""

_PIECE: Final = re.compile(
    rb"\x1b\[\?(?P<mode>[0-9]+)\$p|(?P<position>\x1b\[6n)|\x1b\[[0-9;?]*[@-~]|(?P<back>\r)"
    rb"|(?P<text>[^\x1b\r]+)"
)
_UNFINISHED: Final = re.compile(rb"\x1b(?:\[[0-9;?$]*)?$")


@dataclass(kw_only=True)
class FakeTerminal:
    """A pseudo-terminal and whoever sits at its other end, from entering it to leaving it."""

    answers: bool = True
    """Whether it answers at all."""

    reads: bool = True
    """Whether it takes what is written; after ctrl+s a terminal does not."""

    utf8: bool = True
    """Else every byte is a character."""

    lost: str = ""
    """Characters that it takes for nothing, as tmux 3.3a does with octants."""

    wide: str = ""
    """Characters that take two columns."""

    modes: Mapping[int, int] | None = field(default_factory=lambda: XTERM)
    """The state of each mode that it has; `None` if it does not know the question, and prints
    the end of it."""

    bytes_per_second: float | None = None
    seconds: float = 0.0
    """How long each answer is on its way."""

    received: bytes = b""
    """All that was written to it."""

    def __enter__(self) -> Self:
        self.master, self.device = pty.openpty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-terminal")
        self._column = 0
        self._pending = b""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.device)

    def _run(self) -> None:
        while not self._ended.is_set():
            if self.reads and select.select([self.master], [], [], 0.02)[0]:
                data = os.read(self.master, 4096)
                if self.bytes_per_second is not None:
                    time.sleep(len(data) / self.bytes_per_second)
                self.received += data
                self._take(data)
            elif not self.reads:
                self._ended.wait(0.02)

    def _take(self, data: bytes) -> None:
        data = self._pending + data
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._pending = data[end:]
        for piece in _PIECE.finditer(data[:end]):
            if piece["text"] is not None:
                self._column += self._width(piece["text"])
            elif piece["back"] is not None:
                self._column = 0
            elif piece["position"] is not None:
                self._answer(b"\x1b[24;%dR" % (self._column + 1))
            elif piece["mode"] is not None and self.modes is None:
                self._column += len("p")
            elif piece["mode"] is not None and self.modes is not None:
                mode = int(piece["mode"])
                self._answer(b"\x1b[?%d;%d$y" % (mode, self.modes.get(mode, 0)))

    def _answer(self, answer: bytes) -> None:
        if self.answers:
            if self.seconds:
                time.sleep(self.seconds)
            os.write(self.master, answer)

    def _width(self, text: bytes) -> int:
        if not self.utf8:
            return len(text)
        shown = text.decode("utf-8", "ignore")
        return sum(0 if c in self.lost else 2 if c in self.wide or c == "漢" else 1 for c in shown)
