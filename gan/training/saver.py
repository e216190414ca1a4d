"""Checkpoints of a run in training: when to save, what they hold of TensorFlow, and retries.

A checkpoint is written to disk in a thread of its own while training goes on. A disk that refuses
stops nothing until the run ends.

Variables are named by role and position, such as `generator/3`: Keras's own paths change when a
model is built twice in one process.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gan import events
from gan.cadence import Cadence
from gan.errors import CheckpointError, Diverged, StorageError
from gan.run.faults import FaultReporter
from gan.training.due import Due
from gan.training.receipts import OpenRequests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor, Future

    from gan.config import RunConfig
    from gan.exchange.requests import Request
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.run.checkpoints.store import Checkpoint
    from gan.run.recorder import Recorder, Written
    from gan.training.build import Program
    from gan.training.step import Gan
    from gan.training.stopwatch import Stopwatch

RETRY_SECONDS: Final = 10.0
"""How long to wait after a checkpoint failed before trying the next."""


class Snapshot(NamedTuple):
    """A copy of the state between two steps, for a checkpoint of it later."""

    arrays: dict[str, np.ndarray]
    point: ResumePoint


class _Saving(NamedTuple):
    """A checkpoint that is being written while training goes on."""

    step: int
    requested: bool
    waited: float
    """The stopwatch's seconds of "saving" before this checkpoint."""

    written: Future[Written]
    best: Snapshot | None = None
    """What is being written, if it is the state of the best evaluation."""


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
        self._program, self._sampler = program, program.sampler
        self._emit = emit
        self._recorder = recorder
        self._stopwatch = stopwatch
        self._executor = executor
        self._saving: _Saving | None = None
        self._best: Snapshot | None = None
        """The state of the best evaluation, until it is being written."""

        self._failed_at: float | None = None
        self._is_request_open = False
        """Whether a person asked for a checkpoint that is not on disk yet."""

        self._requests = OpenRequests(emit)
        """Those of the next checkpoint; none is added while one is being written."""

        self._faults = FaultReporter(emit)
        self._saved_draw: int | None = self._sampler.draw
        """The latents of the newest checkpoint; `None` if it belongs to another branch."""

        self._due = Due(Cadence.parse(config.checkpoint_every), program.execution.steps_per_epoch)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take over a checkpoint: the variables, the latents and the seconds of training.

        Raises:
            CheckpointError: The arrays are not those of these networks.
        """
        point = checkpoint.resume_point
        restore_arrays(self._program, checkpoint.arrays)
        self._sampler.resample(point.draw)
        self._stopwatch.restore(point.train_seconds)
        self._note_saved(point.step)

    def roll_back(self) -> Checkpoint:
        """Restore the newest checkpoint and return it.

        Raises:
            CheckpointError: There is none.
            StorageError: The disk refused.
        """
        self.finish_saving()
        checkpoint = self._recorder.roll_back()
        self.restore(checkpoint)
        # The steps that follow belong to another branch: even without any, it must be saved.
        self._saved_draw = None
        self._best = None
        return checkpoint

    def steps_until_due(self, step: int) -> int | None:
        """Steps until a checkpoint is due, or `None` if steps do not decide."""
        return self._due.steps_until_due(step)

    def is_due(self, step: int) -> bool:
        """Whether it is time for a checkpoint: a regular one, a retry, or because all are gone."""
        if self._recorder.take_lost_checkpoints():
            return True
        if self._failed_at is not None:
            return self._stopwatch.now() - self._failed_at >= RETRY_SECONDS
        return self._due.is_due(step, self._stopwatch.seconds("training"))

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
            self.note_request(request, step)
        with self._retrying_later():
            self._start(step, branch)
        self.report_saved()

    @property
    def is_busy(self) -> bool:
        """Whether a checkpoint is being written: the next one would have to wait for it."""
        return self._saving is not None and not self._saving.written.done()

    def note_request(self, request: Request, step: int) -> None:
        """Have the next checkpoint be one that a person asked for after this step."""
        self._is_request_open = True
        self._requests.add(request, step)

    def save_last(self, step: int, branch: int) -> None:
        """Save where the run ended, unless that is saved already, and wait for it.

        Even then it is saved again if a person asked for a checkpoint since, or if it is gone.

        Raises:
            Diverged: The state holds non-finite values.
            StorageError: The checkpoint could not be written.
        """
        is_saved = self._due.last_step == step and self._saved_draw == self._sampler.draw
        is_open = self._failed_at is not None or self._is_request_open
        if not is_saved or is_open or not self._recorder.has_checkpoint(step):
            with self._answering():
                self._start(step, branch)
                self._finish()

    def snapshot(self, step: int, branch: int) -> Snapshot | None:
        """Copy the state, for `save_best`; `None` if the disk refuses the log up to here.

        The steps so far must have been reported, as for `save`.
        """
        try:
            point = self._recorder.resume_point(
                step=step,
                branch=branch,
                draw=self._sampler.draw,
                train_seconds=self._stopwatch.seconds("training"),
            )
        except StorageError:
            # The recorder reports that itself, and tries again.
            return None
        return Snapshot(state_arrays(self._program), point)

    def save_best(self, snapshot: Snapshot) -> None:
        """Write the state of the best evaluation, once no other checkpoint is being written.

        The run must not have gone back to an earlier step since.
        """
        self._best = snapshot
        if self._saving is None:
            self._start_best()

    def report_saved(self) -> None:
        """Report a checkpoint that has been written in the meantime."""
        if self._saving is not None and self._saving.written.done():
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
        requested, waited = self._is_request_open, self._stopwatch.seconds("saving")
        with self._stopwatch.measure("saving"), self._diverging():
            write = self._recorder.prepare_checkpoint(
                state_arrays(self._program),
                step=step,
                branch=branch,
                draw=self._sampler.draw,
                train_seconds=self._stopwatch.seconds("training"),
                requested=requested,
            )
            self._saving = _Saving(step, requested, waited, self._executor.submit(write))
        self._note_saved(step)

    def _start_best(self) -> None:
        """Have the state of the best evaluation written, unless it is already."""
        best, waited = self._best, self._stopwatch.seconds("saving")
        if best is None or self._failed_at is not None:
            return
        with self._stopwatch.measure("saving"), self._retrying_later():
            try:
                write = self._recorder.prepare_best(*best)
            except CheckpointError:
                # A state that no run could resume from is not worth keeping, whatever its images.
                self._best = None
                return
            self._best = None
            written = self._executor.submit(write)
            self._saving = _Saving(best.point.step, False, waited, written, best)

    def _finish(self) -> None:
        """Wait for the checkpoint that is being written, if there is one, and report it."""
        saving, self._saving = self._saving, None
        if saving is None:
            return
        with self._stopwatch.measure("saving"):
            try:
                path, size = saving.written.result()
            except StorageError:
                self._best = self._best or saving.best
                raise
        self._is_request_open &= not saving.requested
        self._faults.worked("checkpoint")
        self._emit(
            events.CheckpointSaved(
                time=time.time(),
                step=saving.step,
                path=path,
                size=size,
                seconds=self._stopwatch.seconds("saving") - saving.waited,
                requested=saving.requested,
            )
        )
        if saving.requested:
            self._requests.done(saving.step)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Answer the open requests if the disk refuses in the block."""
        try:
            yield
        except StorageError as error:
            self._requests.refuse(f"the checkpoint could not be written: {error}")
            raise

    @contextmanager
    def _retrying_later(self) -> Iterator[None]:
        """Report a disk that refuses in the block, and schedule a retry."""
        try:
            with self._answering():
                yield
        except StorageError as error:
            self._failed_at = self._stopwatch.now()
            self._faults.failed("checkpoint", error)

    @contextmanager
    def _diverging(self) -> Iterator[None]:
        """Turn the refusal of a state with non-finite values into `Diverged`."""
        try:
            yield
        except CheckpointError as error:
            self._is_request_open = False
            self._requests.refuse(str(error))
            raise Diverged(str(error)) from None

    def _note_saved(self, step: int) -> None:
        self._failed_at = None
        self._saved_draw = self._sampler.draw
        self._due.done(step, self._stopwatch.seconds("training"))


