"""The losses of a run as a table, whatever program reads it: CSV, streamed from the log."""

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
    """Every step that the run's log holds, a line each, in pieces of some lines.

    A number has the nine digits that tell any float32 from all others; what is not finite is `nan`,
    `inf` or `-inf`. Of a run that trains, the steps up to now.

    Raises:
        StorageError: The log cannot be read, or the run was rolled back while it was.
    """
    yield _HEADER
    follower, last_step = Follower(run), 0
    while events := follower.poll():
        for event in events:
            if isinstance(event, StepsCompleted):
                _require_rising(last_step, event)
                last_step = event.last_step
                yield _lines(event)


def _lines(event: StepsCompleted) -> str:
    columns = (event.d_loss, event.g_loss, event.real_score, event.fake_score)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(
        f"{step},{d_loss:.9g},{g_loss:.9g},{real_score:.9g},{fake_score:.9g}\n"
        for step, (d_loss, g_loss, real_score, fake_score) in enumerate(rows, event.first_step)
    )


def _require_rising(last_step: int, event: StepsCompleted) -> None:
    if event.first_step <= last_step:
        raise StorageError(
            f"the run went back from step {last_step:,} to {event.first_step:,} while its losses "
            "were read. Export them again."
        )
