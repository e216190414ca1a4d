"""The exporter: asks what to write, has it written in another thread, and shows the file's path."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from gan.errors import GanTuiError
from gan.export.request import NO_SAMPLES, ExportRequest
from tui.model.log_lines import done_line
from tui.screens.export_dialog import ExportDialog
from tui.widgets.scene_view import Scene, shown_images, shown_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.export.request import ExportKind
    from tui.app.failing import FailingApp
    from tui.model.log_lines import LogLine


class Exporter:
    """Turns an answer to the export dialog into a file."""

    def __init__(
        self,
        app: FailingApp,
        write: Callable[[ExportRequest], str],
        scene: Callable[[], Scene],
        log: Callable[[LogLine], None],
    ) -> None:
        """Write nothing yet.

        Args:
            app: Shows the dialog and the toasts.
            write: Writes a file and returns its path; may take long, and raise `GanTuiError`.
            scene: Returns what is on the screen.
            log: Takes a line on what was written, since a toast is gone before it is copied.
        """
        self._app, self._write, self._scene, self._log = app, write, scene, log

    async def ask(self) -> None:
        """Open the dialog, and write what it answers."""
        # Now, because the dialog will be on the screen.
        svg = self._app.export_screenshot()
        dialog = ExportDialog(is_recorded=self._scene().run.is_recorded)
        await self._app.open(dialog, lambda kind: self._begin(kind, svg))

    def _begin(self, kind: ExportKind | None, svg: str) -> None:
        if kind is None:
            return
        scene = self._scene()
        needs_images = kind == "grid"
        refusal = _refusal(scene) if needs_images else ""
        if refusal:
            self._app.notify(refusal, title="Export")
            return
        request = ExportRequest(
            kind=kind,
            step=shown_step(scene) if needs_images else scene.run.progress.step,
            images=shown_images(scene) if needs_images else None,
            svg=svg if kind == "screen" else "",
        )
        self._app.run_worker(self._export(request), group="export")

    async def _export(self, request: ExportRequest) -> None:
        try:
            path = await asyncio.to_thread(self._write, request)
        except GanTuiError as error:
            self._log(done_line(f"export: {error}", time.time(), failed=True))
            self._app.notify(str(error), title="Export", severity="error")
        else:
            self._log(done_line(f"exported: {path}", time.time()))
            self._app.notify(path, title="Written")


def _refusal(scene: Scene) -> str:
    """Why the images that are shown can't be exported as the run's; empty if they can."""
    if shown_images(scene) is None:
        return NO_SAMPLES
    if scene.picture is not None and scene.picture.step is None:
        return "Real images can't be exported. Press v to show samples."
    return ""
