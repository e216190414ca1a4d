"""The view saver: remembers what a person has chosen for the view, in another thread."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from tui.model.view import View


class ViewSaver:
    """Saves the view's preferences when they change."""

    def __init__(
        self,
        app: App[None],
        remember: Callable[[View], None] | None,
        note: Callable[[str], None],
    ) -> None:
        """Save nothing yet.

        Args:
            app: Whose workers are used.
            remember: Saves a view's preferences; may wait, and raise OSError. `None` saves none.
            note: Takes a line for the log if that failed.
        """
        self._app, self._remember, self._note = app, remember, note

    def changed(self, before: View, view: View) -> None:
        """Save the view's preferences if they are others than before."""
        if self._remember is not None and view.preferences != before.preferences:
            saving: Any = partial(self._save, self._remember, view)
            self._app.run_worker(saving, group="save", exclusive=True)

    async def _save(self, remember: Callable[[View], None], view: View) -> None:
        try:
            await asyncio.to_thread(remember, view)
        except OSError as error:
            self._note(f"could not save view preferences: {error.strerror}")
