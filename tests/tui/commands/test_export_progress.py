"""What an export says while it works: a line now and then, unless there is a terminal."""

from __future__ import annotations

import signal
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console

from tui.commands.export_progress import QUIET_SECONDS, occasional, reporting

if TYPE_CHECKING:
    import pytest


def test_what_takes_long_has_a_line_now_and_then() -> None:
    now, said = 0.0, []
    report = occasional("--csv", lambda: now, said.append)
    for second in range(int(2 * QUIET_SECONDS) + 3):
        now = float(second)
        report(f"{second} kB")
    assert said == ["--csv: 5 kB", "--csv: 10 kB"]


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting("--csv") as report:
        report("1 kB")
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_a_row_says_what_is_done_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    file = StringIO()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(
        "tui.commands.rich_text.StderrConsole",
        lambda: Console(file=file, force_terminal=True, width=80, _environ={}),
    )
    with reporting("--csv") as report:
        report("12 kB [link=x]\x1b[31m")
        # Ctrl-Z shows the cursor, which the row hides.
        assert callable(signal.getsignal(signal.SIGTSTP))
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
    assert r"--csv: 12 kB [link=x]\x1b[31m" in file.getvalue()
    # The row is erased, and the cursor is shown again.
    assert file.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
