"""THE loop: executions one after another, commands between them, and what falls due.

Everything here happens in the one trainer thread. It meets the world through three seams: commands
come down a queue, events go up through a callable that never waits, and the run on disk is a
`Record`. No part of a screen is known here, and nothing here waits for one.
"""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gan import events
from gan.cadence import Cadence
from gan.commands import Command, Pause, Resample, Resume, SaveCheckpoint, Stop
from gan.errors import Diverged
from gan.events import Phase
from gan.training.checkpoint import restore_state, state_of
from gan.training.execution import MAX_STEPS_PER_EXECUTION, Losses
from gan.training.pace import Pace
from gan.training.reporter import Reporter
from gan.training.schedule import Schedule
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.config import RunConfig
    from gan.training.build import Program


class Record(Protocol):
    """The run on disk, as the trainer needs it."""

    def save_samples(self, step: int, images: events.Images, latents: events.Floats) -> str:
        """Write a grid and its arrays; returns the PNG's path relative to the run directory."""
        ...

    def save_checkpoint(
        self, step: int, arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any]
    ) -> tuple[str, int]:
        """Write and verify a checkpoint; returns its relative path and its size in bytes."""
        ...


class Trainer:
    """Trains one run to its end, or until it is told to stop."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        *,
        commands: queue.SimpleQueue[Command],
        emit: events.Listener,
        record: Record,
        look_seconds: float | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        """Stand ready at step 0.

        Args:
            config: The run's configuration.
            program: Compiled, with fresh variables.
            commands: What the run is asked to do; drained between executions.
            emit: Receives every event, in order, in this thread.
            record: Where samples and checkpoints go.
            look_seconds: How often to draw samples for somebody watching; none for nobody.
            stopwatch: Injected in tests.
        """
        self._config = config
        self._gan, self._execution = program.gan, program.execution
        self._sampler = program.sampler
        self._commands = commands
        self._emit_event = emit
        self._record = record
        self._look_seconds = look_seconds
        self._stopwatch = stopwatch or Stopwatch()
        self._reporter = Reporter(emit, self._stopwatch)
        self._pace = Pace()
        self._looked_at = self._stopwatch.now()
        self._stop: Stop | None = None
        self._paused = False
        self._steps_per_epoch = self._execution.steps_per_epoch
        self.total_steps = config.total_steps(self._steps_per_epoch)
        self.step = 0
        """Steps completed."""
        self._saved_draw = self._sampler.draw
        """Which latents the newest checkpoint goes on with."""
        self._begin_schedules(saved_step=-1)

    def restore(self, arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any]) -> None:
        """Go on from a checkpoint: what `save_checkpoint` was given.

        Raises:
            CheckpointError: The arrays are of other networks.
        """
        restore_state(self._gan, arrays)
        self._sampler.resample(int(extra["draw"]))
        self._saved_draw = self._sampler.draw
        self.step = int(extra["step"])
        self._stopwatch.restore(float(extra["train_seconds"]))
        self._begin_schedules(saved_step=self.step)

    def run(self) -> None:
        """Train until the last step or a `Stop`, leaving a checkpoint of where it ended.

        Raises:
            Diverged: A loss is not finite; earlier checkpoints stand.
            StorageError: The disk failed.
        """
        try:
            self._begin()
            while self.step < self.total_steps:
                self._carry_out_commands()
                if self._is_stopping():
                    break
                self._execute()
                self._do_what_is_due()
            self._end()
        finally:
            # Whatever ends the run, the steps that were made are told of first.
            self._reporter.flush()

    def _begin(self) -> None:
        if self.step == 0 and not self._sample_schedule.is_off:
            self._save_samples()
        else:
            self._look()
        self._enter(Phase.TRAINING)

    def _execute(self) -> None:
        steps = self._steps_now()
        begun = self._stopwatch.seconds("training")
        with self._stopwatch.measure("training"):
            losses = self._execution(self.step, steps)
        seconds = self._stopwatch.seconds("training") - begun
        self._pace = self._pace.measured(steps, seconds, MAX_STEPS_PER_EXECUTION)
        first_step = self.step + 1
        self.step += steps
        self._reporter.add(first_step, losses)
        self._require_finite(first_step, losses)

    def _steps_now(self) -> int:
        """As many steps as the pace allows, ending where something is due."""
        bounds = [
            self._pace.steps,
            self.total_steps - self.step,
            self._execution.steps_left_in_epoch(self.step),
            self._sample_schedule.steps_until_due(self.step),
            self._checkpoint_schedule.steps_until_due(self.step),
        ]
        return min(bound for bound in bounds if bound is not None)

    def _do_what_is_due(self) -> None:
        seconds = self._stopwatch.seconds("training")
        if self._sample_schedule.is_due(self.step, seconds):
            self._save_samples()
        elif self._is_look_due():
            self._look()
        if self._checkpoint_schedule.is_due(self.step, seconds):
            self._save_checkpoint(requested=False)

    def _carry_out_commands(self) -> None:
        """Do what was asked, waiting for more while paused."""
        while True:
            try:
                command = self._commands.get(block=self._paused)
            except queue.Empty:
                return
            self._carry_out(command)
            if self._is_stopping():
                return

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, Stop):
            self._stop = command
            self._resume()
        elif isinstance(command, Pause):
            self._pause()
        elif isinstance(command, Resume):
            self._resume()
        elif isinstance(command, SaveCheckpoint):
            self._save_checkpoint(requested=True)
        elif isinstance(command, Resample):
            self._resample()

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._emit(events.Paused(time=time.time(), step=self.step))
            self._look()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._emit(events.Resumed(time=time.time(), step=self.step))

    def _resample(self) -> None:
        self._sampler.resample()
        self._emit(events.Resampled(time=time.time(), step=self.step, draw=self._sampler.draw))
        self._look()

    def _is_stopping(self) -> bool:
        if self._stop is None:
            return False
        return self._stop.when == "now" or self.step % self._steps_per_epoch == 0

    def _is_look_due(self) -> bool:
        if self._look_seconds is None:
            return False
        return self._stopwatch.now() - self._looked_at >= self._look_seconds

    def _look(self) -> None:
        """Draw samples for somebody watching, without writing them to disk."""
        if self._look_seconds is not None:
            self._draw(to_disk=False)

    def _save_samples(self) -> None:
        self._draw(to_disk=True)
        self._sample_schedule.done(self.step, self._stopwatch.seconds("training"))

    def _draw(self, *, to_disk: bool) -> None:
        path = None
        with self._stopwatch.measure("sampling"):
            images = self._sampler.images()
            if to_disk:
                path = self._record.save_samples(self.step, images, self._sampler.latents)
        self._looked_at = self._stopwatch.now()
        self._emit(events.SamplesDrawn(time=time.time(), step=self.step, images=images, path=path))

    def _save_checkpoint(self, *, requested: bool) -> None:
        self._enter(Phase.SAVING)
        begun = self._stopwatch.seconds("saving")
        with self._stopwatch.measure("saving"):
            path, size = self._record.save_checkpoint(self.step, state_of(self._gan), self._extra())
        self._saved_draw = self._sampler.draw
        self._checkpoint_schedule.done(self.step, self._stopwatch.seconds("training"))
        self._emit(
            events.CheckpointSaved(
                time=time.time(),
                step=self.step,
                path=path,
                size=size,
                seconds=self._stopwatch.seconds("saving") - begun,
                requested=requested,
            )
        )
        self._enter(Phase.PAUSED if self._paused else Phase.TRAINING)

    def _extra(self) -> dict[str, Any]:
        """What a checkpoint holds beside the variables."""
        return {
            "step": self.step,
            "draw": self._sampler.draw,
            "train_seconds": self._stopwatch.seconds("training"),
        }

    def _end(self) -> None:
        if self._sample_schedule.last_step != self.step and not self._sample_schedule.is_off:
            self._save_samples()
        if not self._is_saved():
            self._save_checkpoint(requested=False)
        completed = self.step >= self.total_steps
        early = self._stop.exit_code if self._stop else 0
        self._emit(
            events.RunFinished(
                time=time.time(),
                step=self.step,
                completed=completed,
                train_seconds=self._stopwatch.seconds("training"),
                exit_code=0 if completed else early,
            )
        )

    def _is_saved(self) -> bool:
        """Whether the newest checkpoint is of this step and of these latents."""
        is_of_this_step = self._checkpoint_schedule.last_step == self.step
        return is_of_this_step and self._saved_draw == self._sampler.draw

    def _begin_schedules(self, *, saved_step: int) -> None:
        seconds = self._stopwatch.seconds("training")
        self._sample_schedule = Schedule(
            Cadence.parse(self._config.sample_every),
            self._steps_per_epoch,
            step=saved_step,
            seconds=seconds,
        )
        self._checkpoint_schedule = Schedule(
            Cadence.parse(self._config.checkpoint_every),
            self._steps_per_epoch,
            step=saved_step,
            seconds=seconds,
        )

    def _require_finite(self, first_step: int, losses: Losses) -> None:
        finite = np.isfinite(losses.d_loss) & np.isfinite(losses.g_loss)
        if finite.all():
            return
        index = int(np.argmin(finite))
        msg = (
            f"the losses stopped being finite at step {first_step + index}: "
            f"d_loss {losses.d_loss[index]}, g_loss {losses.g_loss[index]}. "
            "Try a lower --learning-rate."
        )
        raise Diverged(msg)

    def _enter(self, phase: Phase) -> None:
        self._emit(events.PhaseEntered(time=time.time(), phase=phase))

    def _emit(self, event: events.Event) -> None:
        """Report the steps before it, then the event."""
        self._reporter.flush()
        self._emit_event(event)
