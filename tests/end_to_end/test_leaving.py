"""Leaving a run training: the prompt is back at once, and nothing of the terminal is held.

In shells on plain terminals, in tmux, and with pipes for streams as under `ssh HOST COMMAND`.
"""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.run.directory import RunDirectory
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import Terminal
from tests.end_to_end.test_suspending import PROMPT, TAKE_TERMINAL
from tests.end_to_end.trials import SOON
from tests.end_to_end.viewers import Abandoned, Viewer, ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.end_to_end.conftest import Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="sessions are in /proc"),
]

PACE_SECONDS = 4.0
"""How long the pace is measured, before and after."""

SLOWEST_PACE = 0.5
"""Of the pace before: nobody else may use this machine just then, or everybody."""

SLOWEST_PROMPT = 5.0
"""Seconds on a busy machine; an idle one needs a fifth of one."""

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
FOR_LONG = ("--epochs", "1000000", "--sample-every", "off", "--checkpoint-every", "off")
NO_TERMINAL = 0
"""The number of its controlling terminal in the status of a process that has none."""


@dataclass
class Left:
    """What was seen of a run that was left training."""

    seconds_to_prompt: float = -1.0
    said: str = ""
    code: str = ""
    session: int = -1
    terminal: int = -1
    terminals_held: tuple[str, ...] = ()
    pid: int = -1
    pace: tuple[float, float] = (0.0, 0.0)
    exit_code: int = -1
    exit_reason: str = ""
    steps: tuple[int, ...] = ()
    saved: int = -1


