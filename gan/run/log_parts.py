"""The parts of a log before and after a checkpoint, also of a log that was cut or damaged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.events import StepsCompleted
from gan.run.follower import events_of, log_lines

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_STEP: Final = re.compile(rb'"StepsCompleted".*"first_step": ?([0-9]{1,16})')


def end_of(path: Path, step: int, offset: int) -> int:
    """Where the part of a log up to a step ends.

    That is `offset` unless the log was cut while the run trained: then it has grown again, and
    later steps come before that place, or a line reaches beyond it. A damaged line with a large
    number between earlier steps ends nothing.

    Args:
        path: The log.
        step: The step of a checkpoint.
        offset: The length of the log in bytes when that checkpoint was saved.

    Raises:
        StorageError: The log cannot be read.
    """
    end: int | None = None
    with storage_errors("read", path), open_plain(path, buffering=-1) as log:
        for start, line in log_lines(log):
            if start >= offset:
                break
            first = _FIRST_STEP.search(line)
            if first is not None and int(first[1]) <= step:
                end = None
            if end is None and (_is_after(first, step) or start + len(line) > offset):
                end = start
    return offset if end is None else end


def holds_steps_after(path: Path, offset: int) -> bool:
    """Whether a log has steps after an offset.

    Raises:
        OSError: It cannot be read.
    """
    with open_plain(path, buffering=-1) as log:
        log.seek(offset)
        return any(b'"StepsCompleted"' in line for _, line in log_lines(log))


def count_steps(path: Path) -> int:
    """How many steps a log, or a part that was cut off one, has; damaged lines don't count.

    Raises:
        StorageError: It cannot be read.
    """
    with storage_errors("read", path), open_plain(path, buffering=-1) as log:
        return sum(len(event.d_loss) for event in events_of(log, StepsCompleted))


def _is_after(first_step: re.Match[bytes] | None, step: int) -> bool:
    return first_step is not None and int(first_step[1]) > step
