"""`gan-tui --demo`: the dashboard over a recorded run. Loads no TensorFlow and writes no run."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from gan.errors import GanTuiError, UsageError
from tui.commands.attach import screen_signals, show_app
from tui.commands.command_line import say

if TYPE_CHECKING:
    from tui.app.app import GanTuiApp
    from tui.commands.train_options import Arguments
    from tui.terminal.signal_flags import SignalFlags
    from tui.terminal.stderr_capture import StderrCapture

_SIGNALLED = 128


def play_demo(arguments: Arguments) -> int:
    """Play the recording until the screen is left; returns the exit code.

    Raises:
        UsageError: There is no terminal for the dashboard.
    """
    from tui.terminal.stderr_capture import StderrCapture, unusable_reason

    if (why := unusable_reason(os.environ)) is not None:
        raise UsageError(f"--demo needs a terminal: {why}. Run it in a terminal of its own.")
    with StderrCapture(python_stderr="captured") as capture:
        app, flags = _compose(arguments, capture)
        with screen_signals(flags) as received:
            failure = show_app(app)
    if failure is not None:
        say(f"gan-tui: the dashboard failed: {failure}.")
        return GanTuiError.exit_code
    if received:
        return _SIGNALLED + received[0]
    from tui.demo.player import LAST_WORDS

    say(LAST_WORDS)
    return 0


def _compose(arguments: Arguments, capture: StderrCapture) -> tuple[GanTuiApp, SignalFlags]:
    from gan.session.environment import quick_imports

    with quick_imports():
        from tui.app.app import GanTuiApp
        from tui.demo.player import RecordingPlayer
        from tui.demo.recording import read_recording
        from tui.settings.settings import settings_for
        from tui.terminal.driver import HardenedDriver
        from tui.terminal.signal_flags import SignalFlags

        settings = settings_for(
            os.environ, fps=arguments.fps, glyphs=arguments.glyphs, theme=arguments.theme
        )
        # Who tries every key here has chosen nothing for the runs that follow.
        settings = replace(settings, remember=None)
        flags = SignalFlags()
        app = GanTuiApp(
            RecordingPlayer(read_recording()),
            settings=settings,
            python_stderr=capture.python_stream,
            driver_class=HardenedDriver,
            signals=flags,
        )
    return app, flags
