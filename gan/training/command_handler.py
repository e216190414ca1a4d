"""Carries out commands between two executions, while training or paused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gan import events
from gan.commands import (
    Abandon,
    Command,
    Evaluate,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    ShowGenerator,
    Stop,
    Unpause,
    Watch,
)
from gan.errors import CheckpointError, Diverged, RunLockedError, StorageError
from gan.events import Phase
from gan.exchange.requests import ENDED, WaitingCommands
from gan.training.halt import Halt

if TYPE_CHECKING:
    from gan.exchange.requests import Request, RequestQueue
    from gan.training.evaluator import Evaluator
    from gan.training.execution import Stepper
    from gan.training.reporter import Reporter
    from gan.training.sampling import GridDrawer
    from gan.training.saver import Saver
    from gan.training.stopwatch import Stopwatch


LOOK_SECONDS: Final = 1.0
"""How long training may stand still for commands before it goes on with its next steps."""

_NOT_IF_DIVERGED: Final = (Unpause, SaveCheckpoint, Evaluate, Interpolate)
"""What a run that has diverged can't do."""


class CommandHandler:
    """Takes a run's commands from the queue; knows if it is paused, stopping or diverged."""

    def __init__(
        self,
        commands: RequestQueue,
        stepper: Stepper,
        grids: GridDrawer,
        saver: Saver,
        evaluator: Evaluator,
        reporter: Reporter,
        stopwatch: Stopwatch,
    ) -> None:
        """Begin with a run that trains.

        Args:
            commands: What the run is asked to do.
            stepper: Continues from the checkpoint of a rollback.
            grids: Draws previews and interpolations, and knows whether somebody watches and can
                decide what to do if the run diverges.
            saver: Saves and restores checkpoints.
            evaluator: Evaluates on request, and continues from the checkpoint of a rollback.
            reporter: Reports what the commands did.
            stopwatch: Measures the time spent paused.
        """
        self._waiting = WaitingCommands(commands, self._answer)
        self._stepper, self._grids = stepper, grids
        self._saver, self._evaluator = saver, evaluator
        self._reporter, self._emit = reporter, reporter.emit
        self._stopwatch = stopwatch
        self.halt = Halt(stepper, grids, evaluator, self._emit, stopwatch)
        """Whether the run is paused, or waits for a decision."""

        self.stop: Stop | None = None
        """The newest request to stop, if there was one."""

    @property
    def is_stopping(self) -> bool:
        """Whether the run must end before the next step."""
        if self.stop is None:
            return False
        is_at_end = self._stepper.is_at_epoch_end or self.halt.diverged is not None
        return self.stop.when == "now" or is_at_end

    def carry_out_commands(self) -> None:
        """Carry out the commands in the queue, and wait for more while paused.

        Those that take longer than `LOOK_SECONDS` together wait until some steps were made.

        Raises:
            Diverged: The run was waiting for a decision, and nobody has come back to take it.
            RunLockedError: Another process trains the run by now.
        """
        until = self._stopwatch.now() + LOOK_SECONDS
        while request := self._next_request():
            self._carry_out(request)
            if self.is_stopping or (not self.halt.is_paused and self._stopwatch.now() >= until):
                return

    def leave(self) -> None:
        """Have the last checkpoint be the one that somebody asked for and that was not begun."""
        for request in self._waiting.take_all(SaveCheckpoint):
            self._saver.writing.note_request(request, self._step)

    def is_stop_requested(self) -> bool:
        """Whether a stop was asked for; at the end of a run, other commands come too late.

        Raises:
            RunLockedError: Another process trains the run by now.
        """
        while request := self._waiting.take():
            if isinstance(request.command, Abandon):
                raise RunLockedError(request.command.message)
            if isinstance(request.command, Stop):
                self.stop = request.command
                self._answer(request)
            else:
                self._answer(request, "the run has made its last step")
        return self.stop is not None

    def end(self) -> None:
        """Refuse what can't be carried out any more, and whatever would come after it."""
        self._waiting.close()
        while request := self._waiting.take():
            self._answer(request, ENDED)
        self._evaluator.refuse(ENDED)

    def save(self, request: Request | None = None) -> None:
        """Start to write a checkpoint of the state between two steps.

        Args:
            request: The request of a person, if it was asked for.

        Raises:
            Diverged: The state holds non-finite values, and nobody watches.
        """
        self._reporter.enter(Phase.SAVING)
        try:
            self._saver.save(self._step, self._stepper.branch, request=request)
        except Diverged as diverged:
            self.halt.wait_for_decision(diverged)
        self._reporter.enter(Phase.PAUSED if self.halt.is_paused else Phase.TRAINING)

    @property
    def _step(self) -> int:
        return self._stepper.step

    def _next_request(self) -> Request | None:
        """The next command, or `None` if there is none; while paused, wait for one.

        Raises:
            Diverged: The run was waiting for a decision, and nobody has come back to take it.
        """
        if self.halt.is_paused:
            self._saver.finish_saving()
            while self._evaluator.is_asked and not self._waiting:
                self._evaluator.work_on_asked(self._step, self._stepper.branch)
            with self._stopwatch.measure("paused"):
                self._waiting.wait(self.halt.seconds_to_decide())
            if (overdue := self.halt.overdue) is not None and not self._waiting:
                raise overdue
        # A checkpoint would wait for the one that is being written, and the training for both.
        return self._waiting.take(no_save=self._saver.writing.is_busy and not self.halt.is_paused)

    def _carry_out(self, request: Request) -> None:
        """Carry out a command, and answer it; a checkpoint and an evaluation are answered later."""
        command = request.command
        if self.halt.diverged is not None and isinstance(command, _NOT_IF_DIVERGED):
            why = f"the run has diverged: {self.halt.diverged}"
            self._warn(f"ignored, because {why}")
            self._answer(request, why)
        elif isinstance(command, SaveCheckpoint):
            self.save(request)
        elif isinstance(command, Evaluate):
            if why := self._evaluator.ask(request, self._step):
                self._warn(f"not evaluated: {why}")
                self._answer(request, why)
        else:
            self._answer(request, self._obey(command))

    def _obey(self, command: Command) -> str:  # noqa: C901 - one case for each command
        """Carry out a command at once; returns why that can't be done, or an empty string."""
        match command:
            case Abandon(message=message):
                raise RunLockedError(message)
            case Stop():
                self.stop = command
                self.halt.unpause()
            case Pause() if self.stop is not None:
                # A run that is only finishing its epoch would wait for ever.
                return "the run stops at the end of its epoch"
            case Pause():
                self.halt.pause()
            case Unpause():
                self.halt.unpause()
            case Watch(preview_seconds=seconds):
                self.halt.watch(seconds)
            case RollBack():
                return self._roll_back()
            case Resample():
                self._grids.resample(self._step)
            case RestoreLatents():
                self._grids.restore_latents(self._step)
            case ShowGenerator(raw=raw) if not self._grids.show_raw(self._step, raw=raw):
                why = "this preset has no averaged generator: every image comes from the raw one"
                self._warn(why)
                return why
            case Interpolate() if not self._grids.draw_interpolation(self._step):
                return "nobody watches the run, so no interpolation was drawn"
        return ""

    def _answer(self, request: Request, refusal: str = "") -> None:
        request.answer(self._emit, self._step, refusal)

    def _roll_back(self) -> str:
        """Go back to the newest checkpoint and pause there; new random draws follow.

        Returns:
            Why that can't be done; empty if it was.
        """
        # Pending steps belong before the cut in the log, with the other steps that are dropped.
        self._reporter.flush()
        try:
            checkpoint = self._saver.roll_back()
        except (CheckpointError, StorageError) as error:
            self._warn(f"not rolled back: {error}")
            return str(error)
        self._stepper.roll_back(checkpoint.resume_point)
        self._grids.restored(self._step)
        self.halt.end()
        branch = self._stepper.branch
        self._emit(events.RolledBack(time=time.time(), step=self._step, branch=branch))
        self._evaluator.rolled_back(self._step)
        self.halt.pause()
        return ""

    def _warn(self, text: str) -> None:
        self._emit(events.Noted(time=time.time(), text=text, warning=True))
