"""The training loop: executions one after another, with commands and due work in between.

Everything happens in the trainer thread, except that checkpoints are written to disk in a thread of
their own. The loop has three connections to the rest of the program: commands arrive in a queue,
events leave through the recorder, and so do samples and checkpoints. It knows no screen and never
waits for one.
"""

from __future__ import annotations

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from gan import events
from gan.commands import (
    Command,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    Stop,
    Unpause,
    Unwatch,
)
from gan.errors import CheckpointError, Diverged, StorageError
from gan.events import Phase
from gan.training.collapse_alarm import CollapseAlarm
from gan.training.device import device_memory
from gan.training.execution import MAX_STEPS_PER_EXECUTION, Execution, Losses
from gan.training.grids import GridDrawer
from gan.training.pace import Pace
from gan.training.reporter import Reporter
from gan.training.saver import Saver
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from gan.config import RunConfig
    from gan.run.checkpoints.manifest import ResumePoint
    from gan.run.checkpoints.store import Checkpoint
    from gan.run.recorder import Recorder
    from gan.training.build import Program


class Stepper:
    """Makes the steps of a run: chooses how many at a time, measures, reports and checks them."""

    def __init__(
        self, config: RunConfig, execution: Execution, reporter: Reporter, stopwatch: Stopwatch
    ) -> None:
        """Stand at step 0 of the first branch."""
        self._preset = config.preset
        self._execution = execution
        self._reporter = reporter
        self._stopwatch = stopwatch
        self._pace = Pace()
        self._alarm = CollapseAlarm(config.preset)
        self.total_steps = config.total_steps(execution.steps_per_epoch)
        self.step = 0
        """Steps completed."""

        self.branch = 0
        """How many times the run was rolled back."""

    @property
    def is_at_epoch_end(self) -> bool:
        """Whether an epoch was just completed, or none has begun."""
        return self.step % self._execution.steps_per_epoch == 0

    def resume(self, point: ResumePoint) -> None:
        """Continue from a checkpoint, on its branch."""
        self.step, self.branch = point.step, point.branch

    def roll_back(self, point: ResumePoint) -> None:
        """Continue from a checkpoint on a new branch, which draws other random numbers."""
        self.step, self.branch = point.step, max(self.branch, point.branch) + 1
        self._alarm = CollapseAlarm(self._preset)

    def make_steps(self, *limits: int | None) -> None:
        """Make one execution of steps: as many as the pace and the limits allow.

        Raises:
            Diverged: The losses of the last step are not finite.
        """
        most = (self.total_steps - self.step, self._execution.max_steps_after(self.step))
        steps = min(limit for limit in (self._pace.steps, *most, *limits) if limit is not None)
        begun = self._stopwatch.seconds("training")
        with self._stopwatch.measure("training"):
            losses = self._execution(self.step, steps, self.branch)
        made, first_step = len(losses.d_loss), self.step + 1
        self.step += made
        seconds = self._stopwatch.seconds("training") - begun
        self._pace = self._pace.measured(made, seconds, MAX_STEPS_PER_EXECUTION)
        self._reporter.add(first_step, losses)
        _require_finite(self.step, losses)
        if alert := self._alarm.add(losses):
            self._reporter.emit(
                events.AlertRaised(time=time.time(), step=self.step, **alert._asdict())
            )


