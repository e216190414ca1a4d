"""Stopping, going on and standing in the background, as a shell and a scheduler have it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pty.rig import SOON, Rig, assert_given_back, is_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pty.conftest import StartToy

pytestmark = [
    # Each starts a process on a terminal of its own, and several wait for a stall.
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/stat").exists(),
        reason="a process's state and descriptors are in /proc",
    ),
]

PROMPT = b"ready> "
STARTED = re.compile(rb"started (\d+)\. ")
STORM = 200
"""Pairs of signals."""

STORM_SECONDS = 0.001
"""Between two signals: time to deliver the first, which the next would else take back, and too
short to restore a terminal."""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Rig]:
    """An interactive shell with job control."""
    take_terminal = "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    become = "os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])"
    words = [sys.executable, "-c", take_terminal + become]
    with Rig(tmp_path, words, env={"PS1": PROMPT.decode()}) as rig:
        wait_for_prompt(rig, 1)
        yield rig


def wait_for_prompt(shell: Rig, number: int) -> None:
    shell.wait_for(lambda: shell.raw.count(PROMPT) == number, f"prompt {number}", SOON)


def start_in(shell: Rig) -> int:
    """The toy as a job of the shell; its process."""
    shell.send(" ".join(shell.toy) + "\n")
    pid = int(shell.pipe.next("mounted")["pid"])
    shell.wait_for(lambda: (shell.frame() or 0) > 0, "a frame", SOON)
    # Once a key is answered, the terminal's replies have been read too; the shell would run them.
    shell.send("s")
    shell.pipe.next("state")
    return pid


def storm(pid: int) -> None:
    """Stop and continue a process faster than it can answer."""
    for number in (signal.SIGTSTP, signal.SIGCONT) * STORM:
        os.kill(pid, number)
        time.sleep(STORM_SECONDS)


def assert_awake(rig: Rig, pid: int) -> None:
    """It draws, and is not stopped, for as long as a stop that is still to come may take."""
    frames = [rig.pipe.next("beat")["frame"] for _ in range(8)]
    assert frames[-1] > frames[-4]
    assert not is_stopped(pid)


class TestSignals:
    def test_a_stray_sigcont_changes_nothing(self, start: StartToy) -> None:
        rig = start()
        before = rig.state()

        for _ in range(3):
            rig.signal(signal.SIGCONT)
            after = rig.state()

        assert after["threads"] == before["threads"]
        assert after["descriptors"] == before["descriptors"]
        assert rig.raw.count(b"\x1b[?1049h") == 1

    def test_sigtstp_gives_the_terminal_back_and_sigcont_takes_it_again(
        self, start: StartToy
    ) -> None:
        rig = start()
        before = rig.state()
        rig.send("f")
        frame = rig.pipe.next("frozen")["frame"]
        rig.wait_for_frame(frame)

        rig.signal(signal.SIGTSTP)
        rig.wait_for(rig.stopped, "a stopped process", SOON)
        rig.wait_for_mode(1049, on=False)
        assert_given_back(rig)

        rig.forget_screen()
        rig.signal(signal.SIGCONT)
        rig.wait_for_mode(1049, on=True)
        rig.wait_for_frame(frame)
        after = rig.state()
        assert after["threads"] == before["threads"]
        assert after["descriptors"] == before["descriptors"]
        assert rig.settings() != rig.settings_before

    def test_a_storm_of_stops_leaves_it_awake_after_one_sigcont(self, start: StartToy) -> None:
        """Each stop is asked for once, and a SIGCONT answers all that came before it."""
        rig = start()
        before = rig.state()
        # To restore a terminal that nobody reads takes so long that all of them arrive meanwhile.
        rig.wait_for_backlog()

        storm(rig.process.pid)
        rig.signal(signal.SIGTSTP)
        rig.wait_for(rig.stopped, "a stopped process", SOON)
        rig.signal(signal.SIGCONT)

        assert_awake(rig, rig.process.pid)
        rig.wait_for_mode(1049, on=True)
        assert rig.state()["threads"] == before["threads"]
        rig.send("x")
        assert rig.wait_for_end(SOON) == 0
        assert rig.settings() == rig.settings_before

    @pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")
    def test_nor_does_it_stop_again_after_one_fg(self, shell: Rig) -> None:
        pid = start_in(shell)

        storm(pid)
        os.kill(pid, signal.SIGTSTP)
        shell.wait_for(lambda: is_stopped(pid), "a stopped process", SOON)
        shell.wait_for_mode(1049, on=False)
        shell.send("\nfg\n")

        assert_awake(shell, pid)
        shell.wait_for_mode(1049, on=True)
        shell.send("x")
        shell.pipe.next("left")

    @pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")
    def test_a_job_can_stop_itself_as_by_ctrl_z(self, shell: Rig) -> None:
        pid = start_in(shell)

        shell.send("z")

        assert shell.pipe.next("stopping")["done"]
        wait_for_prompt(shell, 2)
        assert is_stopped(pid)
        assert not shell.modes()[1049]
        shell.send("fg\n")
        shell.wait_for_mode(1049, on=True)
        assert_awake(shell, pid)
        shell.send("x")
        shell.pipe.next("left")

    def test_without_a_shell_it_goes_on(self, start: StartToy) -> None:
        """Nobody could continue it."""
        rig = start()

        rig.send("z")

        assert not rig.pipe.next("stopping")["done"]
        assert_awake(rig, rig.process.pid)

    def test_ctrl_z_is_a_key(self, start: StartToy) -> None:
        """Were it a signal, it would stop the training."""
        rig = start()

        rig.send("\x1a")

        assert rig.state()["typed"] == "\x1a"
        assert not rig.stopped()

    @pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")
    def test_a_job_in_the_background_goes_on_without_a_screen_until_it_is_back_in_front(
        self, shell: Rig
    ) -> None:
        pid = start_in(shell)
        os.kill(pid, signal.SIGTSTP)
        wait_for_prompt(shell, 2)

        shell.send("bg\n")

        wait_for_prompt(shell, 3)
        before = len(shell.raw)
        first = shell.pipe.next("beat")["frame"]
        shell.wait_for(lambda: shell.pipe.next("beat")["frame"] > first + 20, "frames", SOON)
        assert not is_stopped(pid)
        assert shell.raw[before:] == b""
        shell.send("fg\n")
        shell.wait_for_mode(1049, on=True)
        shell.wait_for(lambda: (shell.frame() or 0) > first, "a frame", SOON)
        shell.send("x")
        shell.pipe.next("left")

    @pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")
    def test_a_job_that_may_never_have_the_terminal_is_told_so(self, shell: Rig) -> None:
        """One in the background whose shell has ended."""
        shell.send("(set -m; " + " ".join([*shell.toy, "--orphaned"]) + " <&2 &)\n")

        shell.pipe.next("gone")
        shell.pipe.next("left")
        assert not shell.modes().get(1049)

    @pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")
    def test_a_forced_end_in_the_background_leaves_the_shells_settings_alone(
        self, shell: Rig
    ) -> None:
        """To change them from there would also stop the process, and it would never end."""
        pid = start_in(shell)
        os.kill(pid, signal.SIGSTOP)
        wait_for_prompt(shell, 2)
        shell.send("bg\n")
        wait_for_prompt(shell, 3)
        shell.wait_for(lambda: not is_stopped(pid), "a running job", SOON)
        settings = shell.settings()

        os.kill(pid, signal.SIGTERM)

        shell.wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the end of the job", SOON)
        assert shell.settings() == settings


class TestWithoutKeys:
    """A program whose terminal turns ctrl+z into the signal."""

    SCRIPT = (
        "import os, signal\n"
        "from tui.terminal.job_control import stopping_in_order\n"
        "with stopping_in_order(lambda: os.write(1, b'released. ')):\n"
        "    os.write(1, b'started %d. ' % os.getpid())\n"
        "    while True:\n"
        "        signal.pause()\n"
    )

    @pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")
    def test_the_terminal_is_restored_before_every_stop(self, shell: Rig, tmp_path: Path) -> None:
        script = tmp_path / "script.py"
        script.write_text(self.SCRIPT)
        shell.send(f"{sys.executable} {script}\n")
        shell.wait_for(lambda: STARTED.findall(shell.raw), "the start", SOON)
        pid = int(STARTED.findall(shell.raw)[0])

        for times in (1, 2):
            shell.send("\x1a")
            wait_for_prompt(shell, 1 + times)
            assert shell.raw.count(b"released. ") == times
            assert is_stopped(pid)
            shell.send("fg\n")
            shell.wait_for(lambda: not is_stopped(pid), "a running job", SOON)

    def test_what_no_shell_could_continue_is_not_stopped(self, tmp_path: Path) -> None:
        with Rig(tmp_path, [sys.executable, "-c", self.SCRIPT]) as rig:
            rig.wait_for(lambda: b"started " in rig.raw, "the start", SOON)

            rig.signal(signal.SIGTSTP)
            rig.wait_for(lambda: rig.raw.count(b"released. ") == 1, "the handler", SOON)
            rig.signal(signal.SIGTSTP)
            rig.wait_for(lambda: rig.raw.count(b"released. ") == 2, "the handler again", SOON)

            assert not rig.stopped()
