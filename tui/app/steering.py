"""What the app may ask of its run, and what it knows of the process that trains it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from textual.actions import parse

from gan.commands import COMMANDS
from tui.keys.bindings import is_offered, why_lacking
from tui.widgets.header import viewing_words, why_not_steered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import Binding

    from tui.model.run_state import RunState
    from tui.model.source import Source

_ASKING: Final = re.compile(r"ask\('(?P<ask>\w+)'\)|interpolate")
"""The actions that ask the run for something, with the command's name."""

_EXPORT: Final = "export"

_ONE_CHART: Final = "This run has no other series to choose from."


class Steering:
    """Decides which keys can steer the run now. The run itself decides what becomes of them."""

    def __init__(self, source: Source) -> None:
        """Nothing is known yet.

        Args:
            source: The run.
        """
        self._source = source
        self._words: object = None

    @property
    def why_not(self) -> str:
        """Why nothing can be asked of the run; empty if it can."""
        viewing = self._source.viewing()
        return "" if viewing is None or viewing.can_steer else why_not_steered(viewing)

    def offers(self, action: str, run: RunState, *, stopping: bool) -> bool | None:
        """Whether an action is offered: Textual's `check_action`.

        Args:
            action: The action's name, that of the command that it asks for, or that of what it
                changes in the view.
            run: The run.
            stopping: Whether the run has been asked to stop from here.
        """
        if _why_lacking(action, run):
            return False
        if action not in COMMANDS:
            return action != _EXPORT or not self._is_recording
        return self._obeys(action) and is_offered(action, run.progress, stopping=stopping)

    def applicable(self, bindings: Sequence[Binding], run: RunState) -> list[Binding]:
        """The keys that can do something in this run, now or later."""
        return [
            one
            for one in bindings
            if not self._is_refused(one) and not _why_lacking(_name_of(one), run)
        ]

    def refusal(self, bindings: Iterable[Binding], run: RunState) -> str:
        """Why a key does nothing; empty if it does, or asks for nothing.

        Args:
            bindings: What the key is bound to.
            run: The run.
        """
        bindings = [*bindings]
        if any(map(self._is_refused, bindings)):
            return self.why_not
        reasons = [_why_lacking(_name_of(one), run) for one in bindings]
        return reasons[0] if reasons and all(reasons) else ""

    def asks(self, bindings: Iterable[Binding]) -> bool:
        """Whether a key would steer the run or write of it, and not change what is shown."""
        return any(one.action == _EXPORT or _ASKING.match(one.action) for one in bindings)

    def has_news(self) -> bool:
        """Whether something else is known of the process than at the last call."""
        viewing = self._source.viewing()
        before, self._words = self._words, None if viewing is None else viewing_words(viewing)
        return self._words != before

    def training_pid(self) -> int | None:
        """The process that trains, if it is on this machine."""
        viewing = self._source.viewing()
        if viewing is None:
            return os.getpid()
        process = viewing.sighting.process
        return process.pid if process is not None and process.is_running else None

    def _is_refused(self, binding: Binding) -> bool:
        if binding.action == _EXPORT:
            return self._is_recording
        asked = _ASKING.match(binding.action)
        return asked is not None and not self._obeys(asked["ask"] or asked[0])

    @property
    def _is_recording(self) -> bool:
        """Whether a recording is played, which has no directory."""
        viewing = self._source.viewing()
        return viewing is not None and bool(viewing.recording)

    def _obeys(self, command: str) -> bool:
        """Whether a command has somebody to carry it out."""
        viewing = self._source.viewing()
        return viewing is None or viewing.obeys(command)


def _name_of(binding: Binding) -> str:
    """The name of a binding's action, or of what that asks for or changes in the view."""
    _, name, parameters = parse(binding.action)
    return action_name(name, parameters)


def action_name(action: str, parameters: Sequence[object]) -> str:
    """The name by which it is known whether an action can do something."""
    return str(parameters[0]) if action in ("ask", "view") else action


def _why_lacking(action: str, run: RunState) -> str:
    """Why this run can't do it at all; empty if it can."""
    if action == "choose_series":
        return "" if len(run.series.columns) > 1 else _ONE_CHART
    return why_lacking(action, run.progress, has_images=run.images is not None)
