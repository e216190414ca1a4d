"""The run's last events in sentences, the newest at the bottom."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

from tui.style.styles import FAINT, LEVELS
from tui.widgets.rows import clipped, row, wrapped
from tui.widgets.scene_view import SceneView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.strip import Strip

    from tui.model.log_lines import LogLine
    from tui.model.view import Scene

_TIME_COLUMNS = 10
_LEAST_TEXT = 12


class LogPane(SceneView):
    """As many of the newest lines as there is room for."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The log."""
        return (scene.run.log,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The newest lines."""
        return log_rows(scene.run.log, width, height)


def log_rows(log: Sequence[LogLine], width: int, height: int) -> list[Strip]:
    """The newest lines of a log in at most `height` rows, oldest first, wrapped to the width.

    In a single row the newest line is cut instead, so that its beginning is what shows. What
    libraries printed is left to the screen that has the whole log: it would drive out the rest.
    """
    newest = list(islice((line for line in reversed(log) if not line.native), max(height, 0)))
    if height == 1:
        return [
            _drawn(line, clipped(line.text, width - _TIME_COLUMNS - 1), width) for line in newest
        ]
    rows = list(islice(_rows_backwards(newest, width), max(height, 0)))
    return rows[::-1]


def _rows_backwards(newest: Sequence[LogLine], width: int) -> Iterator[Strip]:
    """The rows of lines, both from the newest on."""
    room = max(width - _TIME_COLUMNS - 1, _LEAST_TEXT)
    for line in newest:
        first, *rest = wrapped(line.text, room)
        for text in reversed(rest):
            yield row([(" " * _TIME_COLUMNS, FAINT), (text, LEVELS[line.level])], width)
        yield _drawn(line, first, width)


def _drawn(line: LogLine, text: str, width: int) -> Strip:
    at = time.strftime("%H:%M:%S", time.localtime(line.time))
    return row([(f" {at} ", FAINT), (text, LEVELS[line.level])], width)
