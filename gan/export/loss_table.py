"""Converts the losses in a run's log to CSV, as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.errors import StorageError
from gan.events import StepsCompleted
from gan.run.follower import Follower

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory

_HEADER: Final = "step,d_loss,g_loss,real_score,fake_score\n"


def losses_csv(run: RunDirectory) -> Iterator[str]:
    """The steps in a run's log as CSV text, one line per step, several lines at a time.

    Numbers have nine significant digits, enough to restore a float32 exactly. Non-finite values are
    `nan`, `inf` and `-inf`. If the run is still training, the table ends at the current step.

    Raises:
        StorageError: The log can't be read, or the run was rolled back during the export.
    """
    yield _HEADER
    follower, last_step = Follower(run), 0
    while events := follower.poll():
        for event in events:
            if isinstance(event, StepsCompleted):
                _require_ascending(last_step, event)
                last_step = event.last_step
                yield _lines(event)


def _lines(event: StepsCompleted) -> str:
    columns = (event.d_loss, event.g_loss, event.real_score, event.fake_score)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(
        f"{step},{d_loss:.9g},{g_loss:.9g},{real_score:.9g},{fake_score:.9g}\n"
        for step, (d_loss, g_loss, real_score, fake_score) in enumerate(rows, event.first_step)
    )


def _require_ascending(last_step: int, event: StepsCompleted) -> None:
    if event.first_step <= last_step:
        raise StorageError(
            f"the run was rolled back during the export: step {event.first_step:,} follows step "
            f"{last_step:,}. Export the losses again."
        )
