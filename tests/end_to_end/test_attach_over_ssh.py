"""Losing a real SSH link and coming back over another: the program of the shell at the other end.

The server is one of the test's own, on the loopback, for the user who runs the tests.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.run.directory import RunDirectory
from tests.end_to_end.conftest import SECONDS, Program
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.trials import SOON
from tests.end_to_end.viewers import Abandoned, Viewer, digits, ending, together

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER = shutil.which("sshd") or "/usr/sbin/sshd"
_PRIVILEGE_SEPARATION = Path("/run/sshd")
"""The folder that a server started by root needs, whatever its configuration says."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (Path(_SERVER).exists() and shutil.which("ssh") and shutil.which("ssh-keygen")),
        reason="there is no SSH server",
    ),
]

STORY = ("--epochs", "1000000", "--sample-every", "100", "--checkpoint-every", "off")
COMMANDS = {
    "pause": " ",
    "save": "s",
    "resample": "r",
    "restore latents": "R",
    "interpolate": "i",
    "unpause": " ",
}


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The words that log in on a terminal; a command comes after them."""
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True, timeout=SOON)
    if os.getuid() == 0:
        _PRIVILEGE_SEPARATION.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "yes",
    }
    config = folder / "config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    log = folder / "log"
    with log.open("wb") as said:
        server = subprocess.Popen([_SERVER, "-D", "-e", "-f", str(config)], stderr=said)
    client = ["ssh", "-tt", "-F", "none", "-i", str(folder / "user"), "-p", str(port)]
    client += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    client += ["-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "127.0.0.1"]
    try:
        deadline = time.monotonic() + SOON
        while subprocess.run([*client, "true"], check=False, timeout=SOON).returncode:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.skip(f"nobody can log in here: {log.read_text()[-500:]}")
            time.sleep(0.1)
        yield client
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def remote(program: Program, ssh: list[str]) -> Program:
    """The program at the other end of a link."""
    environ = [f"{name}={value}" for name, value in program.environ.items()]
    there = Program(program.home, program.home / "digits")
    there.words = [*ssh, shlex.join(["env", "-C", str(program.home), *environ, *program.words])]
    return there


@dataclass
class Link:
    """What was seen from the first login to the last."""

    step_at_drop: int = 0
    step_unwatched: int = 0
    same: dict[str, bool] = field(default_factory=dict)
    receipts: list[events.CommandAnswered] = field(default_factory=list)
    code: int = -1
    steps: list[int] = field(default_factory=list)
    saved: int = 0


def come_back(run: Abandoned, remote: Program, program: Program, seen: Link) -> None:
    """Attach over a new link, next to a viewer on the machine itself; steer, compare, stop."""
    words = ("attach", str(run.run.path))
    with Viewer(remote, *words) as viewer, Viewer(program, *words) as beside:
        for one in (viewer, beside):
            one.wait_for_header("attached", SECONDS)
        for name, key in COMMANDS.items():
            viewer.press(key, name)
            if name == "resample":
                for what, move in {"newest": "\x1b[F", "first grid": "\x1b[H"}.items():
                    viewer.send(move)
                    beside.send(move)
                    seen.same[what] = together(viewer, beside, digits)
                    seen.same[f"chart at {what}"] = together(viewer, beside, _chart)
                viewer.send("\x1b[F")
        run.wait_for_steps(50)
        viewer.send("q")
        viewer.wait_for_text("s  save and quit now", SOON)
        viewer.send("s")
        assert viewer.wait_for_end(SOON) == 0
        run.wait_until(lambda: not run.is_running(), "the end", SOON)


def _chart(terminal: Terminal) -> list[str]:
    """The rows between the header and the keys, without the pace that each reckons itself."""
    rows = terminal.text.splitlines()[1:-1]
    return [row for row in rows if not row.startswith((" img/s", " epoch "))]


@pytest.fixture(scope="module")
def link(program: Program, remote: Program) -> Iterator[Link]:
    seen = Link()
    with ending(RunDirectory(program.home / "over-ssh")) as run:
        words = [*remote.words, *program.small, *STORY, "--run-dir", str(run.run.path)]
        with Terminal(words, cwd=program.home, env=program.environ) as terminal:
            terminal.wait_for_text(" TRAINING ", SECONDS)
            terminal.wait_for(lambda: run.last_step() > 300, "steps", SECONDS)
            # The client dies as with its machine: no word to the program at the other end.
            terminal.process.send_signal(signal.SIGKILL)
            terminal.process.wait()
        seen.step_at_drop = run.last_step()
        run.wait_for_steps(100)
        seen.step_unwatched = run.last_step()
        come_back(run, remote, program, seen)
        seen.receipts = run.of_kind(events.CommandAnswered)
        seen.code = run.status()["exit_code"]
        seen.steps, seen.saved = run.steps(), run.saved_steps()[-1]
        yield seen


class TestLinkThatIsLost:
    def test_the_training_goes_on_without_it(self, link: Link) -> None:
        assert link.step_unwatched >= link.step_at_drop + 100

    def test_every_command_over_the_new_link_is_answered(self, link: Link) -> None:
        answers = [(one.command.replace("_", " "), one.done) for one in link.receipts]
        assert answers == [*((name, True) for name in COMMANDS), ("stop", True)]

    def test_it_shows_what_a_viewer_beside_the_run_shows(self, link: Link) -> None:
        assert link.same
        assert [what for what, is_same in link.same.items() if not is_same] == []

    def test_nothing_is_lost(self, link: Link) -> None:
        assert link.code == 75
        assert link.steps == list(range(1, len(link.steps) + 1))
        assert link.saved == len(link.steps)