class Trainer:
    """Trains one run until its last step or until it is stopped."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        *,
        commands: queue.SimpleQueue[Command],
        recorder: Recorder,
        preview_seconds: float | None = None,
        stopwatch: Stopwatch | None = None,
        executor: Executor | None = None,
    ) -> None:
        """Stand ready at step 0.

        Args:
            config: The run's configuration.
            program: Compiled, with fresh variables.
            commands: What the run is asked to do; read between executions.
            recorder: Takes events, in order, and stores samples and checkpoints.
            preview_seconds: Seconds between two previews, or `None` if nobody watches. If somebody
                watches, a run that diverges waits for a decision instead of ending.
            stopwatch: Injected in tests.
            executor: Writes checkpoints; by default one thread of the trainer's own.
        """
        self._batch_size = config.batch_size
        self._sampler = program.sampler
        self._commands = commands
        self._is_watched = preview_seconds is not None
        self._stopwatch = watch = stopwatch or Stopwatch()
        self._executor = executor or ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._reporter = Reporter(recorder.emit, watch)
        self._emit = emit = self._reporter.emit
        self._stepper = Stepper(config, program.execution, self._reporter, watch)
        self._grids = GridDrawer(config, program, emit, recorder, watch, preview_seconds)
        self._saver = Saver(config, program, emit, recorder, watch, self._executor)
        self._stop: Stop | None = None
        self._is_paused = False
        self._diverged: Diverged | None = None

    @property
    def step(self) -> int:
        """Steps completed."""
        return self._stepper.step

    def restore(self, checkpoint: Checkpoint) -> None:
        """Resume from a checkpoint.

        Raises:
            CheckpointError: Its arrays are not those of these networks.
        """
        self._saver.restore(checkpoint)
        self._stepper.resume(checkpoint.resume_point)
        self._grids.restored(self.step)

    def run(self) -> None:
        """Train until the last step or a `Stop`, and save a checkpoint of the end.

        Raises:
            Diverged: A loss or a weight is not finite; earlier checkpoints stand.
            DeviceError: The device is out of memory.
            StorageError: The last checkpoint could not be written.
        """
        # However the run ends, the checkpoint that is being written gets completed.
        with self._executor, device_memory(self._batch_size):
            try:
                self._grids.draw_first(self.step)
                self._enter(Phase.TRAINING)
                self._train()
                self._end()
            finally:
                self._reporter.flush()
                self._saver.finish_saving()

    def _train(self) -> None:
        while self.step < self._stepper.total_steps or self._diverged:
            self._carry_out_commands()
            if self._is_stopping():
                return
            try:
                self._stepper.make_steps(
                    self._grids.steps_until_due(self.step), self._saver.steps_until_due(self.step)
                )
            except Diverged as diverged:
                self._wait_for_decision(diverged)
                continue
            self._saver.report_saved()
            self._grids.draw_if_due(self.step)
            if self._saver.is_due(self.step):
                self._save(requested=False)

    def _carry_out_commands(self) -> None:
        """Carry out the commands in the queue, and wait for more while paused."""
        while command := self._next_command():
            self._carry_out(command)
            if self._is_stopping():
                return

    def _next_command(self) -> Command | None:
        """The next command, or `None` if there is none; while paused, wait for one."""
        if self._is_paused:
            self._saver.finish_saving()
            with self._stopwatch.measure("paused"):
                return self._commands.get(block=True)
        try:
            return self._commands.get(block=False)
        except queue.Empty:
            return None

    def _carry_out(self, command: Command) -> None:  # noqa: C901 - one case for each command
        match command:
            case Stop():
                self._stop = command
                self._unpause()
            case Pause():
                # A run that is only finishing its epoch would wait for ever.
                if self._stop is None:
                    self._pause()
            case Unwatch():
                self._unwatch()
            case RollBack():
                self._roll_back()
            case Resample():
                self._sampler.resample()
                self._show_latents()
            case RestoreLatents():
                self._sampler.restore()
                self._show_latents()
            case _ if self._diverged is not None:
                self._warn(f"ignored, because the run has diverged: {self._diverged}")
            case Unpause():
                self._unpause()
            case SaveCheckpoint():
                self._save(requested=True)
            case Interpolate():
                self._grids.draw_interpolation(self.step)

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._emit(events.Paused(time=time.time(), step=self.step))
            self._grids.draw_preview(self.step)

    def _unpause(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._emit(events.Unpaused(time=time.time(), step=self.step))

    def _unwatch(self) -> None:
        """Go on without a viewer. A pause stays: somebody may still unpause from elsewhere.

        Raises:
            Diverged: The run was waiting for the viewer's decision.
        """
        self._is_watched = False
        self._grids.stop_previews()
        if self._diverged is not None:
            raise self._diverged

    def _show_latents(self) -> None:
        """Report which latents are in use, and preview their images."""
        self._emit(events.Resampled(time=time.time(), step=self.step, draw=self._sampler.draw))
        self._grids.draw_preview(self.step)

    def _save(self, *, requested: bool) -> None:
        self._enter(Phase.SAVING)
        try:
            self._saver.save(self.step, self._stepper.branch, requested=requested)
        except Diverged as diverged:
            self._wait_for_decision(diverged)
        self._enter(Phase.PAUSED if self._is_paused else Phase.TRAINING)

    def _wait_for_decision(self, diverged: Diverged) -> None:
        """Pause, so that a viewer can roll back or stop.

        Raises:
            Diverged: Nobody watches.
        """
        self._report_diverged(diverged)
        if not self._is_watched:
            raise diverged
        self._diverged = diverged
        self._pause()

    def _roll_back(self) -> None:
        """Go back to the newest checkpoint and pause there; new random draws follow."""
        # Pending steps belong before the cut in the log, with the other steps that are dropped.
        self._reporter.flush()
        try:
            checkpoint = self._saver.roll_back()
        except (CheckpointError, StorageError) as error:
            self._warn(f"not rolled back: {error}")
            return
        self._stepper.roll_back(checkpoint.resume_point)
        self._grids.restored(self.step)
        self._diverged, self._is_paused = None, False
        branch = self._stepper.branch
        self._emit(events.RolledBack(time=time.time(), step=self.step, branch=branch))
        self._pause()

    def _is_stopping(self) -> bool:
        if self._stop is None:
            return False
        is_at_end = self._stepper.is_at_epoch_end or self._diverged is not None
        return self._stop.when == "now" or is_at_end

    def _end(self) -> None:
        """Save the end of the run and report it.

        Raises:
            Diverged: The run stopped while it waited for a decision, or its state is not finite.
            StorageError: The last checkpoint could not be written.
        """
        if self._diverged is not None:
            raise self._diverged
        self._enter(Phase.SAVING)
        self._saver.finish_saving()
        self._grids.draw_last(self.step)
        try:
            self._saver.save_last(self.step, self._stepper.branch)
        except Diverged as diverged:
            self._report_diverged(diverged)
            raise
        is_completed = self.step >= self._stepper.total_steps
        early = self._stop.exit_code if self._stop else 0
        self._emit(
            events.RunFinished(
                time=time.time(),
                step=self.step,
                completed=is_completed,
                train_seconds=self._stopwatch.seconds("training"),
                exit_code=0 if is_completed else early,
            )
        )

    def _enter(self, phase: Phase) -> None:
        self._emit(events.PhaseEntered(time=time.time(), phase=phase))

    def _report_diverged(self, diverged: Diverged) -> None:
        self._emit(events.Diverged(time=time.time(), step=self.step, message=str(diverged)))

    def _warn(self, text: str) -> None:
        self._emit(events.Noted(time=time.time(), text=text, warning=True))


def _require_finite(last_step: int, losses: Losses) -> None:
    """Check the last step's losses; an execution ends after the first step that is not finite.

    Raises:
        Diverged: A loss is not finite.
    """
    d_loss, g_loss = losses.d_loss[-1], losses.g_loss[-1]
    if not (np.isfinite(d_loss) and np.isfinite(g_loss)):
        msg = (
            f"the losses stopped being finite at step {last_step}: "
            f"d_loss {d_loss}, g_loss {g_loss}. Try a lower --learning-rate."
        )
        raise Diverged(msg)
