"""Who owns which descriptor, shown on a pseudo-terminal and in processes of their own."""

from __future__ import annotations

import errno
import os
import pty
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tui.terminal.stderr_capture import StderrCapture, unusable_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
GOOD = {"TERM": "xterm-256color"}

PRELUDE = """
import ctypes, os, sys
from pathlib import Path
from tui.terminal.stderr_capture import StderrCapture

def native(text):
    os.write(2, text.encode() + b"\\n")

def native_c(text):
    libc = ctypes.CDLL(None)
    libc.dprintf(2, text.encode() + b"\\n")
"""


@pytest.fixture
def terminal() -> Iterator[int]:
    master, slave = pty.openpty()
    yield slave
    os.close(master)
    os.close(slave)


@pytest.fixture
def pipe() -> Iterator[int]:
    reader, writer = os.pipe()
    yield writer
    os.close(reader)
    os.close(writer)


@pytest.fixture
def closed() -> int:
    """The number of a descriptor that is not open."""
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


class TestUnusableReason:
    def test_a_terminal_for_keys_and_drawing_is_usable(self, terminal: int) -> None:
        """Standard error may be anything, such as /dev/null."""
        assert unusable_reason(GOOD, terminal, terminal) is None

    def test_input_from_elsewhere(self, terminal: int, pipe: int) -> None:
        reason = unusable_reason(GOOD, pipe, terminal)

        assert reason == "standard input is not a terminal"

    def test_output_to_a_pipe(self, terminal: int, pipe: int) -> None:
        reason = unusable_reason(GOOD, terminal, pipe)

        assert reason == "standard output is not a terminal"

    def test_a_closed_descriptor(self, terminal: int, closed: int) -> None:
        assert unusable_reason(GOOD, closed, terminal) == "standard input is closed"

    @pytest.mark.parametrize(
        ("environ", "reason"),
        [
            ({}, "TERM is not set"),
            ({"TERM": ""}, "TERM is not set"),
            ({"TERM": "dumb"}, "TERM is dumb"),
            ({"TERM": "unknown"}, "TERM is unknown"),
        ],
        ids=["unset", "empty", "dumb", "unknown"],
    )
    def test_a_terminal_that_cannot_draw(
        self, terminal: int, environ: dict[str, str], reason: str
    ) -> None:
        assert unusable_reason(environ, terminal, terminal) == reason


