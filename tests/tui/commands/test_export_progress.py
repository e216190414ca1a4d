"""What an export says while it works: a line now and then, unless there is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
