"""The copier: sends what a person chose of the run to the terminal's clipboard."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from gan.text.invocations import resume_words
from tui.model.readout import readout
from tui.screens.copy_dialog import CopyDialog
from tui.terminal.clipboard import copy_by_tmux, copy_codes
from tui.terminal.driver import hardened_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui.app.failing import FailingApp
    from tui.screens.copy_dialog import CopyKind
    from tui.widgets.scene_view import Scene


class Copier:
    """Asks what to copy, and copies it. Whether a terminal took it, none says."""

    def __init__(
        self,
        app: FailingApp,
        scene: Callable[[], Scene],
        environ: Mapping[str, str],
        by_tmux: Callable[[str], bool] = copy_by_tmux,
    ) -> None:
        """Copy nothing yet.

        Args:
            app: Whose dialogs, workers and terminal are used.
            scene: Returns what is on the screen.
            environ: The process's environment.
            by_tmux: Has tmux copy a text, and returns whether it did; may wait.
        """
        self._app, self._scene = app, scene
        self._environ, self._by_tmux = environ, by_tmux

    async def ask(self) -> None:
        """Open the dialog, and copy what it answers."""
        await self._app.open(CopyDialog(self.texts()), self._begin)

    def texts(self) -> dict[CopyKind, str]:
        """What there is to copy now, by its kind."""
        scene = self._scene()
        run_dir = scene.run.progress.run_dir
        texts: dict[CopyKind, str] = {"readout": readout(scene.run, scene.view)}
        return texts | {"path": run_dir, "resume": resume_words(run_dir)} if run_dir else texts

    def _begin(self, kind: CopyKind | None) -> None:
        if kind is not None and (text := self.texts().get(kind)):
            # A callable: a coroutine that is cancelled before it begins warns of itself.
            copying: Any = partial(self._copy, text)
            self._app.run_worker(copying, group="copy", exclusive=True)

    async def _copy(self, text: str) -> None:
        is_copied = bool(self._environ.get("TMUX")) and await asyncio.to_thread(self._by_tmux, text)
        driver = hardened_driver(self._app)
        if driver is not None and not is_copied:
            driver.write(copy_codes(text, self._environ))
        self._app.notify(text, title="Sent to the clipboard")
