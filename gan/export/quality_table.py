"""Converts the evaluations in a run's log to CSV."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gan.errors import StorageError
from gan.export.up_to_step import end_in_words
from gan.run.follower import read_evaluations
from gan.run.recorded import recorded_program
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import QualityMeasured
    from gan.run.directory import RunDirectory

_NOT_IN_CSV: Final = re.compile('[,"]')
"""Characters that separate or quote the columns."""

FIGURES: Final = ("fd", "fd_real", "kid", "density", "coverage", "confident", "copies")
"""The figures of an evaluation, by their names in `QualityMeasured`."""


def quality_csv(run: RunDirectory, last_step: int | None = None) -> Iterator[str]:
    """The evaluations in a run's log as CSV text, one line each, in the order of steps.

    The last columns, `class_0` and so on, are the census: the share of each class, by its label, or
    by its place if the log doesn't hold the labels. Figures that the data don't allow are `nan`.

    Args:
        run: The run.
        last_step: The last step of the table; `None` for all.

    Raises:
        StorageError: The log can't be read, or holds no evaluations.
    """
    found = sorted(read_evaluations(run), key=lambda event: event.step)
    found = [event for event in found if last_step is None or event.step <= last_step]
    if not found:
        raise StorageError(_none_in(run, last_step))
    widest = max(found, key=lambda event: len(event.census))
    classes = len(widest.census)
    census = [f"class_{label}" for label in widest.classes or range(classes)]
    yield ",".join(["step", "features", "images", *FIGURES, "best", *census]) + "\n"
    for event in found:
        yield _line(event, classes)


def _none_in(run: RunDirectory, last_step: int | None) -> str:
    """That there is no evaluation, and what makes some."""
    why = f"{run.log_path} holds no evaluations{end_in_words(last_step)}"
    if program := recorded_program(run):
        return f"{why}: the loop of {safe_text(program)} is not evaluated by gan-tui."
    return f"{why}; --evaluate-every sets how often they are made."


def _line(event: QualityMeasured, classes: int) -> str:
    figures = [f"{getattr(event, name):.9g}" for name in FIGURES]
    shares = [f"{share:.9g}" for share in event.census.tolist()]
    missing = [""] * (classes - len(shares))
    features = _NOT_IN_CSV.sub(" ", safe_text(event.features))
    first = [str(event.step), features, str(event.images)]
    return ",".join([*first, *figures, str(int(event.is_best)), *shares, *missing]) + "\n"
