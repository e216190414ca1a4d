"""Checkpoints of a run in training: when to save, what they hold of TensorFlow, and retries.

A checkpoint is written to disk in a thread of its own while training goes on. A disk that refuses
stops nothing until the run ends.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from gan.errors import CheckpointError, Diverged, StorageError
from gan.models.variables import (
    AVERAGED_GENERATOR,
    DISCRIMINATOR,
    GENERATOR,
    assign,
    named_variables,
)
from gan.training.checkpoint_due import CheckpointDue
from gan.training.writing import Snapshot, Writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

    from gan import events
    from gan.config import RunConfig
    from gan.exchange.requests import Request
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.recorder import Recorder
    from gan.training.build import Program
    from gan.training.step import Gan
    from gan.training.stopwatch import Stopwatch


class Saver:
    """Saves the checkpoints of a run. Used by the trainer thread only."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        emit: events.Listener,
        recorder: Recorder,
        stopwatch: Stopwatch,
        executor: Executor,
    ) -> None:
        """Begin with nothing saved.

        Args:
            config: Sets how often checkpoints are saved.
            program: Its networks, optimizers and latents are saved.
            emit: Called with an event for every checkpoint, and for every disk fault.
            recorder: Writes checkpoints to disk.
            stopwatch: Measures how long training waits for checkpoints.
            executor: Runs the writing while training goes on.
        """
        self._gan, self._sampler = program.gan, program.sampler
        self._checkpoints = recorder.checkpoints
        self._stopwatch, self._executor = stopwatch, executor
        self.writing = Writing(emit, stopwatch)
        """The checkpoint that is being written, and who waits for it."""

        self._best: Snapshot | None = None
        """The state of the best evaluation, until it is being written."""

        epoch, draw = program.execution.steps_per_epoch, self._sampler.draw
        self.due = CheckpointDue(config, epoch, stopwatch, draw, self._checkpoints.take_lost)
        """When the next checkpoint is due."""

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take over a checkpoint: the variables, the latents and the seconds of training.

        Raises:
            CheckpointError: The arrays are not those of these networks.
        """
        point = checkpoint.resume_point
        restore_state(self._gan, checkpoint.arrays)
        self._sampler.resample(point.draw)
        self._stopwatch.restore(point.train_seconds)
        self.due.saved(point.step, self._sampler.draw)

    def roll_back(self) -> Checkpoint:
        """Restore the newest checkpoint and return it.

        Raises:
            CheckpointError: There is none.
            StorageError: The disk refused.
        """
        self.finish_saving()
        checkpoint = self._checkpoints.roll_back()
        self.restore(checkpoint)
        # The steps that follow belong to another branch: even without any, it must be saved.
        self.due.begin_branch()
        self._best = None
        return checkpoint

    def save(self, step: int, branch: int, *, request: Request | None = None) -> None:
        """Start to write a checkpoint; if the disk refuses, try again later.

        Waits for the previous checkpoint first. The steps so far must have been reported: the log
        has to hold them before the checkpoint does.

        Args:
            step: Steps completed.
            branch: How many times the run was rolled back.
            request: The request of a person, if it was asked for. It is answered when the
                checkpoint is written, or when the disk refuses it first.

        Raises:
            Diverged: The state holds non-finite values.
        """
        self.finish_saving()
        if request is not None:
            self.writing.note_request(request, step)
        with self._retrying_later():
            self._start(step, branch)
        self.report_saved()

    def save_last(self, step: int, branch: int) -> None:
        """Save where the run ended, unless that is saved already, and wait for it.

        Even then it is saved again if a person asked for a checkpoint since, or if it is gone.

        Raises:
            Diverged: The state holds non-finite values.
            StorageError: The checkpoint could not be written.
        """
        is_saved = self.due.is_saved(step, self._sampler.draw) and not self.writing.is_requested
        if not is_saved or not self._checkpoints.has(step):
            with self.writing.answering():
                self._start(step, branch)
                self._finish()

    def snapshot(self, step: int, branch: int) -> Snapshot | None:
        """Copy the state, for `save_best`; `None` if the disk refuses the log up to here.

        The steps so far must have been reported, as for `save`.
        """
        try:
            point = self._checkpoints.resume_point(
                step=step,
                branch=branch,
                draw=self._sampler.draw,
                train_seconds=self._stopwatch.seconds("training"),
            )
        except StorageError:
            # The recorder reports that itself, and tries again.
            return None
        return Snapshot(state_of(self._gan), point)

    def save_best(self, snapshot: Snapshot) -> None:
        """Write the state of the best evaluation, once no other checkpoint is being written.

        The run must not have gone back to an earlier step since.
        """
        self._best = snapshot
        if not self.writing.is_under_way:
            self._start_best()

    def report_saved(self) -> None:
        """Report a checkpoint that has been written in the meantime."""
        if self.writing.is_done:
            with self._retrying_later():
                self._finish()
            self._start_best()

    def finish_saving(self) -> None:
        """Wait for the checkpoints that are to be written, if there are any."""
        with self._retrying_later():
            self._finish()
        self._start_best()
        with self._retrying_later():
            self._finish()

    def _start(self, step: int, branch: int) -> None:
        """Copy the state, and have it written by the executor.

        An open request turns this checkpoint into the requested one, however late it comes.
        """
        requested, waited = self.writing.is_requested, self._stopwatch.seconds("saving")
        with self._stopwatch.measure("saving"):
            try:
                write = self._checkpoints.prepare(
                    state_of(self._gan),
                    step=step,
                    branch=branch,
                    draw=self._sampler.draw,
                    train_seconds=self._stopwatch.seconds("training"),
                    requested=requested,
                )
            except CheckpointError as error:
                self.writing.refuse(str(error))
                raise Diverged(str(error)) from None
            written = self._executor.submit(write)
            self.writing.begun(written, step, waited, requested=requested)
        self.due.saved(step, self._sampler.draw)

    def _start_best(self) -> None:
        """Have the state of the best evaluation written, unless it is already."""
        best, waited = self._best, self._stopwatch.seconds("saving")
        if best is None or self.due.has_failed:
            return
        with self._stopwatch.measure("saving"), self._retrying_later():
            try:
                write = self._checkpoints.prepare_best(*best)
            except CheckpointError:
                # A state that no run could resume from is not worth keeping, whatever its images.
                self._best = None
                return
            self._best = None
            written = self._executor.submit(write)
            self.writing.begun(written, best.point.step, waited, best=best)

    def _finish(self) -> None:
        """Wait for the checkpoint that is being written, if there is one, and report it."""
        best = self.writing.best
        try:
            self.writing.finish()
        except StorageError:
            self._best = self._best or best
            raise

    @contextmanager
    def _retrying_later(self) -> Iterator[None]:
        """Report a disk that refuses in the block, and schedule a retry."""
        try:
            with self.writing.answering():
                yield
        except StorageError as error:
            self.due.failed()
            self.writing.faults.failed("checkpoint", error)


def state_of(gan: Gan) -> dict[str, np.ndarray]:
    """Every variable of the networks and of both optimizers, copied to the host.

    It must be a copy: on a CPU, an array could share the variable's memory, which the next step
    overwrites while the state is still being written to disk.
    """
    return {
        name: np.asarray(variable).copy() for name, variable in named_variables(owners(gan)).items()
    }


def restore_state(gan: Gan, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign the arrays that `state_of` returned, exactly.

    Raises:
        CheckpointError: A variable is missing, unknown, or of another shape or dtype; nothing is
            assigned then.
    """
    variables = named_variables(owners(gan))
    _require_same_names(set(variables), set(arrays))
    assign(variables, arrays)


def owners(gan: Gan) -> dict[str, Any]:
    """The networks and optimizers that a checkpoint holds, by their roles."""
    found = {
        GENERATOR: gan.networks.generator,
        DISCRIMINATOR: gan.networks.discriminator,
        "generator_optimizer": gan.generator_optimizer,
        "discriminator_optimizer": gan.discriminator_optimizer,
    }
    if gan.averaging:
        found[AVERAGED_GENERATOR] = gan.averaging.averaged
    return found


def _require_same_names(expected: set[str], received: set[str]) -> None:
    if expected != received:
        missing, unknown = sorted(expected - received), sorted(received - expected)
        msg = f"the checkpoint does not match these networks: missing {missing}, unknown {unknown}."
        raise CheckpointError(msg)
