"""Which runs there are, how each of them stands, and what is wrong with some."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.disk.usage import size_on_disk
from gan.errors import StorageError
from gan.events import Phase
from gan.run.catalogue import Catalogue
from gan.run.creation import create_numbered_run
from gan.run.finding import look_up_run
from gan.run.liveness import SILENT_SECONDS
from gan.run_facts.sighting import Liveness
from tests.gan.run.recorded import (
    ELSEWHERE,
    FINISHED,
    GONE,
    HERE,
    NOW,
    TRAINING,
    record_of,
    recorded,
    write_status,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run_facts.summary import RunSummary

PAUSED = replace(TRAINING, phase=Phase.PAUSED)
DIVERGED = replace(TRAINING, phase=Phase.FAILED, exit_code=3, error="a loss is not finite")


class Watched:
    """A folder of runs, looked at with a clock that the test sets."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.seconds = 0.0
        self.catalogue = Catalogue(runs, clock=lambda: self.seconds, now=lambda: NOW)

    def look(self, size_seconds: float = float("inf")) -> list[RunSummary]:
        return self.catalogue.look(size_seconds)

    def only(self) -> RunSummary:
        (found,) = self.look()
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "runs")


def test_a_run_that_ended_is_described_by_its_status(watched: Watched) -> None:
    run = recorded(watched.runs)

    found = watched.only()

    assert (found.name, found.path) == (run.name, run.path)
    assert (found.state, found.liveness) == ("finished", Liveness.ENDED)
    assert (found.preset, found.data) == ("mlp", "mnist")
    assert (found.step, found.total_steps) == (11_700, 11_700)
    assert (found.d_loss, found.g_loss) == (0.693, 1.234)
    assert (found.fd, found.best_fd, found.best_fd_step) == (9.77, 8.21, 800)
    assert found.age_seconds == 60.0
    assert (found.exit_code, found.exit_reason) == (0, "completed")
    assert found.problems == ()


@pytest.mark.parametrize(
    ("progress", "process", "state"),
    [
        (TRAINING, HERE, "training"),
        (PAUSED, HERE, "paused"),
        (replace(PAUSED, diverged_step=1300), HERE, "diverged, waiting"),
        (replace(TRAINING, phase=Phase.COMPILING), HERE, "compiling"),
        (TRAINING, GONE, "died"),
        (TRAINING, ELSEWHERE, "not known yet"),
        (FINISHED, ELSEWHERE, "finished"),
        (replace(TRAINING, phase=Phase.STOPPED, exit_code=75), GONE, "stopped"),
        (replace(TRAINING, phase=Phase.FAILED, exit_code=1), GONE, "failed"),
        (DIVERGED, GONE, "diverged"),
    ],
)
def test_its_state_is_in_words(watched: Watched, progress: Any, process: Any, state: str) -> None:
    recorded(watched.runs, progress, process)
    assert watched.only().state == state


@pytest.mark.parametrize(
    ("progress", "process", "speed"),
    [(TRAINING, HERE, 94.0 * 256), (PAUSED, HERE, None), (TRAINING, GONE, None)],
)
def test_a_run_has_a_speed_only_while_it_trains(
    watched: Watched, progress: Any, process: Any, speed: float | None
) -> None:
    recorded(watched.runs, progress, process)
    assert watched.only().images_per_second == speed


def test_a_loop_without_a_batch_size_has_no_speed_in_images(watched: Watched) -> None:
    recorded(watched.runs, replace(TRAINING, program="train.py", batch_size=0), HERE)

    found = watched.only()
    assert (found.images_per_second, found.steps_per_second) == (None, 94.0)


def test_a_run_of_another_machine_is_live_once_it_is_seen_to_change(watched: Watched) -> None:
    run = recorded(watched.runs, TRAINING, ELSEWHERE)
    assert watched.only().state == "not known yet"

    watched.seconds = 1.0
    write_status(run, record_of(TRAINING, ELSEWHERE, sequence=6))
    assert watched.only().state == "training"

    watched.seconds = 1.0 + SILENT_SECONDS
    silent = watched.only()
    assert silent.state == f"silent for {SILENT_SECONDS:.0f} s"
    assert not silent.has_ended