def look_at_process(pid: int, seen: Left) -> None:
    """Its session, its controlling terminal, and the descriptors of terminals that it has open."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seen.pid, seen.session, seen.terminal = pid, int(fields[3]), int(fields[4])
    opened = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    seen.terminals_held = tuple(
        name for name in opened if name.startswith(("/dev/pts", "/dev/tty", "/dev/ptmx", "pipe:"))
    )


def survive(left: Abandoned, seen: Left) -> None:
    """Train on after the terminal has gone, and end by a signal."""
    seen.pace = (seen.pace[0], left.steps_a_second(PACE_SECONDS))
    left.signal(signal.SIGTERM)
    left.wait_until(lambda: not left.is_running(), "the end", SECONDS)
    status = left.status()
    seen.exit_code, seen.exit_reason = status["exit_code"], status["exit_reason"]
    seen.steps, seen.saved = tuple(left.steps()), left.saved_steps()[-1]


def prompts(terminal: Terminal) -> int:
    return terminal.raw.count(PROMPT.encode())


def leave_on_terminal(program: Program, shell: str, left: Abandoned, seen: Left) -> None:
    """Start in an interactive shell, leave by `q` `l`, log out, and close the terminal."""
    become = f"os.execvp({SHELLS[shell][0]!r}, {SHELLS[shell]!r})"
    environ = {**program.environ, "PS1": PROMPT}
    words = [*program.words, *program.small, *FOR_LONG, "--run-dir", str(left.run.path)]
    starting = [sys.executable, "-c", TAKE_TERMINAL + become]
    with Terminal(starting, cwd=program.home, env=environ) as terminal:
        terminal.wait_for(lambda: prompts(terminal), "a prompt", SOON)
        terminal.send(shlex.join(words) + "; echo code $?\n")
        terminal.wait_for_text(" TRAINING ", SECONDS)
        terminal.wait_for(left.last_step, "steps", SOON)
        seen.pace = (pace_on(terminal, left), 0.0)
        before = prompts(terminal)
        terminal.send("q")
        terminal.wait_for_text("l  leave", SOON)
        began = time.monotonic()
        terminal.send("l")
        terminal.wait_for(lambda: prompts(terminal) > before, "the prompt", SOON)
        seen.seconds_to_prompt = time.monotonic() - began
        seen.said = " ".join(terminal.left_behind.split())
        look_at_process(left.trainer, seen)
        terminal.send("exit\n")
        terminal.wait_for_end(SOON)


def pace_on(terminal: Terminal, left: Abandoned) -> float:
    """Steps a second from now on, while somebody reads the terminal."""
    began, step = time.monotonic(), left.last_step()
    terminal.wait_for(lambda: time.monotonic() > began + PACE_SECONDS, "time", 2 * SECONDS)
    return (left.last_step() - step) / (time.monotonic() - began)


class Tmux:
    """A server of its own with one window, in which a shell runs."""

    def __init__(self, program: Program, folder: Path) -> None:
        self._socket = str(folder / "tmux")
        self._environ = {**program.environ, "TERM": "xterm-256color", "PS1": PROMPT}
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", *SHELLS["bash"])

    def run(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=SOON,
            check=True,
        )
        return done.stdout

    @property
    def text(self) -> str:
        return self.run("capture-pane", "-p")

    def send(self, keys: str) -> None:
        self.run("send-keys", "-l", keys)

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not in time: {what}. The screen:\n{self.text}"
            time.sleep(0.02)


def leave_in_tmux(program: Program, folder: Path, left: Abandoned, seen: Left) -> None:
    """Start in a window of tmux, leave by `q` `l`, and kill the server."""
    words = [*program.words, *program.small, *FOR_LONG, "--run-dir", str(left.run.path)]
    tmux = Tmux(program, folder)
    try:
        tmux.wait_for(lambda: PROMPT.strip() in tmux.text, "a prompt", SOON)
        tmux.send(shlex.join(words) + "; echo code $?\n")
        tmux.wait_for(lambda: " TRAINING" in tmux.text, "the dashboard", SECONDS)
        tmux.wait_for(left.last_step, "steps", SOON)
        seen.pace = (left.steps_a_second(PACE_SECONDS), 0.0)
        tmux.send("q")
        tmux.wait_for(lambda: "l  leave" in tmux.text, "the dialog", SOON)
        began = time.monotonic()
        tmux.send("l")
        tmux.wait_for(lambda: f"code 0\n{PROMPT.strip()}" in tmux.text, "the prompt", SOON)
        seen.seconds_to_prompt = time.monotonic() - began
        seen.said = " ".join(tmux.text.split())
        look_at_process(left.trainer, seen)
    finally:
        tmux.run("kill-server")


@pytest.fixture(
    scope="module",
    params=[
        *(
            pytest.param(
                name,
                marks=pytest.mark.skipif(not shutil.which(name), reason=f"there is no {name}"),
            )
            for name in ("bash", "zsh", "tmux")
        )
    ],
)
def left(
    program: Program, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Left]:
    """A run that was left training in a shell, outlived it, and was ended by a signal."""
    seen, where = Left(), request.param
    with ending(RunDirectory(program.home / f"left-in-{where}")) as run:
        if where == "tmux":
            leave_in_tmux(program, tmp_path_factory.mktemp("tmux"), run, seen)
        else:
            leave_on_terminal(program, where, run, seen)
        survive(run, seen)
    print(  # noqa: T201 - for whoever measures
        f"{where}: prompt after {seen.seconds_to_prompt:.2f} s, "
        f"{seen.pace[0]:.1f} steps/s before, {seen.pace[1]:.1f} after"
    )
    return seen


class TestLeaving:
    def test_the_prompt_is_back(self, left: Left) -> None:
        assert 0 <= left.seconds_to_prompt < SLOWEST_PROMPT
        assert "code 0" in left.said

    def test_it_says_who_trains_and_how_to_come_back(self, left: Left) -> None:
        assert f"the training goes on (process {left.pid})" in left.said
        assert "gan-tui attach" in left.said

    def test_the_process_has_a_session_of_its_own_and_holds_no_terminal(self, left: Left) -> None:
        assert left.session == left.pid
        assert left.terminal == NO_TERMINAL
        assert left.terminals_held == ()

    def test_it_trains_on_after_the_logout_at_its_pace(self, left: Left) -> None:
        before, after = left.pace

        assert after > SLOWEST_PACE * before

    def test_a_signal_later_ends_it_in_order(self, left: Left) -> None:
        assert left.exit_code == 128 + signal.SIGTERM
        assert left.exit_reason == "signal 15"
        assert left.steps == tuple(range(1, len(left.steps) + 1))
        assert left.saved == len(left.steps)


class TestDetached:
    """`--detach`, with pipes for its streams."""

    @pytest.fixture(scope="class")
    def detached(
        self, program: Program
    ) -> Iterator[tuple[Abandoned, subprocess.CompletedProcess[str], float]]:
        began = time.monotonic()
        runs = program.home / "detached"
        words = [*program.words, "--detach", *program.small, *FOR_LONG, "--runs", str(runs)]
        # It returns once both pipes are at their end: nobody holds them.
        done = subprocess.run(
            words,
            cwd=program.home,
            env=program.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        seconds = time.monotonic() - began
        with ending(RunDirectory(Path(done.stdout.strip() or "none"))) as run:
            yield run, done, seconds

    def test_it_prints_the_directory_and_how_to_attach(
        self, detached: tuple[Abandoned, subprocess.CompletedProcess[str], float]
    ) -> None:
        run, done, _ = detached

        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{run.run.path}\n"
        assert run.run.path.parent == run.run.path.parent.parent / "detached"
        assert f"gan-tui attach {run.run.path}" in done.stderr
        assert "Traceback" not in done.stderr

    def test_the_reader_of_its_pipes_is_not_held_up(
        self, detached: tuple[Abandoned, subprocess.CompletedProcess[str], float]
    ) -> None:
        """TensorFlow is not even imported by then, which takes most of the start."""
        run, _, seconds = detached
        seen = Left()
        print(f"--detach: {seconds:.2f} s until both pipes were closed")  # noqa: T201
        run.wait_for_steps(5)
        look_at_process(run.trainer, seen)

        assert seen.session == seen.pid
        assert seen.terminal == NO_TERMINAL
        assert seen.terminals_held == ()

    def test_attach_without_a_name_takes_it_up(
        self,
        program: Program,
        detached: tuple[Abandoned, subprocess.CompletedProcess[str], float],
    ) -> None:
        run, *_ = detached
        with Viewer(program, "attach", "--runs", str(run.run.path.parent)) as viewer:
            viewer.wait_for_header("attached")
            viewer.wait_for_text(" TRAINING ", SECONDS)
            viewer.forget_headers()
            viewer.send("q")
            viewer.wait_for_text("s  save and quit now", SOON)
            viewer.send("s")
            assert viewer.wait_for_end(SOON) == 0

        run.wait_until(lambda: not run.is_running(), "the end", SOON)
        assert run.status()["exit_code"] == 75

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
    def test_a_standard_output_that_takes_nothing_leaves_the_run_as_it_is(
        self, program: Program
    ) -> None:
        with (
            ending(RunDirectory(program.home / "unsaid")) as run,
            Path("/dev/full").open("wb") as full,
        ):
            words = [*program.words, "--detach", *program.small, *FOR_LONG]
            done = subprocess.run(
                [*words, "--run-dir", str(run.run.path)],
                cwd=program.home,
                env=program.environ,
                stdin=subprocess.DEVNULL,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            run.wait_for_steps(5)

        assert done.returncode == 0, done.stderr
        assert "No space left on device" in done.stderr
        assert f"gan-tui attach {run.run.path}" in done.stderr

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("--data", "nowhere"), 4),
            (("--preset", "unknown"), 2),
            (("--batch-size", "-1"), 2),
            (("--resume", "nothing"), 4),
        ],
        ids=["data", "preset", "batch size", "resume"],
    )
    def test_an_error_before_the_run_begins_is_printed(
        self, program: Program, words: Sequence[str], code: int
    ) -> None:
        done = program.run("--detach", "--runs", "no-runs", *words)

        assert done.returncode == code
        assert done.stdout == ""
        assert words[1] in done.stderr
        assert "Traceback" not in done.stderr
