"""How a person names a run and one of its checkpoints: `RUN`, `RUN@STEP` or `RUN@best`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from gan.errors import CheckpointError
from gan.run.checkpoints.store import CheckpointStore
from gan.run.finding import NEWEST, find_run, look_up_run
from gan.run.follower import read_evaluations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory

    At = int | Literal["best"] | None
    """A step, that of the best evaluation, or `None` for the newest."""

BEST: Final = "best"
_STEP: Final = re.compile(r"[0-9]{1,18}")


class RunReference(NamedTuple):
    """A run and one of its checkpoints, as they were named."""

    run: str
    """Its path, name or number; empty for the newest run."""

    at: At


def parse_reference(text: str) -> RunReference:
    """Read `RUN`, `RUN@STEP` or `RUN@best`. Anything else after an `@` is part of RUN."""
    if text == NEWEST:
        return RunReference("", None)
    run, at, which = text.rpartition("@")
    if at and which == BEST:
        return RunReference(run, BEST)
    if at and _STEP.fullmatch(which):
        return RunReference(run, int(which))
    return RunReference(text, None)


def resolve_reference(runs: Path, text: str, verb: str = "resume") -> tuple[RunDirectory, At]:
    """The run and the checkpoint that a text names.

    A run whose own name or path is the whole text comes before a step of another run.

    Args:
        runs: The folder of runs.
        text: `RUN`, `RUN@STEP`, `RUN@best`, or `NEWEST`.
        verb: What is done with it, for an error.

    Raises:
        CheckpointError: There is no such run.
        StorageError: The folder of runs can't be read.
    """
    name, at = parse_reference(text)
    if at is not None and (run := look_up_run(runs, text)) is not None:
        return run, None
    return find_run(runs, name or None, verb), at


def load_checkpoint(
    run: RunDirectory, at: At, report: Callable[[str], None] = lambda _: None
) -> Checkpoint:
    """Read the checkpoint that was named; a damaged one stays where it is: the run may be training.

    Args:
        run: The run.
        at: A step, that of the best evaluation, or `None` for the newest that verifies.
        report: Receives a sentence about each newer one that does not.

    Raises:
        CheckpointError: There is none, it does not verify, or another version wrote it.
        StorageError: It can't be read.
    """
    # Nothing is saved here, so it doesn't matter how many would be kept.
    store = CheckpointStore(run, keep=1)
    if at == BEST:
        return store.load(best_step(run, store))
    if at is not None:
        return store.load(at)
    damaged: list[str] = []

    def note(step: int, reason: str) -> None:
        damaged.append(f"step {step}: {reason}")
        report(f"the checkpoint of step {step} can't be used: {reason}")

    newest = store.newest_in_place(note)
    if newest is None:
        found = f"no checkpoint that verifies ({'; '.join(damaged)})" if damaged else ""
        raise CheckpointError(f"{run.path} has {found or 'no checkpoint yet'}.")
    if damaged:
        report(f"the one before it is used, that of step {newest.step}")
    return newest


def best_step(run: RunDirectory, store: CheckpointStore) -> int:
    """The step of the checkpoint of a run's best evaluation.

    Raises:
        CheckpointError: There is none.
        StorageError: The run can't be read.
    """
    bests = [event.step for event in read_evaluations(run) if event.is_best]
    evaluated = bests[-1] if bests else None
    step = store.best_step(evaluated)
    if step is None:
        existing = ", ".join(map(str, store.steps())) or "none"
        found = (
            "has not been evaluated"
            if evaluated is None
            else f"was best at step {evaluated}, of which there is no checkpoint"
        )
        raise CheckpointError(f"{run.path} {found}. Steps with a checkpoint: {existing}.")
    return step
