"""`gan-tui doctor`, the real program, on terminals that lack something."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pty.fake_terminal import FakeTerminal
from tui.doctor.questions import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
SECONDS = 60
NEWER = SAMPLES["sextant"] + SAMPLES["octant"]

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[@-~]")


class Checked:
    """What doctor has printed on a terminal, and how it left it."""

    def __init__(
        self,
        terminal: FakeTerminal,
        home: Path,
        environ: Mapping[str, str],
        words: tuple[str, ...] = (),
        size: tuple[int, int] = (80, 24),
    ) -> None:
        with terminal:
            packed = struct.pack("HHHH", size[1], size[0], 0, 0)
            fcntl.ioctl(terminal.device, termios.TIOCSWINSZ, packed)
            before = termios.tcgetattr(terminal.device)
            done = subprocess.run(
                [sys.executable, "-m", "tui", "doctor", "--no-probes", *words],
                cwd=home,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(home),
                    "PYTHONPATH": str(ROOT),
                    **environ,
                },
                stdin=terminal.device,
                stdout=terminal.device,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
                check=False,
                preexec_fn=own_terminal,
            )
            self.is_restored = termios.tcgetattr(terminal.device) == before
            deadline = time.monotonic() + 10
            while not re.search(rb"\d+ fail[^\n]*\n", terminal.received):
                assert time.monotonic() < deadline, (done, terminal.received)
                time.sleep(0.02)
        self.code = done.returncode
        self.raw = terminal.received.decode("utf-8", "replace")
        # Each line as it stays on the screen: what a carriage return wrote over is gone.
        shown = (line.rstrip("\r").rpartition("\r")[2] for line in self.raw.split("\n"))
        self.lines = [_ESCAPE.sub("", line) for line in shown]

    def row(self, name: str) -> str:
        """The line of a check, without its name."""
        (line,) = [line for line in self.lines if line[6:17].strip() == name]
        return f"{line[:4].strip()} {line[19:]}"

    def fix(self, name: str) -> str:
        """The line below it."""
        numbers = [n for n, line in enumerate(self.lines) if line[6:17].strip() == name]
        return self.lines[numbers[0] + 1].strip()


def own_terminal() -> None:
    """As a shell does for its job in the foreground."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_good_terminal_is_ok_and_the_digits_are_drawn(tmp_path: Path) -> None:
    seen = Checked(FakeTerminal(), tmp_path, {"TERM": "xterm-256color", "LANG": "C.UTF-8"})

    assert seen.code == 0
    assert seen.is_restored
    assert seen.row("terminal") == "ok xterm-256color, 80x24"
    assert seen.row("colours").startswith("ok 256 colours")
    for name in ("unicode", "glyphs", "mouse", "frames", "round trip", "bandwidth"):
        assert seen.row(name).startswith("ok "), name
    (label,) = [line.split() for line in seen.lines if line.startswith("half ")]
    assert label == ["half", "quad", "sextant", "octant", "ascii"]
    assert "\x1b[?1049h" not in seen.raw
    # A command and a path are never folded, so that they can be copied.
    long = [line for line in seen.lines if len(line) > 80]
    assert [line for line in long if "curl" not in line and str(tmp_path) not in line] == []


def test_the_linux_console(tmp_path: Path) -> None:
    console = FakeTerminal(modes=None, lost=NEWER)

    seen = Checked(console, tmp_path, {"TERM": "linux", "LANG": "C.UTF-8"})

    assert seen.code == 0
    assert seen.row("colours") == "warn 16 colours: digits in four greys"
    assert seen.row("mouse") == "warn none: the console reports no clicks"
    assert seen.row("frames").startswith("warn no synchronized output")
    assert seen.row("glyphs") == "ok half, quad, braille as wide as meant, sextant, octant not"
    assert any(line.split() == ["half", "quad", "ascii"] for line in seen.lines)


def test_gnu_screen(tmp_path: Path) -> None:
    environ = {
        "TERM": "screen",
        "STY": "123.pts-1",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }

    seen = Checked(FakeTerminal(modes={}, lost=NEWER), tmp_path, environ)

    assert seen.row("screen").startswith("warn GNU screen")
    assert seen.row("colours").startswith("ok 256 colours")
    assert seen.row("mouse").startswith("ok ")
    assert seen.row("frames").startswith("warn ")