def test_the_newest_come_first_and_live_ones_before_all_others(watched: Watched) -> None:
    recorded(watched.runs, TRAINING, HERE, label="live", age=300.0)
    recorded(watched.runs, age=50.0, label="old")
    recorded(watched.runs, age=10.0, label="new")
    recorded(watched.runs, PAUSED, HERE, label="live", age=400.0)

    names = [found.name for found in watched.look()]

    assert names == ["00004-live", "00001-live", "00003-new", "00002-old"]


def test_before_its_status_a_run_is_described_by_its_configuration(watched: Watched) -> None:
    recorded(watched.runs).status_path.unlink()

    found = watched.only()

    assert (found.state, found.preset, found.data) == ("not known yet", "tutorial", "synthetic")
    assert found.heard_at == pytest.approx(time.time(), abs=60)
    assert found.problems == ()


def test_a_run_that_was_killed_before_its_configuration_is_listed(watched: Watched) -> None:
    run = create_numbered_run(watched.runs, "mlp-mnist")
    assert (watched.only().name, watched.only().state) == (run.name, "not known yet")


def test_what_is_no_run_is_not_listed(watched: Watched) -> None:
    run = recorded(watched.runs)
    (watched.runs / "notes").mkdir()
    (watched.runs / "notes" / "today.txt").write_text("a note")
    (watched.runs / "00099-a-file").write_text("config.json")
    (watched.runs / ".00002").mkdir()
    (watched.runs / "nowhere").symlink_to("missing")
    (watched.runs / "circle").symlink_to("circle")
    trash = watched.runs / "trash"
    trash.mkdir()
    run.path.rename(trash / run.name)
    # Even if somebody trains in it.
    (trash / "config.json").write_text("{}")

    assert watched.look() == []


def test_the_trash_has_no_number(watched: Watched) -> None:
    (watched.runs / "trash").mkdir(parents=True)
    recorded(watched.runs / "trash", label="in-it")
    recorded(watched.runs / "trash", label="in-it")

    assert recorded(watched.runs).name == "00001-mlp-mnist"
    assert look_up_run(watched.runs, "trash") is None


def test_a_run_behind_a_link_is_listed(watched: Watched, tmp_path: Path) -> None:
    run = recorded(tmp_path / "elsewhere")
    watched.runs.mkdir()
    (watched.runs / "linked").symlink_to(run.path)

    assert watched.only().name == "linked"
    assert watched.only().size_bytes == size_on_disk(run.path)


def test_no_folder_has_no_runs(watched: Watched) -> None:
    assert watched.look() == []


def test_a_folder_that_cannot_be_read_is_one_error(watched: Watched) -> None:
    watched.runs.write_text("a file")
    with pytest.raises(StorageError, match="Not a directory"):
        watched.look()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"phase": "fin', "status.json is not JSON: Unterminated string"),
        ("[1, 2]", "status.json: expected an object, received [1, 2]"),
        ('{"a": 1, "a": 2}', "status.json is not JSON: received the key 'a' more than once"),
        ("[" * 5000, "status.json is not JSON: nested too deeply"),
    ],
)
def test_a_damaged_status_is_a_row_that_says_so(
    watched: Watched, content: str, problem: str
) -> None:
    write_status(recorded(watched.runs), content)
    recorded(watched.runs, label="whole", age=1.0)

    whole, damaged = sorted(watched.look(), key=lambda run: run.state != "finished")

    assert whole.name == "00002-whole"
    assert damaged.state == "damaged"
    assert damaged.problems[0].startswith(problem)
    assert not damaged.has_ended
    # What its configuration says is still shown.
    assert damaged.preset == "tutorial"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "config.json is not JSON"),
        ('{"schema_version": "new"}', "config.json: received schema_version 'new'"),
        (
            '{"schema_version": 2, "config": [], "created": 7}',
            "config.json: received config [], expected an object",
        ),
    ],
)
def test_a_damaged_configuration_is_said_and_the_status_shown(
    watched: Watched, content: str, problem: str
) -> None:
    recorded(watched.runs).config_path.write_text(content)

    found = watched.only()

    assert (found.state, found.step) == ("finished", 11_700)
    assert any(problem in said for said in found.problems), found.problems