def state_arrays(program: Program) -> dict[str, np.ndarray]:
    """What a checkpoint holds, copied to the host: the state of one replica, as all have the same.

    As a checkpoint has them: names to arrays of the variables' shapes and dtypes.
    """
    return state_of(program.gan)


def restore_arrays(program: Program, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign what `state_arrays` returned, exactly, to every replica of this process.

    Raises:
        CheckpointError: As `restore_state`.
    """
    for gan in (program.gan, *program.other_gans):
        restore_state(gan, arrays)


def state_of(gan: Gan) -> dict[str, np.ndarray]:
    """Every variable of the networks and of both optimizers, copied to the host.

    It must be a copy: on a CPU, an array could share the variable's memory, which the next step
    overwrites while the state is still being written to disk.
    """
    return {name: np.asarray(variable).copy() for name, variable in _variables(gan).items()}


def restore_state(gan: Gan, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign the arrays that `state_of` returned, exactly.

    Raises:
        CheckpointError: A variable is missing, unknown, or of another shape or dtype; nothing is
            assigned then.
    """
    variables = _variables(gan)
    _require_same_names(set(variables), set(arrays))
    for name, variable in variables.items():
        _require_same_form(name, variable, arrays[name])
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _variables(gan: Gan) -> dict[str, Any]:
    owners = {
        "generator": gan.networks.generator,
        "discriminator": gan.networks.discriminator,
        "generator_optimizer": gan.generator_optimizer,
        "discriminator_optimizer": gan.discriminator_optimizer,
    }
    if gan.averaging:
        owners["averaged_generator"] = gan.averaging.averaged
    return {
        f"{role}/{position}": variable
        for role, owner in owners.items()
        for position, variable in enumerate(owner.variables)
    }


def _require_same_names(expected: set[str], received: set[str]) -> None:
    if expected != received:
        missing, unknown = sorted(expected - received), sorted(received - expected)
        msg = f"the checkpoint does not match these networks: missing {missing}, unknown {unknown}."
        raise CheckpointError(msg)


def _require_same_form(name: str, variable: Any, array: np.ndarray) -> None:
    shape, dtype = tuple(variable.shape), str(variable.dtype)
    if array.shape != shape or str(array.dtype) != dtype:
        msg = (
            f"the checkpoint does not match these networks: {name} is {array.dtype} "
            f"{array.shape}, expected {dtype} {shape}."
        )
        raise CheckpointError(msg)
