"""A short program in a process of its own, and how it may end."""

from __future__ import annotations

import os
import sys

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