def test_a_run_with_nothing_but_a_damaged_configuration_is_damaged(watched: Watched) -> None:
    run = recorded(watched.runs)
    run.status_path.unlink()
    run.config_path.write_text("{")
    assert watched.only().state == "damaged"


def test_a_run_of_a_newer_version_names_what_is_not_known_and_shows_the_rest(
    watched: Watched,
) -> None:
    recorded(watched.runs, schema_version=7, mood="good", weather=3)

    found = watched.only()

    assert (found.state, found.step) == ("finished", 11_700)
    (problem,) = found.problems
    assert problem == (
        "status.json has schema_version 7, newer than this program's 1: shown as far as it is "
        "known, without mood, weather, which it doesn't know"
    )


def test_a_newer_configuration_is_said_too(watched: Watched) -> None:
    run = recorded(watched.runs)
    record = json.loads(run.config_path.read_text())
    record |= {"schema_version": 9, "moon": "full", "config": {**record["config"], "wings": 2}}
    run.config_path.write_text(json.dumps(record))

    (problem,) = watched.only().problems

    assert problem.startswith("config.json has schema_version 9")
    assert "without moon, wings" in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step", "many"),
        ("step", -1),
        ("step", 1.5),
        ("step", 10**400),
        ("total_steps", True),
        ("d_loss", "low"),
        ("g_loss", 10**400),
        ("fd", [1]),
        ("heartbeat", "now"),
        ("heartbeat", 10**300),
        ("preset", 5),
        ("phase", {"of": "the moon"}),
        ("faults", "some"),
        ("error", 3.5),
        ("exit_reason", False),
        ("schema_version", None),
    ],
)
def test_a_field_of_a_wrong_kind_is_said_and_the_others_shown(
    watched: Watched, name: str, value: Any
) -> None:
    recorded(watched.runs, **{name: value})

    found = watched.only()

    assert found.liveness is Liveness.ENDED
    (problem,) = found.problems
    assert problem.startswith(f"status.json: received {name} ")
    assert len(problem) < 200
    json.dumps(found.to_json(), allow_nan=False)


def test_a_status_that_is_a_pipe_or_a_link_waits_for_nobody(watched: Watched) -> None:
    run = recorded(watched.runs)
    run.status_path.unlink()
    os.mkfifo(run.status_path)
    assert watched.only().state == "damaged"

    run.status_path.unlink()
    run.status_path.symlink_to("/dev/zero")
    found = watched.only()
    assert found.state == "damaged"
    assert found.problems == ("cannot read status.json: it is a symbolic link",)


def test_a_status_that_is_far_too_large_is_damaged_and_no_matter_of_limits(
    watched: Watched,
) -> None:
    recorded(watched.runs).status_path.write_bytes(b" " * (1 << 21))

    found = watched.only()

    assert found.state == "damaged"
    (problem,) = found.problems
    assert problem.startswith("cannot read status.json: it holds 2,097,152 bytes")
    assert "ulimit" not in problem


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_run_that_may_not_be_read_is_a_row_that_says_so(watched: Watched) -> None:
    run = recorded(watched.runs)
    run.path.chmod(0)
    try:
        found = watched.only()
    finally:
        run.path.chmod(0o700)
    assert found.state == "unreadable"
    assert found.size_bytes is None
    (problem,) = found.problems
    assert problem.startswith("cannot read status.json: Permission denied")


def test_a_disk_fault_is_a_problem(watched: Watched) -> None:
    faults = (("checkpoints", "No space left on device."),)
    recorded(watched.runs, replace(TRAINING, faults=faults), HERE)
    assert watched.only().problems == ("checkpoints: No space left on device.",)


