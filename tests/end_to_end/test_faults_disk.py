"""What a disk can do to a run, with the real program: it fills up, is read-only, or is gone.

A full disk is made by the kernel's own limit on the size of a file, which it sets on the running
process and takes away again: small files are still written then, as on a disk that is all but full.
"""

from __future__ import annotations

import resource
import shutil
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from gan import events
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.launcher import FAULT_STEP
from tests.end_to_end.trials import FOR_EVER, SOON, Dashboard, Headless, assert_given_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.conftest import Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not hasattr(resource, "prlimit"), reason="limits of another process are Linux's"
    ),
]

STORAGE_CODE = 74
FULL_BYTES = 4096
"""More than the status file, less than the log and a checkpoint."""

STEPS = 40


@dataclass
class Starved:
    """What a run with a dashboard showed while its disk failed."""

    faults: dict[str, str] = field(default_factory=dict)
    """As `status.json` has it: what is not written, and why."""

    full_screen: str = ""
    steps_while_full: int = 0
    recovered_screen: str = ""
    steps_logged: list[int] = field(default_factory=list)
    saved_again: bool = False
    gone_screen: str = ""
    exit_code: int = 0
    said: str = ""


def limit_files(trial: Dashboard, limit: int) -> None:
    """The most bytes that the process can make a file of from now on."""
    _, most = resource.prlimit(trial.trainer, resource.RLIMIT_FSIZE)
    resource.prlimit(trial.trainer, resource.RLIMIT_FSIZE, (limit, most))


def fill_disk(trial: Dashboard, seen: Starved) -> None:
    """Until the screen and the status say so; meanwhile a checkpoint is asked for."""
    trial.wait_for(lambda: trial.run.log_path.stat().st_size > FULL_BYTES, "a log", SOON)
    limit_files(trial, FULL_BYTES)
    trial.wait_for_text("TRAINING, DISK FAILING", SOON)
    trial.send("s")
    trial.wait_for(lambda: {"log", "checkpoint"} <= set(told_faults(trial)), "both faults", SOON)
    seen.faults = told_faults(trial)
    before = trial.status()["step"]
    trial.wait_for(lambda: trial.status()["step"] > before, "steps", SOON)
    seen.steps_while_full = trial.status()["step"] - before
    seen.full_screen = trial.text


def told_faults(trial: Dashboard) -> dict[str, str]:
    return dict(trial.status()["faults"])


def free_disk(trial: Dashboard, seen: Starved) -> None:
    """Until the checkpoint that failed has been tried again, unasked."""
    limit_files(trial, resource.RLIM_INFINITY)
    trial.wait_for(lambda: not told_faults(trial), "no faults", SOON)
    trial.wait_for_text(" TRAINING ", SOON)
    seen.saved_again = bool(trial.saved_steps())
    seen.recovered_screen = trial.text
    seen.steps_logged = trial.steps()


def lose_directory(trial: Dashboard, seen: Starved) -> None:
    """The folder is deleted, and another takes its place; then the run is asked to stop."""
    other = trial.run.path.with_name("other")
    other.mkdir()
    (other / "kept").write_text("of somebody else")
    # The run makes its folder again, unless another one is in its place by then.
    shutil.rmtree(trial.run.path)
    other.rename(trial.run.path)
    trial.wait_for_text("TRAINING, DISK FAILING", SOON)
    shown = shown_step(trial)
    trial.wait_for(lambda: shown_step(trial) > shown, "steps on the screen", SOON)
    seen.gone_screen = trial.text
    trial.signal(signal.SIGTERM)
    seen.exit_code = trial.wait_for_end(SOON)
    seen.said = trial.left_behind


def shown_step(trial: Dashboard) -> int:
    """The step on the status line; there is no other witness left."""
    line = next((row for row in trial.text.splitlines() if " step " in row and "/" in row), "")
    number = line.partition(" step ")[2].partition("/")[0].strip().replace(",", "")
    return int(number) if number.isdecimal() else 0


@pytest.fixture(scope="module")
def starved(program: Program) -> Iterator[tuple[Dashboard, Starved]]:
    seen = Starved()
    with Dashboard(program, "starved", *FOR_EVER, fault="impatient") as trial:
        trial.wait_for_training()
        fill_disk(trial, seen)
        free_disk(trial, seen)
        lose_directory(trial, seen)
        yield trial, seen


