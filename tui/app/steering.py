"""What the app may ask of its run, and what it knows of the process that trains it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from gan.commands import COMMANDS
from tui.keys.bindings import is_offered
from tui.widgets.header import viewing_words, why_not_steered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import Binding

    from gan.progress import RunProgress
    from tui.model.source import Source

_ASKING: Final = re.compile(r"ask\('(?P<ask>\w+)'\)|interpolate")
"""The actions that ask the run for something, with the command's name."""

_EXPORT: Final = "export"


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

    def offers(self, action: str, progress: RunProgress, *, stopping: bool) -> bool | None:
        """Whether an action is offered: Textual's `check_action`.

        Args:
            action: The action's name, or that of the command that it asks for.
            progress: Where the run stands.
            stopping: Whether the run has been asked to stop from here.
        """
        if action not in COMMANDS:
            return action != _EXPORT or not self._is_recording
        return self._obeys(action) and is_offered(action, progress, stopping=stopping)

    def without_asking(self, bindings: Sequence[Binding]) -> list[Binding]:
        """The keys that do something for this run."""
        return [one for one in bindings if not self._is_refused(one)]

    def refusal(self, bindings: Iterable[Binding]) -> str:
        """Why a key does nothing; empty if it does, or asks for nothing.

        Args:
            bindings: What the key is bound to.
        """
        return self.why_not if any(map(self._is_refused, bindings)) else ""

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