def on_a_terminal(script: str, *arguments: Path) -> tuple[str, str]:
    """Run a script whose descriptor 2 is a terminal; return what the terminal and stdout got."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", PRELUDE + textwrap.dedent(script), *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=slave) as process:
        os.close(slave)
        screen = _read_all(master)
        assert process.stdout is not None
        printed = process.stdout.read().decode()
    os.close(master)
    assert process.returncode == 0, screen
    return screen.replace("\r\n", "\n"), printed


def _read_all(descriptor: int) -> str:
    """What was written until the last writer left, which Linux reports to a reader with EIO."""
    read = b""
    while True:
        try:
            block = os.read(descriptor, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            break
        if not block:
            break
        read += block
    return read.decode()


class TestStderrCapture:
    def test_native_noise_goes_to_the_file_and_our_talk_to_the_terminal(
        self, tmp_path: Path
    ) -> None:
        script = """
            with StderrCapture() as capture:
                capture.move_to(Path(sys.argv[1]))
                native("noise")
                native_c("noise of C")
                print("talk", file=sys.stderr)
                print("drawing", file=sys.__stderr__)
            native("after")
            print("talk after", file=sys.stderr)
        """
        screen, _ = on_a_terminal(script, tmp_path / "stderr.log")

        assert screen == "talk\ndrawing\nafter\ntalk after\n"
        assert (tmp_path / "stderr.log").read_text() == "noise\nnoise of C\n"

    def test_pythons_own_writes_can_be_captured_too(self, tmp_path: Path) -> None:
        script = """
            import threading, warnings
            with StderrCapture(python_stderr="captured") as capture:
                warnings.warn("early")
                capture.move_to(Path(sys.argv[1]))
                thread = threading.Thread(target=lambda: 1 / 0)
                thread.start()
                thread.join()
                print("drawing", file=sys.__stderr__)
        """
        screen, _ = on_a_terminal(script, tmp_path / "stderr.log")

        assert screen == "drawing\n"
        captured = (tmp_path / "stderr.log").read_text()
        assert "UserWarning: early" in captured
        assert "ZeroDivisionError" in captured

    def test_what_was_captured_before_there_was_a_file_is_copied_into_it(
        self, tmp_path: Path
    ) -> None:
        log = tmp_path / "stderr.log"
        log.write_text("from the run before\n")
        script = """
            with StderrCapture() as capture:
                native("early")
                capture.move_to(Path(sys.argv[1]))
                native("late")
        """
        on_a_terminal(script, log)

        assert log.read_text() == "from the run before\nearly\nlate\n"

    def test_the_file_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        script = """
            os.umask(0)
            with StderrCapture() as capture:
                capture.move_to(Path(sys.argv[1]))
        """
        on_a_terminal(script, tmp_path / "stderr.log")

        assert stat.S_IMODE((tmp_path / "stderr.log").stat().st_mode) == 0o600

    def test_a_second_move_takes_along_only_what_this_process_wrote(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("of another run\n")
        script = """
            with StderrCapture() as capture:
                native("one")
                capture.move_to(Path(sys.argv[1]))
                native("two")
                capture.move_to(Path(sys.argv[2]))
                native("three")
        """
        on_a_terminal(script, tmp_path / "a", tmp_path / "b")

        assert (tmp_path / "a").read_text() == "of another run\none\ntwo\n"
        assert (tmp_path / "b").read_text() == "one\ntwo\nthree\n"

    def test_a_file_that_cannot_be_opened_leaves_the_capture_as_it_was(
        self, tmp_path: Path
    ) -> None:
        script = """
            with StderrCapture() as capture:
                native("before")
                try:
                    capture.move_to(Path(sys.argv[1]))
                except FileNotFoundError:
                    native("after")
                print(capture.tail())
        """
        screen, printed = on_a_terminal(script, tmp_path / "missing" / "stderr.log")

        assert (screen, printed) == ("", "['before', 'after']\n")

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "precious")
        script = """
            with StderrCapture() as capture:
                try:
                    capture.move_to(Path(sys.argv[1]))
                except OSError:
                    print("refused")
        """
        _, printed = on_a_terminal(script, tmp_path / "link")

        assert printed == "refused\n"
        assert not (tmp_path / "precious").exists()

    def test_noise_without_end_does_not_fill_the_disk(self, tmp_path: Path) -> None:
        script = """
            with StderrCapture() as capture:
                capture.move_to(Path(sys.argv[1]))
                for _ in range(17):
                    native("x" * 2**20)
                native("the last line before")
                capture.trim()
                native("after")
                print(capture.tail(3))
        """
        _, printed = on_a_terminal(script, tmp_path / "stderr.log")

        assert (tmp_path / "stderr.log").stat().st_size < 100_000
        assert printed.startswith("['... 17,")
        assert printed.endswith(" bytes were cut here', 'the last line before', 'after']\n")

    @pytest.mark.parametrize("moved", [True, False], ids=["in-the-run", "before-it"])
    def test_what_is_cut_and_what_comes_after_is_read_on(self, tmp_path: Path, moved: bool) -> None:
        (tmp_path / "stderr.log").write_text("from the run before\n" * 100)
        script = """
            with StderrCapture() as capture:
                if sys.argv[2].endswith("True"):
                    capture.move_to(Path(sys.argv[1]))
                native("x" * 2**24)
                capture.trim()
                native("after")
                print(capture.tail(2)[0][-19:], capture.tail(1), capture.unread())
        """
        _, printed = on_a_terminal(script, tmp_path / "stderr.log", tmp_path / str(moved))

        assert printed == "bytes were cut here ['after'] ['after']\n"

    def test_each_line_is_unread_once_wherever_it_is_captured(self, tmp_path: Path) -> None:
        (tmp_path / "stderr.log").write_text("from the run before\n")
        script = """
            capture = StderrCapture()
            print(capture.unread())
            with capture:
                native("one")
                print(capture.unread())
                native("two")
                os.write(2, b"half")
                capture.move_to(Path(sys.argv[1]))
                print(capture.unread())
                native(" a line")
                print(capture.unread(), capture.unread())
        """
        _, printed = on_a_terminal(script, tmp_path / "stderr.log")

        assert printed == "[]\n['one']\n['two']\n['half a line'] []\n"

    def test_less_than_that_is_left_alone(self, tmp_path: Path) -> None:
        script = """
            with StderrCapture() as capture:
                native("before")
                capture.trim()
                capture.move_to(Path(sys.argv[1]))
                capture.trim()
        """
        on_a_terminal(script, tmp_path / "stderr.log")

        assert (tmp_path / "stderr.log").read_text() == "before\n"

    def test_the_tail_is_known_also_after_the_end(self) -> None:
        script = """
            capture = StderrCapture(python_stderr="captured")
            capture.start()
            for number in range(1000):
                native(f"line {number}" + "." * 100)
            print("last", end="", file=sys.stderr)
            during = capture.tail(2)
            capture.stop()
            print(during == capture.tail(2), capture.tail(1), capture.tail(0))
        """
        _, printed = on_a_terminal(script)

        assert printed == "True ['last'] []\n"

    def test_everything_is_given_back(self) -> None:
        script = """
            before = (sys.stderr, sys.__stderr__, os.fstat(2), os.get_inheritable(2))
            capture = StderrCapture()
            capture.start()
            during = (sys.stderr, sys.__stderr__, os.fstat(2), os.get_inheritable(2))
            capture.stop()
            capture.stop()
            print((sys.stderr, sys.__stderr__, os.fstat(2), os.get_inheritable(2)) == before)
            print(during[0] is before[0], during[1] is before[1], during[2] == before[2])
        """
        _, printed = on_a_terminal(script)

        assert printed == "True\nFalse False False\n"

    def test_a_child_process_has_no_hold_on_the_terminal(self) -> None:
        script = """
            import subprocess
            with StderrCapture() as capture:
                child = "import os; print([fd for fd in range(3, 50) if _open(fd)])"
                probe = "def _open(fd):\\n try: os.fstat(fd)\\n except OSError: return False"
                probe += "\\n return True\\n"
                subprocess.run(
                    [sys.executable, "-c", "import os\\n" + probe + child], close_fds=False
                )
                subprocess.run(["sh", "-c", "echo child >&2"])
                print(capture.tail(), flush=True)
        """
        screen, printed = on_a_terminal(script)

        assert (screen, printed) == ("", "[]\n['child']\n")

    def test_a_logging_handler_made_meanwhile_still_works_after_the_end(self) -> None:
        """As TensorFlow makes one when it is imported."""
        script = """
            import logging
            with StderrCapture():
                handler = logging.StreamHandler()
                logging.getLogger().addHandler(handler)
            logging.warning("late")
        """
        screen, _ = on_a_terminal(script)

        assert screen == "late\n"

    def test_a_closed_descriptor_2_becomes_the_null_device(self, tmp_path: Path) -> None:
        script = """
            os.close(2)
            with StderrCapture() as capture:
                native("noise")
                capture.move_to(Path(sys.argv[1]))
                print("talk to nobody", file=sys.__stderr__)
            print(os.fstat(2).st_rdev == os.stat(os.devnull).st_rdev)
        """
        screen, printed = on_a_terminal(script, tmp_path / "stderr.log")

        assert (screen, printed) == ("", "True\n")
        assert (tmp_path / "stderr.log").read_text() == "noise\n"

    def test_no_terminal_at_all_is_no_error(self) -> None:
        """Python has no `sys.stderr` if descriptor 2 was closed before it started."""
        script = PRELUDE + textwrap.dedent("""
            assert sys.stderr is None
            with StderrCapture() as capture:
                native("noise")
                print(capture.tail())
            assert sys.stderr is None
        """)
        command = 'exec "$0" -c "$1" 2>&-'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable, script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )

        assert done.stdout == b"['noise']\n"

    def test_a_second_start_is_refused(self) -> None:
        script = """
            with StderrCapture() as capture:
                try:
                    capture.start()
                except RuntimeError as error:
                    print(error)
        """
        _, printed = on_a_terminal(script)

        assert printed == "the capture of standard error was started twice; stop it first.\n"

    def test_nothing_can_be_moved_before_the_start(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError, match="not being captured"):
            StderrCapture().move_to(tmp_path / "stderr.log")

    def test_what_our_encoding_cannot_write_is_escaped(self) -> None:
        script = """
            with StderrCapture():
                print("caf\\udce9", file=sys.stderr)
        """
        screen, _ = on_a_terminal(script)

        assert screen == "caf\\udce9\n"

    def test_tensorflow_and_textual_are_not_needed(self) -> None:
        script = "print({'tensorflow', 'textual', 'rich'} & set(sys.modules))"

        assert on_a_terminal(script)[1] == "set()\n"