def test_a_locale_without_utf8(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LC_ALL": "en_US.ISO-8859-1"}

    seen = Checked(FakeTerminal(utf8=False), tmp_path, environ)

    assert seen.row("unicode").startswith("warn ")
    assert seen.fix("unicode") == "-> export LC_ALL=C.UTF-8"
    assert any(line.split() == ["ascii"] for line in seen.lines)


def test_a_terminal_without_utf8_in_a_locale_that_has_it(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

    seen = Checked(FakeTerminal(utf8=False), tmp_path, environ)

    assert "two blocks take 6 columns" in " ".join(seen.lines)
    assert seen.row("glyphs") == "warn none is as wide as meant"
    assert seen.fix("glyphs") == "-> gan-tui --glyphs ascii"


def test_sixteen_colours(tmp_path: Path) -> None:
    seen = Checked(FakeTerminal(), tmp_path, {"TERM": "xterm", "LANG": "C.UTF-8"})

    assert seen.row("colours").startswith("warn 16 colours")
    assert seen.fix("colours") == "-> export TERM=xterm-256color"
    assert "38;5;2" not in seen.raw


def test_no_colours(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "NO_COLOR": "1"}

    seen = Checked(FakeTerminal(), tmp_path, environ)

    assert seen.row("colours") == "warn no colours: NO_COLOR is set"
    assert set(re.findall(r"\x1b\[[0-9;]*m", seen.raw)) <= {"\x1b[8m", "\x1b[0m"}


def test_no_mouse(tmp_path: Path) -> None:
    seen = Checked(FakeTerminal(modes={2026: 2}), tmp_path, {"TERM": "vt220", "LANG": "C.UTF-8"})

    assert seen.row("mouse") == "warn none by terminfo"
    assert "? lists them" in seen.fix("mouse")
    assert seen.row("frames").startswith("ok ")


@pytest.mark.slow
def test_a_terminal_that_answers_nothing(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

    seen = Checked(FakeTerminal(answers=False), tmp_path, environ)

    assert seen.code == 0
    assert seen.is_restored
    assert seen.row("answers").startswith("warn none")
    assert seen.row("unicode") == "ok UTF-8 (LANG=C.UTF-8); widths not measured"


def test_a_small_window(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

    seen = Checked(FakeTerminal(), tmp_path, environ, size=(44, 12))

    assert "too small for more" in " ".join(seen.lines)
    assert not any(line.startswith("half ") for line in seen.lines)
    # Paths and commands are left to the terminal to fold, so that they can be copied.
    foldable = [line for line in seen.lines if "/" not in line and "->" not in line]
    assert all(len(line) <= 44 for line in foldable)


def test_the_count_is_folded_in_a_small_window(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

    seen = Checked(FakeTerminal(modes=None), tmp_path, environ, size=(44, 12))

    begin = next(n for n, line in enumerate(seen.lines) if re.match(r"\d+ ok, ", line))
    counts = [line for line in seen.lines[begin:] if line]
    assert len(counts) == 2
    assert all(len(line) <= 44 for line in counts)


def test_a_terminal_that_is_called_dumb_is_told_another_name(tmp_path: Path) -> None:
    seen = Checked(FakeTerminal(), tmp_path, {"TERM": "dumb"})

    assert seen.row("terminal") == "warn not checked: TERM is dumb"
    assert seen.fix("terminal") == "-> export TERM=xterm-256color"


def test_a_shell_that_says_it_has_no_columns_loses_no_row(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "0"}

    seen = Checked(FakeTerminal(), tmp_path, environ)

    assert seen.row("terminal") == "ok xterm-256color, 80x24"


def test_a_report_has_the_rows_and_no_digits(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}

    seen = Checked(FakeTerminal(), tmp_path, environ, ("--report",))

    assert not any(line.startswith("half ") for line in seen.lines)
    assert seen.row("round trip").startswith("ok ")
    assert str(tmp_path) not in seen.raw


def test_a_process_in_the_background_asks_nothing(tmp_path: Path) -> None:
    """Asking would stop it, as the shell's `&` does with whatever sets up its terminal."""
    environ = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(tmp_path)}
    with FakeTerminal() as terminal:
        # No controlling terminal: it is in nobody's foreground.
        done = subprocess.run(
            [sys.executable, "-m", "tui", "doctor", "--no-probes"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
            stdin=terminal.device,
            stdout=terminal.device,
            stderr=subprocess.PIPE,
            start_new_session=True,
            timeout=SECONDS,
            check=False,
        )
        time.sleep(0.1)

    assert done.returncode == 0
    assert b"\x1b[6n" not in terminal.received
    assert b"not in the terminal's foreground" in b" ".join(terminal.received.split())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_no_process_and_no_folder_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    """A trial of TensorFlow that hangs would hold a GPU for ever."""
    module = tmp_path / "path" / "tensorflow"
    module.mkdir(parents=True)
    started = tmp_path / "started"
    text = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(300)"
    (module / "__init__.py").write_text(text, encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{module.parent}:{ROOT}"}
    words = [sys.executable, "-m", "tui", "doctor", "--json"]
    with subprocess.Popen(
        words, cwd=tmp_path, env={**environ, "HOME": str(tmp_path)}, stderr=subprocess.PIPE
    ) as doctor:
        deadline = time.monotonic() + SECONDS
        while not (started.exists() and started.read_text(encoding="ascii")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        doctor.send_signal(number)
        _, said = doctor.communicate(timeout=SECONDS)

    assert doctor.returncode == 128 + number
    assert said == (b"gan-tui doctor: stopped\n" if number == signal.SIGINT else b"")
    assert not Path(f"/proc/{started.read_text(encoding='ascii')}").exists()
    assert list(tmp_path.glob(".gan-tui-doctor-*")) == []


@pytest.mark.slow
def test_a_folder_that_is_being_tried_is_removed_at_a_hangup(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    words = [sys.executable, "-m", "tui", "doctor", "--no-probes", "--json", "--runs", str(runs)]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    with subprocess.Popen(words, cwd=tmp_path, env=environ, stdout=subprocess.PIPE) as doctor:
        deadline = time.monotonic() + SECONDS
        while not list(runs.glob(".gan-tui-doctor-*/replaced")):
            assert time.monotonic() < deadline
        doctor.send_signal(signal.SIGHUP)
        doctor.communicate(timeout=SECONDS)

    assert doctor.returncode == 128 + signal.SIGHUP
    assert list(runs.iterdir()) == []
