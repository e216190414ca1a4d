"""The program, telling how late its event loop is and when each frame was drawn.

    python -m tests.bench.instrumented LAGS OPTIONS...

Every frame names the terminal's window after the moment it was drawn at, so that whoever reads the
terminal knows how old what they see is. At the end the lags of the event loop, in seconds, are
written to LAGS. Nothing else is changed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Final

LOOK_SECONDS: Final = 0.02
"""How often the event loop is asked to be on time."""

STAMP: Final = "drawn at "


def main() -> int:
    """Take the options, put the instruments in, and be the program."""
    path, *words = sys.argv[1:]

    from tui.app.app import GanTuiApp
    from tui.app.painter import Painter
    from tui.cli import main as program
    from tui.terminal.driver import hardened_driver

    lags: list[float] = []
    mount, paint = GanTuiApp.on_mount, Painter.paint

    def on_mount(self: GanTuiApp) -> None:
        mount(self)
        due = time.monotonic() + LOOK_SECONDS

        def look() -> None:
            nonlocal due
            now = time.monotonic()
            lags.append(max(now - due, 0.0))
            due = now + LOOK_SECONDS
            self._loop.call_later(LOOK_SECONDS, look)

        self._loop.call_later(LOOK_SECONDS, look)

    def stamped(self: Painter, **options: Any) -> None:
        driver = hardened_driver(self._app)
        if driver is not None:
            driver.set_title(f"{STAMP}{time.monotonic():.6f}")
        paint(self, **options)

    GanTuiApp.on_mount = on_mount  # type: ignore[method-assign]
    Painter.paint = stamped  # type: ignore[method-assign]
    try:
        return program(words)
    finally:
        Path(path).write_text("\n".join(f"{lag:.6f}" for lag in lags), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
