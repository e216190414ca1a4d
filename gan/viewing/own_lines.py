"""A viewer's own lines: what it says besides what the run's log says."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

from gan.events import Noted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gan.events import Listener

_KEPT: Final = 100


class OwnLines:
    """Says lines and keeps the newest: no log holds them for when all is shown anew."""

    def __init__(self, listener: Listener, notes: Iterable[str]) -> None:
        """Keep some lines, and say none yet.

        Args:
            listener: Called with every line that is said.
            notes: The first lines.
        """
        self._listener = listener
        self._kept: deque[Noted] = deque(map(_line, notes), maxlen=_KEPT)
        self._problems: set[str] = set()
        """What was said of the run's records."""

    def __iter__(self) -> Iterator[Noted]:
        """The newest lines, oldest first."""
        return iter(self._kept)

    def say(self, text: str, is_warning: bool) -> None:
        """Say a line, and keep it."""
        self._kept.append(_line(text, warning=is_warning))
        self._listener(self._kept[-1])

    def warn(self, text: str) -> None:
        """Say a warning, and keep it."""
        self.say(text, True)

    def add_problems(self, problems: Iterable[str]) -> None:
        """Keep a line for each of these that is new, without saying it."""
        found = list(problems)
        self._kept += [_line(text) for text in found if text not in self._problems]
        self._problems.update(found)


def _line(text: str, *, warning: bool = True) -> Noted:
    return Noted(time=time.time(), text=text, warning=warning)
