"""What a loop is asked to do by viewers, and does between two of its steps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from gan.commands import Abandon, Pause, Resample, SaveCheckpoint, Stop, Unpause
from gan.events import Noted, Paused, Phase, PhaseEntered, Resampled, Unpaused
from gan.exchange.requests import WaitingCommands, name_of
from gan.recorder.saying import said_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Listener, Names
    from gan.exchange.requests import Request, RequestQueue
    from gan.training.stopwatch import Stopwatch

_ALWAYS: Final = ("pause", "unpause", "stop")
"""What every loop that obeys can do."""


class StopRequested(BaseException):
    """Somebody has asked the loop to stop; the recorder's `with` block ends with it.

    It is no `Exception`, so that a loop that goes on after errors of a step ends too.
    """


class Obedience:
    """Carries out commands in the loop's thread."""

    def __init__(
        self,
        requests: RequestQueue,
        emit: Listener,
        stopwatch: Stopwatch,
        *,
        on_ready: Callable[[Names], None],
        on_resampled: Callable[[object], None],
    ) -> None:
        """Obey nothing yet.

        Args:
            requests: What the run is asked to do.
            emit: Takes events; must not wait.
            stopwatch: Measures pauses and saves.
            on_ready: Called with the names of the commands that the loop obeys, when these change.
            on_resampled: Called with what the loop's function for new latents has returned.
        """
        self._emit, self._stopwatch = emit, stopwatch
        self._waiting = WaitingCommands(requests, self._answer)
        self._on_ready, self._on_resampled = on_ready, on_resampled
        self._functions: dict[str, Callable[[], object] | None] = {}
        self._step = 0
        self._draw = 0
        self._is_paused = False
        self.is_stopping = False
        """Whether somebody has asked for the end of the loop."""

    def obey(
        self,
        step: int,
        *,
        save: Callable[[], object] | None,
        resample: Callable[[], object] | None,
    ) -> bool:
        """Carry out what was asked for, and wait while paused; returns `is_stopping`.

        Args:
            step: Steps completed.
            save: Saves the loop's state; `None` if the loop can't.
            resample: Draws new latents; `None` if the loop can't.
        """
        self._step = step
        self._declare({"save": save, "resample": resample})
        while self._waiting or self._is_paused:
            request = self._waiting.take()
            if request is not None:
                self._answer(request, self._carry_out(request))
            else:
                with self._stopwatch.measure("paused"):
                    self._waiting.wait()
        return self.is_stopping

    def _declare(self, functions: dict[str, Callable[[], object] | None]) -> None:
        """Say which commands the loop obeys, if these are others than before."""
        before, self._functions = _given(self._functions), functions
        if not before or before != _given(functions):
            self._on_ready(_given(functions))

    def _carry_out(self, request: Request) -> str:
        """Carry out a command; returns why that can't be done, or an empty string."""
        command = request.command
        match command:
            case Abandon():
                # The recorder says so by itself; the training is the loop's own affair.
                self._unpause()
            case Stop(when="now"):
                self.is_stopping = True
                self._unpause()
            case Stop():
                return "this loop gives no way to stop at the end of an epoch"
            case Pause() if self.is_stopping:
                return "the loop is about to stop"
            case Pause():
                self._pause()
            case Unpause():
                self._unpause()
            case SaveCheckpoint() if self._functions["save"] is not None:
                return self._save(self._functions["save"])
            case Resample() if self._functions["resample"] is not None:
                return self._resample(self._functions["resample"])
            case _:
                return f"this loop gives no way to {name_of(command).replace('_', ' ')}"
        return ""

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._emit(Paused(time=time.time(), step=self._step))

    def _unpause(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._emit(Unpaused(time=time.time(), step=self._step))

    def _save(self, save: Callable[[], object]) -> str:
        self._enter(Phase.SAVING)
        with self._stopwatch.measure("saving"):
            refusal, _ = self._call("save", save)
        self._enter(Phase.PAUSED if self._is_paused else Phase.TRAINING)
        return refusal

    def _resample(self, resample: Callable[[], object]) -> str:
        refusal, latents = self._call("resample", resample)
        if not refusal:
            self._draw += 1
            self._emit(Resampled(time=time.time(), step=self._step, draw=self._draw))
            self._on_resampled(latents)
        return refusal

    def _call(self, name: str, function: Callable[[], object]) -> tuple[str, Any]:
        """Call a function of the loop's; returns why it failed, or an empty string, and its result.

        A viewer's wish that fails must not end a training that goes well.
        """
        try:
            return "", function()
        except Exception as error:  # noqa: BLE001 - said to the viewer and in the log, whatever it is
            why = f"the loop's own function failed: {said_by(error)}"
            self._emit(Noted(time=time.time(), text=f"{name}: {why}", warning=True))
            return why, None

    def _enter(self, phase: Phase) -> None:
        self._emit(PhaseEntered(time=time.time(), phase=phase))

    def _answer(self, request: Request, refusal: str = "") -> None:
        request.answer(self._emit, self._step, refusal)


def _given(functions: dict[str, Callable[[], object] | None]) -> Names:
    """The names of the commands that a loop with these functions obeys; empty before it obeys."""
    if not functions:
        return ()
    return (*_ALWAYS, *(name for name, function in functions.items() if function is not None))
