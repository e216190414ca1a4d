"""Converts the losses in a run's log to CSV, as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.events import StepsCompleted
from gan.export.up_to_step import logged_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory

_HEADER: Final = "step,d_loss,g_loss,real_score,fake_score\n"


def losses_csv(run: RunDirectory, last_step: int | None = None) -> Iterator[str]:
    """The steps in a run's log as CSV text, one line per step, several lines at a time.

    Numbers have nine significant digits, enough to restore a float32 exactly. Non-finite values are
    `nan`, `inf` and `-inf`. If the run is still training, the table ends at the current step.

    Args:
        run: The run.
        last_step: The last step of the table; `None` for all.

    Raises:
        StorageError: The log can't be read, or the run was rolled back during the export.
    """
    yield _HEADER
    for event in logged_events(run, last_step):
        if isinstance(event, StepsCompleted):
            yield _lines(event)


def _lines(event: StepsCompleted) -> str:
    columns = (event.d_loss, event.g_loss, event.real_score, event.fake_score)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(
        f"{step},{d_loss:.9g},{g_loss:.9g},{real_score:.9g},{fake_score:.9g}\n"
        for step, (d_loss, g_loss, real_score, fake_score) in enumerate(rows, event.first_step)
    )