def test_a_clock_that_is_ahead_makes_no_run_younger_than_now(watched: Watched) -> None:
    recorded(watched.runs, TRAINING, ELSEWHERE, age=-3600.0)
    assert watched.only().age_seconds == 0.0


def test_a_status_is_read_anew_at_each_look(watched: Watched) -> None:
    run = recorded(watched.runs, TRAINING, HERE)
    before = run.status_path.stat()
    assert watched.only().step == 1200

    # As a cache of attributes would have it: another content, and the same size and time.
    text = run.status_path.read_text().replace('"step": 1200', '"step": 1300')
    run.status_path.write_text(text)
    os.utime(run.status_path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert watched.only().step == 1300


def test_a_run_that_vanishes_is_gone_at_the_next_look(watched: Watched) -> None:
    run = recorded(watched.runs)
    recorded(watched.runs)
    assert len(watched.look()) == 2

    run.path.rename(watched.runs / ".hidden")

    assert watched.only().name == "00002-mlp-mnist"


class TestSizes:
    def test_all_files_count_and_links_lead_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "file").write_bytes(b"x" * 100_000)
        (tmp_path / "link").symlink_to("/usr")
        paths = [tmp_path / "folder", tmp_path / "folder" / "file", tmp_path / "link"]

        found = size_on_disk(tmp_path)

        assert found is not None
        assert found == sum(path.lstat().st_blocks * 512 for path in paths) >= 100_000

    def test_a_folder_that_is_gone_takes_nothing(self, tmp_path: Path) -> None:
        assert size_on_disk(tmp_path / "missing") == 0

    def test_a_folder_that_cannot_be_read_has_no_size(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        assert size_on_disk(tmp_path / "file") is None

    def test_what_there_is_no_time_for_has_its_turn_at_the_next_look(
        self, watched: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            recorded(watched.runs)

        def slow(path: Path) -> int:
            assert path.is_dir()
            watched.seconds += 1.0
            return 512

        monkeypatch.setattr("gan.run.catalogue.size_on_disk", slow)
        known = [
            sum(run.size_bytes == 512 for run in watched.look(size_seconds=0.5)) for _ in range(4)
        ]

        assert known == [1, 2, 3, 3]

    def test_a_live_run_is_measured_again_and_one_that_ended_is_not(
        self, watched: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recorded(watched.runs, TRAINING, HERE, label="live")
        recorded(watched.runs, label="ended")
        measured: list[str] = []
        monkeypatch.setattr(
            "gan.run.catalogue.size_on_disk", lambda path: measured.append(path.name)
        )
        for seconds in (0.0, 1.0, 20.0):
            watched.seconds = seconds
            watched.look()

        assert sorted(measured) == ["00001-live", "00001-live", "00002-ended"]


@pytest.mark.slow
def test_a_thousand_runs_of_forty_files_take_less_than_a_second(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    run = recorded(runs)
    for number in range(14):
        for suffix in ("png", "npz"):
            (run.samples_path / f"{number:06d}.{suffix}").write_bytes(b"x" * 100)
    for number in range(3):
        folder = run.checkpoints_path / f"step-{number:08d}"
        folder.mkdir()
        for name in ("state.npz", "manifest.json"):
            (folder / name).write_bytes(b"x" * 100)
    for number in range(2, 1001):
        _copy(run.path, runs / f"{number:05d}-mlp-mnist")

    # Of the processor: other programs don't count.
    began = time.process_time()
    found = Catalogue(runs).look()

    assert time.process_time() - began < 1.0
    assert len(found) == 1000
    assert all(run.size_bytes for run in found)


def _copy(source: Path, target: Path) -> None:
    """A copy of a folder whose files are links to those of the first: as many names to look at."""
    target.mkdir()
    for path in source.iterdir():
        if path.is_dir():
            _copy(path, target / path.name)
        else:
            os.link(path, target / path.name)
