"""Whether a run's process lives, judged on the reader's own clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gan.disk.process import ProcessIdentity
from gan.run.liveness import SILENT_SECONDS, Pulse
from gan.run_facts.sighting import Liveness

HERE = ProcessIdentity.current()
ELSEWHERE = replace(HERE, host="other-host")
GONE = replace(HERE, start_ticks=1)
CONTAINED = replace(GONE, pid_namespace=1)
"""A process in a container of this machine. Here its id is that of another process, or of none."""


class Watch:
    """A pulse, and the clock that it is judged by."""

    def __init__(self, process: ProcessIdentity) -> None:
        self.now = 1e5
        self.pulse = Pulse(lambda: self.now)
        self.process = process

    def see(self, after: float = 0.0, sequence: int = 1, **changed: Any) -> Liveness:
        self.now += after
        status = {**self.process.to_json(), "sequence": sequence, "exit_code": None, **changed}
        return self.pulse.see(status).liveness


def test_a_process_of_this_machine_is_known_at_once() -> None:
    assert Watch(HERE).see() is Liveness.LIVE
    assert Watch(GONE).see() is Liveness.DIED


@pytest.mark.parametrize("process", [HERE, ELSEWHERE, GONE])
def test_a_recorded_end_is_the_end(process: ProcessIdentity) -> None:
    assert Watch(process).see(exit_code=0) is Liveness.ENDED


@pytest.mark.parametrize("process", [ELSEWHERE, CONTAINED])
def test_a_process_elsewhere_lives_once_its_status_is_seen_to_change(
    process: ProcessIdentity,
) -> None:
    watch = Watch(process)

    assert watch.see() is Liveness.UNKNOWN
    assert watch.see(after=1) is Liveness.UNKNOWN
    assert watch.see(after=1, sequence=2) is Liveness.LIVE


def test_one_that_is_never_seen_to_change_is_silent() -> None:
    watch = Watch(ELSEWHERE)
    watch.see()

    assert watch.see(after=SILENT_SECONDS - 1) is Liveness.UNKNOWN
    assert watch.see(after=1) is Liveness.SILENT


def test_one_that_falls_silent_may_be_heard_again() -> None:
    watch = Watch(ELSEWHERE)
    watch.see()
    watch.see(after=1, sequence=2)

    assert watch.see(after=SILENT_SECONDS, sequence=2) is Liveness.SILENT
    assert watch.see(after=1, sequence=3) is Liveness.LIVE


def test_a_process_here_that_does_nothing_is_silent() -> None:
    """It is stopped, or its disk refuses every write."""
    watch = Watch(HERE)
    watch.see()

    assert watch.see(after=SILENT_SECONDS) is Liveness.SILENT


def test_the_clock_of_the_other_host_does_not_count() -> None:
    watch = Watch(ELSEWHERE)
    watch.see(heartbeat=0.0)

    assert watch.see(after=1, heartbeat=4e9) is Liveness.LIVE


@pytest.mark.parametrize("status", [{}, {"pid": "x"}, {"host": "here"}])
def test_nothing_is_known_without_a_process(status: dict[str, Any]) -> None:
    assert Pulse().see(status).liveness is Liveness.UNKNOWN


def test_another_process_of_the_run_is_a_change() -> None:
    watch = Watch(ELSEWHERE)
    watch.see(exit_code=1)
    watch.process = replace(ELSEWHERE, pid=ELSEWHERE.pid + 1)

    assert watch.see(after=30) is Liveness.LIVE
