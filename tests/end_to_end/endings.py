"""Every way to end the program from outside, in every phase, with the dashboard and without.

    python -m tests.end_to_end.endings [--only WORD...]

prints a line for each of them. The suite takes some: see `test_endings`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.data.synthetic import draw_digits
from tests.end_to_end.conftest import IMAGES, SECONDS, Program
from tests.end_to_end.launcher import ARRIVED, FAULT_STEP, GO_ON
from tests.end_to_end.trials import FOR_EVER, Dashboard, Headless, assert_given_back
from tests.gan.data.making import ignore, write_idx_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

PHASES: Final = ("loading", "importing", "compiling", "training", "saving")
WITHOUT_RUN: Final = ("loading", "importing")
"""The phases before there is a run directory."""

DEATHS: Final = (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL)
"""Sent to the process that trains. They are what a fault in native code comes to."""

STOPS: Final = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGXCPU,
    signal.SIGIO,
    signal.SIGPWR,
    signal.SIGSTKFLT,
    signal.SIGRTMAX,
)
"""Sent to the process that was started."""

RESUMABLE: Final = 75

GRACE: Final = "120"
"""Seconds: a compilation does not end before it is done, on however busy a machine."""


@dataclass(frozen=True)
class Case:
    """One ending."""

    number: signal.Signals
    phase: str
    shown: bool
    """Whether there is a dashboard."""

    @property
    def name(self) -> str:
        return f"{self.number.name}-{self.phase}-{'dashboard' if self.shown else 'headless'}"

    @property
    def exit_code(self) -> int:
        return RESUMABLE if self.number == signal.SIGUSR1 else 128 + self.number


CASES: Final = [
    Case(number, phase, shown)
    for phase in PHASES
    for shown in (True, False)
    for number in (*STOPS, *DEATHS)
]


def check(program: Program, case: Case) -> None:
    """Bring one ending about.

    Raises:
        AssertionError: It is not as it should be.
    """
    words = ("--sample-every", str(FAULT_STEP), "--on-hangup", "stop", "--grace", GRACE)
    words = (*FOR_EVER[:2], "--checkpoint-every", "off", *words)
    started: Any = Dashboard if case.shown else Headless
    with started(program, case.name, *words, fault=f"held_{case.phase}") as trial:
        if case.phase == "saving":
            trial.wait_unread(trial.last_step, "steps", SECONDS)
            trial.signal(signal.SIGUSR2)
        wait_for_arrival(trial, case)
        before_death = trial.saved_steps()
        end(trial, case)
        code = trial.wait_for_end(SECONDS)

        assert code == case.exit_code, f"exit code {code}"
        assert_run_left(trial, case)
        assert trial.saved_steps() == before_death or case.number not in DEATHS
        if case.shown:
            assert_given_back(trial)
            assert not trial.has_processes()
        said = trial.left_behind if case.shown else trial.said.read_text()
        is_reported = f"died of {case.number.name}: " in " ".join(said.split())
        assert is_reported == (case.number in DEATHS), said


def wait_for_arrival(trial: Any, case: Case) -> None:
    arrived = (trial.home / ARRIVED).exists
    if case.shown:
        trial.wait_for(lambda: trial.modes().get(1049), "the dashboard", SECONDS)
        trial.wait_for(arrived, case.phase, SECONDS)
    else:
        trial.wait_unread(arrived, case.phase, SECONDS)


def end(trial: Any, case: Case) -> None:
    """Send the signal, and let a run that is to stop go on to where it can."""
    if case.number in DEATHS:
        os.kill(trial.trainer, case.number)
        return
    trial.signal(case.number)
    # Handlers run within half a second; a run that has gone on before would stop no less.
    time.sleep(0.1)
    (trial.home / GO_ON).touch()


def assert_run_left(trial: Any, case: Case) -> None:
    """The status says how it ended, and what was to be saved is."""
    status = trial.status()
    if case.phase in WITHOUT_RUN and case.number in DEATHS:
        assert status == {}
        return
    if case.phase in WITHOUT_RUN and not status:
        return
    reason = "stopped" if case.number == signal.SIGUSR1 else f"signal {case.number:d}"
    phase = "failed" if case.number in DEATHS else "stopped"
    assert (status["exit_code"], status["exit_reason"]) == (case.exit_code, reason)
    assert status["phase"] == phase
    if case.number not in DEATHS and trial.steps():
        assert trial.checkpoint(trial.last_step()).step == trial.last_step()


def program_in(folder: Path) -> Program:
    images, labels = draw_digits(IMAGES, 1, ignore)
    (folder / "home").mkdir()
    return Program(folder / "home", write_idx_folder(folder / "digits", images, labels))


def chosen(words: list[str]) -> Iterator[Case]:
    """The cases whose names have all of these words in them."""
    return (case for case in CASES if all(word in case.name.split("-") for word in words))


def main() -> int:
    """Check the cases, and print a line for each; returns how many failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="words of the cases' names")
    only = parser.parse_args().only
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        program = program_in(Path(folder))
        for case in chosen(only):
            began = time.monotonic()
            try:
                check(program, case)
                result = "as it should be"
            except (AssertionError, KeyError, OSError) as error:
                failed += 1
                result = f"FAILED: {error!r}"
            seconds = time.monotonic() - began
            sys.stdout.write(f"{case.name:<40} {case.exit_code:4} {seconds:6.1f} s  {result}\n")
            sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
