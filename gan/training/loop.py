"""THE loop: executions one after another, commands between them, and what falls due.

Everything here happens in the one trainer thread, but for the writing of checkpoints to disk, which
has a thread beside it. It meets the world through three seams: commands come down a queue, events
go up through a callable that never waits, and the run on disk is a `Record`. No part of a screen is
known here, and nothing here waits for one.
"""

from __future__ import annotations

import queue
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

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
from gan.training.execution import MAX_STEPS_PER_EXECUTION, Losses
from gan.training.pace import Pace
from gan.training.reporter import Reporter
from gan.training.saver import Record, Saver
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from gan.config import RunConfig
    from gan.training.build import Program


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
        preview_seconds: float | None = None,
        stopwatch: Stopwatch | None = None,
        beside: Executor | None = None,
    ) -> None:
        """Stand ready at step 0.

        Args:
            config: The run's configuration.
            program: Compiled, with fresh variables.
            commands: What the run is asked to do; drained between executions.
            emit: Receives every event, in order, in this thread.
            record: Where samples and checkpoints go.
            preview_seconds: How often to draw samples for somebody watching; none for nobody. With
                somebody watching, a run that diverges waits for what they decide.
            stopwatch: Injected in tests.
            beside: Where checkpoints are written; none for a thread of its own.
        """
        self._config = config
        self._execution, self._sampler = program.execution, program.sampler
        self._commands = commands
        self._emit_event = emit
        self._is_watched = preview_seconds is not None
        self._stopwatch = stopwatch or Stopwatch()
        self._beside = beside or ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._reporter = Reporter(emit, self._stopwatch)
        self._keeper = Saver(
            config,
            program,
            emit=self._emit,
            record=record,
            stopwatch=self._stopwatch,
            preview_seconds=preview_seconds,
            beside=self._beside,
        )
        self._pace = Pace()
        self._alarm = CollapseAlarm(config.preset)
        self._stop: Stop | None = None
        self._paused = False
        self._diverged: Diverged | None = None
        self._branch = 0
        self._steps_per_epoch = self._execution.steps_per_epoch
        self.total_steps = config.total_steps(self._steps_per_epoch)
        self.step = 0
        """Steps completed."""

    def restore(self, arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any]) -> None:
        """Go on from a checkpoint: what `Record.prepare_checkpoint` was given.

        Raises:
            CheckpointError: The arrays are of other networks.
        """
        self.step = self._keeper.restore(arrays, extra)
        self._branch = int(extra.get("branch", 0))

    def run(self) -> None:
        """Train until the last step or a `Stop`, leaving a checkpoint of where it ended.

        Raises:
            Diverged: A loss is not finite; earlier checkpoints stand.
            DeviceError: The device's memory does not suffice.
            StorageError: The last checkpoint could not be written.
        """
        # Whatever ends the run, what is being written is whole.
        with self._beside:
            try:
                self._keeper.begin(self.step)
                self._enter(Phase.TRAINING)
                self._train()
                self._end()
            finally:
                # And the steps that were made are told of.
                self._reporter.flush()
                self._keeper.finish_saving()

    def _train(self) -> None:
        while self.step < self.total_steps or self._diverged:
            self._carry_out_commands()
            if self._is_stopping():
                return
            try:
                self._execute()
            except Diverged as diverged:
                self._wait_for_a_decision(diverged)
            else:
                self._keep_what_is_due()

    def _execute(self) -> None:
        steps = self._steps_now()
        begun = self._stopwatch.seconds("training")
        with self._stopwatch.measure("training"):
            losses = self._execution(self.step, steps, self._branch)
        made = len(losses.d_loss)
        seconds = self._stopwatch.seconds("training") - begun
        self._pace = self._pace.measured(made, seconds, MAX_STEPS_PER_EXECUTION)
        first_step = self.step + 1
        self.step += made
        self._reporter.add(first_step, losses)
        _require_finite(self.step, losses)
        self._watch(losses)

    def _watch(self, losses: Losses) -> None:
        """Tell of losses that lead nowhere."""
        alert = self._alarm.add(losses)
        if alert is not None:
            self._emit(events.AlertRaised(time=time.time(), step=self.step, **alert._asdict()))

    def _keep_what_is_due(self) -> None:
        self._keeper.tell_saved()
        self._keeper.draw_what_is_due(self.step)
        if self._keeper.is_checkpoint_due(self.step):
            self._save(requested=False)

    def _steps_now(self) -> int:
        """As many steps as the pace allows, ending where something is due."""
        bounds = [
            self._pace.steps,
            self.total_steps - self.step,
            self._execution.max_steps_after(self.step),
            self._keeper.steps_until_due(self.step),
        ]
        return min(bound for bound in bounds if bound is not None)

    def _carry_out_commands(self) -> None:
        """Do what was asked, waiting for more while paused."""
        while True:
            command = self._next_command()
            if command is None:
                return
            self._carry_out(command)
            if self._is_stopping():
                return

    def _next_command(self) -> Command | None:
        """What was asked; while paused, what will be asked."""
        if self._paused:
            self._keeper.finish_saving()
            with self._stopwatch.measure("paused"):
                return self._commands.get(block=True)
        try:
            return self._commands.get(block=False)
        except queue.Empty:
            return None

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, Stop):
            self._stop = command
            self._resume()
        elif isinstance(command, Pause):
            # A run that is finishing its epoch would else wait for nobody.
            if self._stop is None:
                self._pause()
        elif isinstance(command, Unwatch):
            self._unwatch()
        elif isinstance(command, RollBack):
            self._roll_back()
        elif isinstance(command, Resample):
            self._sampler.resample()
            self._show_latents()
        elif isinstance(command, RestoreLatents):
            self._sampler.restore()
            self._show_latents()
        elif self._diverged is not None:
            self._note(f"not done, since the run diverged: {self._diverged}")
        else:
            self._carry_out_while_sound(command)

    def _carry_out_while_sound(self, command: Command) -> None:
        """Do what makes sense only where the losses are numbers."""
        if isinstance(command, Unpause):
            self._resume()
        elif isinstance(command, SaveCheckpoint):
            self._save(requested=True)
        elif isinstance(command, Interpolate):
            self._keeper.interpolate(self.step)

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._emit(events.Paused(time=time.time(), step=self.step))
            self._keeper.look(self.step)

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._emit(events.Unpaused(time=time.time(), step=self.step))

    def _unwatch(self) -> None:
        """Go on for nobody. A pause stays, since somebody asked for it; a decision never comes."""
        self._is_watched = False
        self._keeper.unwatch()
        if self._diverged is not None:
            raise self._diverged

    def _show_latents(self) -> None:
        """Tell which latents are in use now, and show what comes from them."""
        self._emit(events.Resampled(time=time.time(), step=self.step, draw=self._sampler.draw))
        self._keeper.look(self.step)

    def _save(self, *, requested: bool) -> None:
        self._enter(Phase.SAVING)
        try:
            self._keeper.try_checkpoint(self.step, self._extra(), requested=requested)
        except Diverged as diverged:
            self._wait_for_a_decision(diverged)
        self._enter(Phase.PAUSED if self._paused else Phase.TRAINING)

    def _wait_for_a_decision(self, diverged: Diverged) -> None:
        """Somebody watching may roll back; with nobody there, that is the end.

        Raises:
            Diverged: Nobody is watching.
        """
        self._tell_diverged(diverged)
        if not self._is_watched:
            raise diverged
        self._diverged = diverged
        self._pause()

    def _roll_back(self) -> None:
        """Back to the newest checkpoint, and paused there; the draws that follow are others."""
        # What is pending belongs in front of the cut, with the steps that are forgotten.
        self._reporter.flush()
        try:
            extra = self._keeper.roll_back()
        except (CheckpointError, StorageError) as error:
            self._note(f"not rolled back: {error}")
            return
        self.step = int(extra["step"])
        self._branch = max(self._branch, int(extra.get("branch", 0))) + 1
        self._diverged = None
        self._alarm = CollapseAlarm(self._config.preset)
        self._emit(events.RolledBack(time=time.time(), step=self.step, branch=self._branch))
        self._paused = False
        self._pause()

    def _is_stopping(self) -> bool:
        if self._stop is None:
            return False
        at_epoch_end = self.step % self._steps_per_epoch == 0
        return self._stop.when == "now" or at_epoch_end or self._diverged is not None

    def _end(self) -> None:
        if self._diverged is not None:
            raise self._diverged
        self._enter(Phase.SAVING)
        try:
            self._keeper.keep_the_end(self.step, self._extra())
        except Diverged as diverged:
            self._tell_diverged(diverged)
            raise
        self._tell_finished()

    def _tell_finished(self) -> None:
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

    def _extra(self) -> dict[str, Any]:
        """What a checkpoint holds of the loop itself."""
        return {"branch": self._branch}

    def _enter(self, phase: Phase) -> None:
        self._emit(events.PhaseEntered(time=time.time(), phase=phase))

    def _tell_diverged(self, diverged: Diverged) -> None:
        self._emit(events.Diverged(time=time.time(), step=self.step, message=str(diverged)))

    def _note(self, text: str) -> None:
        self._emit(events.Noted(time=time.time(), text=text, warning=True))

    def _emit(self, event: events.Event) -> None:
        """Report the steps before it, then the event."""
        self._reporter.flush()
        self._emit_event(event)


def _require_finite(last_step: int, losses: Losses) -> None:
    """An execution ends behind the first step that is not finite, so the last one tells.

    Raises:
        Diverged: It is not.
    """
    d_loss, g_loss = losses.d_loss[-1], losses.g_loss[-1]
    if not (np.isfinite(d_loss) and np.isfinite(g_loss)):
        msg = (
            f"the losses stopped being finite at step {last_step}: "
            f"d_loss {d_loss}, g_loss {g_loss}. Try a lower --learning-rate."
        )
        raise Diverged(msg)
