"""A short program in a process of its own, and how it may end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from gan.machine.child import ChildEnd, run_child

ENVIRON = dict(os.environ)


def run(program: str, *arguments: str, seconds: float = 30.0) -> ChildEnd:
    return run_child(program, ENVIRON, arguments=arguments, seconds=seconds)


def test_what_it_prints_is_kept() -> None:
    end = run("import sys; print('out', sys.argv[1]); print('err', file=sys.stderr)", "a b")

    assert end.passed
    assert (end.stdout, end.stderr) == ("out a b\n", "err\n")
    assert 0 < end.seconds < 30


def test_much_output_neither_blocks_it_nor_is_kept() -> None:
    end = run("print('x' * 3_000_000 + 'end')")

    assert end.passed
    assert end.stdout.endswith("xend\n")
    assert len(end.stdout) == 100_000


def test_a_signal_is_named() -> None:
    end = run("import os; os.abort()")

    assert not end.passed
    assert end.signal_name == "SIGABRT"


def test_a_real_time_signal_has_a_number() -> None:
    assert ChildEnd(status=-40).signal_name == "signal 40"


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("", "no reason given"),
        ("Traceback\nKeyError: 1\n\n", "KeyError: 1"),
        ("F0000 00:00:1 1 parse.cc:99] Unknown flag\nAborted\n", "Unknown flag"),
        (
            "LLVM ERROR: PTX version 8.5 does not support target 'sm_120'\nFatal Python error\n",
            "LLVM ERROR: PTX version 8.5 does not support target 'sm_120'",
        ),
    ],
)
def test_the_reason_is_the_fatal_line_or_the_last(stderr: str, reason: str) -> None:
    assert ChildEnd(status=-6, stderr=stderr).reason == reason


def test_one_that_hangs_is_killed() -> None:
    end = run("import time; time.sleep(60)", seconds=0.3)

    assert end.is_timeout
    assert not end.passed
    assert end.signal_name == ""


def test_what_it_has_started_goes_with_it(tmp_path: Path) -> None:
    """As ptxas does, which XLA starts."""
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
        "child.wait()"
    )
    written = tmp_path / "pid"
    with pytest.raises(KeyboardInterrupt):
        run_child(
            program,
            ENVIRON,
            arguments=[str(written)],
            seconds=60,
            on_wait=lambda: _interrupt_once_there(written),
        )

    pid = int(written.read_text())
    until = time.monotonic() + 10
    while not _is_gone(pid):
        assert time.monotonic() < until
        time.sleep(0.01)


def _interrupt_once_there(path: Path) -> None:
    if path.exists() and path.read_text():
        raise KeyboardInterrupt


def _is_gone(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    # Nobody may have waited for it.
    return status.rpartition(")")[2].split()[0] == "Z"


def test_it_leaves_no_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))"
    # Nor does a module of the user's stand in for one of Python's.
    (tmp_path / "resource.py").write_text("raise ImportError")
    monkeypatch.chdir(tmp_path)

    assert run(program).stdout == "0 0\n"


def test_waiting_can_be_given_up() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child("import time; time.sleep(60)", ENVIRON, seconds=60, on_wait=stop)


def test_one_that_cannot_be_started_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    end = run("")

    assert end.not_started == "/nonexistent: No such file or directory"
    assert not end.passed