class TestFull:
    def test_the_training_goes_on(self, starved: tuple[Dashboard, Starved]) -> None:
        assert starved[1].steps_while_full > 0

    def test_the_status_names_what_is_not_written_and_why(
        self, starved: tuple[Dashboard, Starved]
    ) -> None:
        faults = starved[1].faults

        assert "events.jsonl: File too large" in faults["log"]
        assert "File too large" in faults["checkpoint"]

    def test_the_screen_says_that_the_disk_fails(self, starved: tuple[Dashboard, Starved]) -> None:
        header = starved[1].full_screen.splitlines()[0]

        assert "TRAINING, DISK FAILING" in header

    def test_it_recovers_when_there_is_space(self, starved: tuple[Dashboard, Starved]) -> None:
        seen = starved[1]

        assert "DISK FAILING" not in seen.recovered_screen
        assert seen.saved_again

    def test_then_no_step_is_missing_in_the_log(self, starved: tuple[Dashboard, Starved]) -> None:
        steps = starved[1].steps_logged

        assert steps == list(range(1, len(steps) + 1))


class TestDeleted:
    def test_the_training_goes_on_without_its_directory(
        self, starved: tuple[Dashboard, Starved]
    ) -> None:
        """That later steps were seen on the screen is what the watching waited for."""
        assert "TRAINING, DISK FAILING" in starved[1].gone_screen.splitlines()[0]

    def test_a_last_save_that_fails_is_an_input_output_error(
        self, starved: tuple[Dashboard, Starved]
    ) -> None:
        trial, seen = starved

        assert seen.exit_code == STORAGE_CODE
        assert "another one that isn't empty is in its place" in " ".join(seen.said.split())
        assert "Traceback" not in seen.said
        assert_given_back(trial)
        assert not trial.has_processes()

    def test_nothing_is_written_into_the_other_folder(
        self, starved: tuple[Dashboard, Starved]
    ) -> None:
        assert [path.name for path in starved[0].run.path.iterdir()] == ["kept"]


REFUSALS = {
    "read_only": "Read-only file system",
    "io_error": "Input/output error",
    "forbidden": "Permission denied",
}
"""FaultReporter, and what the system says of each."""


class TestRefusedCheckpoints:
    @pytest.fixture(scope="class", params=REFUSALS)
    def said(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture(scope="class")
    def ended(self, program: Program, said: str) -> Iterator[tuple[Headless, int]]:
        """Every checkpoint is refused, to the last."""
        words = ("--steps", str(STEPS), "--sample-every", "off", "--checkpoint-every", "10")
        with Headless(program, said, *words, fault=said) as trial:
            yield trial, trial.wait_for_end(SECONDS)

    def test_every_step_is_made_all_the_same(self, ended: tuple[Headless, int]) -> None:
        trial, _ = ended

        assert trial.steps() == list(range(1, STEPS + 1))

    def test_the_end_is_an_input_output_error(self, ended: tuple[Headless, int]) -> None:
        trial, code = ended

        assert code == STORAGE_CODE
        assert trial.status()["exit_reason"] == "storage"
        assert "Traceback" not in trial.said.read_text()

    def test_it_is_told_once_and_by_name(self, ended: tuple[Headless, int], said: str) -> None:
        trial, _ = ended
        (fault,) = trial.of_kind(events.StorageFaulted)

        assert fault.what == "checkpoint"
        assert REFUSALS[said] in fault.message
        assert REFUSALS[said] in trial.status()["error"]
        assert trial.said.read_text().count("checkpoint: cannot") == 1

    def test_nothing_half_written_is_left(self, ended: tuple[Headless, int]) -> None:
        trial, _ = ended

        assert list(trial.run.checkpoints_path.iterdir()) == []


class TestFailingLog:
    @pytest.fixture(scope="class")
    def ended(self, program: Program) -> Iterator[tuple[Headless, int]]:
        words = ("--steps", "100", "--sample-every", str(FAULT_STEP), "--checkpoint-every", "off")
        with Headless(program, "log-failing", *words, fault="log_failing") as trial:
            yield trial, trial.wait_for_end(SECONDS)

    def test_it_is_told_and_so_is_that_it_is_over(self, ended: tuple[Headless, int]) -> None:
        trial, code = ended
        (fault,) = trial.of_kind(events.StorageFaulted)
        (recovered,) = trial.of_kind(events.StorageRecovered)

        assert code == 0
        assert (fault.what, recovered.what) == ("log", "log")
        assert "Input/output error" in fault.message

    def test_no_step_is_missing_in_it(self, ended: tuple[Headless, int]) -> None:
        assert ended[0].steps() == list(range(1, 101))
