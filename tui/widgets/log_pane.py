"""The run's last events as sentences, the newest at the bottom."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Final

from tui.render.fitting import clipped
from tui.style.styles import FAINT, LEVELS
from tui.widgets.rows import row, wrapped
from tui.widgets.scene_view import Scene, SceneView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.strip import Strip

    from tui.model.log_lines import LogLine

TIME_COLUMNS: Final = 10
"""Columns of a line's time, including the blanks around it."""

_MIN_TEXT: Final = 12


class LogPane(SceneView):
    """As many of the newest lines as fit."""

    def parts(self, scene: Scene) -> tuple[object, ...]:
        """The log."""
        return (scene.run.log,)

    def draw(self, scene: Scene, width: int, height: int) -> list[Strip]:
        """The newest lines."""
        return log_rows(scene.run.log, width, height)


def log_rows(log: Sequence[LogLine], width: int, height: int) -> list[Strip]:
    """The newest lines of a log in at most `height` rows, oldest first, wrapped to the width.

    In a single row the newest line is cut instead, so that its beginning is shown. Native output is
    left out, as it would displace everything else; the log screen shows it.
    """
    newest = list(islice((line for line in reversed(log) if not line.native), max(height, 0)))
    if height == 1:
        return [
            _drawn(line, clipped(line.text, width - TIME_COLUMNS - 1), width) for line in newest
        ]
    rows = list(islice(_rows_backwards(newest, width), max(height, 0)))
    return rows[::-1]


def text_rows(line: LogLine, width: int) -> tuple[str, ...]:
    """The text of a line, wrapped to the columns that its time leaves of `width`."""
    return wrapped(line.text, max(width - TIME_COLUMNS - 1, _MIN_TEXT))


def _rows_backwards(newest: Sequence[LogLine], width: int) -> Iterator[Strip]:
    """The rows of the lines, lines and rows from the newest to the oldest."""
    for line in newest:
        first, *rest = text_rows(line, width)
        for text in reversed(rest):
            yield row([(" " * TIME_COLUMNS, FAINT), (text, LEVELS[line.level])], width)
        yield _drawn(line, first, width)


def _drawn(line: LogLine, text: str, width: int) -> Strip:
    at = time.strftime("%H:%M:%S", time.localtime(line.time))
    return row([(f" {at} ", FAINT), (text, LEVELS[line.level])], width)
