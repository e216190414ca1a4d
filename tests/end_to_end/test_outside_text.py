"""The real program among names that are escape codes: nothing of them reaches a terminal or a pipe.

One process shows the dashboard and exports it, with standard error elsewhere, and leaves by itself;
two train without a screen, on a terminal and off it. Each claim looks at what was written.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pytest

from gan.run.directory import RunDirectory
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import NORMAL_MODES, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

SOON = 20
STEPS = ("--steps", "30", "--sample-every", "10")

OUTSIDE: Final = "a\x1b]0;owned\x07\x9b5m\x1b[5m\nb\u202ec\u200b[link=x]d[bold]" + os.fsdecode(
    b"\xe9\xff"
)
SHOWN: Final = r"a\x1b]0;owned\x07\x9b5m\x1b[5m\nb\u202ec\u200b[link=x]d[bold]\udce9\udcff"

OWN_CODES: Final = re.compile(rb"\x1b\](?:2;[ -~]*\x1b\\|22;[a-z]*\x07|11;\?\x1b\\)")
"""The title of the window, Textual's shape of the mouse pointer, the question for a background."""

STEERING: Final = (
    b"\x1b]",
    b"owned\x07",
    b"\xc2\x9b",
    b"\x1b[5m",
    "\u202e".encode(),
    "\u200b".encode(),
)
"""What the name would do: a title, a bell, blinking twice, a direction, nothing to be seen."""


def assert_not_steered(raw: bytes) -> None:
    """Whatever is in the name is not in the bytes, apart from the program's own codes."""
    rest = OWN_CODES.sub(b"", raw)
    assert [code for code in STEERING if code in rest] == []
    assert rest.decode(errors="strict")


@dataclass
class Shown:
    """What a terminal got, and what the program left."""

    raw: bytes
    text: str
    exit_code: int
    modes: dict[int, bool]
    settings_restored: bool
    run: RunDirectory
    errors: bytes


@pytest.fixture(scope="module")
def data(program: Program) -> Path:
    """The digits in a folder of this name."""
    folder = program.home / OUTSIDE
    folder.symlink_to(program.measured[1], target_is_directory=True)
    return folder


def options(program: Program, data: Path, run: RunDirectory) -> list[str]:
    small = [word for word in program.small if word != program.measured[1]]
    small.insert(1, str(data))
    return [*small, *STEPS, "--run-dir", str(run.path)]


@pytest.fixture(scope="module")
def shown(program: Program, data: Path) -> Iterator[Shown]:
    """A dashboard that was started with `2> errors`, exported the screen, and left at the end."""
    run = RunDirectory(program.home / f"shown {OUTSIDE}")
    errors = program.home / "errors"
    words = [*program.words, *options(program, data, run), "--exit-when-done"]
    words[words.index("30")] = "1500"
    command = ["bash", "-c", f'exec "$@" 2>{errors}', "bash", *words]
    with Terminal(command, columns=200, rows=60, cwd=program.home, env=program.environ) as terminal:
        terminal.wait_for_text(" TRAINING ", SECONDS)
        terminal.send("e")
        terminal.wait_for_text("the screen as SVG", SOON)
        terminal.send("v")
        terminal.wait_for_text("Written", SOON)
        text = terminal.text
        exit_code = terminal.wait_for_end(SECONDS)
        is_restored = terminal.settings() == terminal.settings_before
        yield Shown(
            terminal.raw, text, exit_code, terminal.modes(), is_restored, run, errors.read_bytes()
        )


class TestDashboard:
    def test_nothing_in_a_name_steers_the_terminal(self, shown: Shown) -> None:
        assert_not_steered(shown.raw)

    def test_names_are_shown_as_they_are_spelled(self, shown: Shown) -> None:
        header = shown.text.splitlines()[0]
        assert SHOWN in header
        assert SHOWN.encode() in shown.raw

    def test_the_exported_screen_is_well_formed(self, shown: Shown) -> None:
        (path,) = (shown.run.path / "exports").glob("*.svg")
        texts = "".join(ET.parse(path).getroot().itertext())  # noqa: S314 - our own
        assert SHOWN in texts.replace("\xa0", " ")

    def test_it_leaves_at_the_end_and_restores_the_terminal(self, shown: Shown) -> None:
        assert shown.exit_code == 0
        assert shown.settings_restored
        assert not shown.modes[1049]
        assert {mode for mode, is_on in shown.modes.items() if is_on} <= NORMAL_MODES

    def test_the_summary_is_where_standard_error_went(self, shown: Shown) -> None:
        assert b"finished" in shown.errors
        assert_not_steered(shown.errors)


class TestHeadless:
    def test_the_progress_bar_and_the_path_are_safe_on_a_terminal(
        self, program: Program, data: Path
    ) -> None:
        run = RunDirectory(program.home / f"bar {OUTSIDE}")
        words = ["--no-ui", *options(program, data, run)]
        with program.on_terminal(*words, columns=200, rows=60) as terminal:
            assert terminal.wait_for_end(SECONDS) == 0

            assert_not_steered(terminal.raw)
            assert terminal.raw.decode().rstrip().endswith(f"bar {SHOWN}")

    def test_off_a_terminal_lines_are_safe_and_the_path_is_exact(
        self, program: Program, data: Path
    ) -> None:
        run = RunDirectory(program.home / f"lines {OUTSIDE}")

        ended = program.run_bytes("--no-ui", *options(program, data, run))

        assert ended.returncode == 0
        assert ended.stdout == os.fsencode(run.path) + b"\n"
        assert_not_steered(ended.stderr)
        assert SHOWN.encode() in ended.stderr

    def test_a_complaint_about_such_a_name_is_one_safe_line(self, program: Program) -> None:
        ended = program.run_bytes("--resume", OUTSIDE, "--no-ui", f"--{OUTSIDE}")

        assert ended.returncode == 2
        assert ended.stderr.count(b"\n") == 1
        assert SHOWN.encode() in ended.stderr
        assert_not_steered(ended.stderr)
