"""A run that has ended moves to the trash, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.errors import CheckpointError, RunLockedError, StorageError, UsageError
from gan.events import Phase
from gan.run import claim_record
from gan.run.catalogue import Catalogue
from gan.run.claim_record import ClaimRecord
from gan.run.liveness import SILENT_SECONDS
from gan.run.lock import RunLock
from gan.run.status import read_status
from gan.run.trash import move_to_trash
from tests.gan.run.recorded import ELSEWHERE, GONE, HERE, TRAINING, recorded, write_status

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run_facts.summary import RunSummary


@pytest.mark.parametrize(
    "progress",
    [TRAINING, replace(TRAINING, phase=Phase.STOPPED, exit_code=75)],
    ids=["died", "stopped"],
)
def test_a_run_that_is_over_moves_with_all_that_it_has(tmp_path: Path, progress: Any) -> None:
    run = recorded(tmp_path, progress, GONE)
    former, files = run.path, {path.name for path in run.path.iterdir()}

    path = move_to_trash(run)

    assert path == run.path == tmp_path / "trash" / former.name
    assert not former.exists()
    assert files <= {one.name for one in path.iterdir()}
    assert (tmp_path / "trash").stat().st_mode & 0o777 == 0o700


def test_two_runs_of_one_name_both_stay_in_the_trash(tmp_path: Path) -> None:
    names = [move_to_trash(recorded(tmp_path)).name for _ in range(3)]
    assert names == ["00001-mlp-mnist", "00001-mlp-mnist-2", "00001-mlp-mnist-3"]


@pytest.mark.parametrize(
    ("process", "why"),
    [(HERE, "it is being trained"), (ELSEWHERE, "whether a process trains it is not known here")],
)
def test_a_run_that_may_be_trained_stays(tmp_path: Path, process: Any, why: str) -> None:
    run = recorded(tmp_path, TRAINING, process)
    with pytest.raises(UsageError, match=why):
        move_to_trash(run)
    assert run.path.is_dir()
    assert not (tmp_path / "trash").exists()


class TestOfAnotherMachine:
    """Its process may have died there, and nobody can say so."""

    def seen(self, runs: Path, after: float) -> RunSummary:
        """The run as a table shows it that has looked at it for so many seconds."""
        now = 0.0
        catalogue = Catalogue(runs, clock=lambda: now)
        catalogue.look()
        now += after
        (summary,) = catalogue.look()
        return summary

    def test_one_that_was_seen_silent_moves(self, tmp_path: Path) -> None:
        run = recorded(tmp_path, TRAINING, ELSEWHERE)
        assert move_to_trash(run, self.seen(tmp_path, SILENT_SECONDS)).is_dir()

    def test_its_claim_is_taken_over(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a network file system it outlives its machine."""
        monkeypatch.setattr(claim_record, "file_system_of", lambda _: "nfs4")
        run = recorded(tmp_path, TRAINING, ELSEWHERE)
        claim = replace(ClaimRecord.new(run.path), process=ELSEWHERE)
        run.claim_path.mkdir()
        (run.claim_path / "000001.json").write_bytes(claim.encode())
        seen = self.seen(tmp_path, SILENT_SECONDS)

        assert move_to_trash(run, seen).is_dir()

    @pytest.mark.parametrize("after", [None, SILENT_SECONDS - 1])
    def test_one_that_was_not_watched_for_long_enough_stays(
        self, tmp_path: Path, after: float | None
    ) -> None:
        run = recorded(tmp_path, TRAINING, ELSEWHERE)
        seen = None if after is None else self.seen(tmp_path, after)

        with pytest.raises(UsageError, match=r"on node-17: end it there, .* silent, after 15 s"):
            move_to_trash(run, seen)
        assert list(run.path.glob("claim/*")) == []

    def test_one_that_was_heard_of_since_stays_and_keeps_its_claim(self, tmp_path: Path) -> None:
        run = recorded(tmp_path, TRAINING, ELSEWHERE)
        seen = self.seen(tmp_path, SILENT_SECONDS)
        write_status(run, read_status(run) | {"heartbeat": 1.0, "sequence": 2})

        with pytest.raises(UsageError, match="not known here"):
            move_to_trash(run, seen)
        assert list(run.path.glob("claim/*")) == []

    def test_a_silent_process_of_this_machine_is_known_to_live(self, tmp_path: Path) -> None:
        run = recorded(tmp_path, TRAINING, HERE)

        with pytest.raises(UsageError, match="it is being trained"):
            move_to_trash(run, self.seen(tmp_path, SILENT_SECONDS))


def test_so_does_one_whose_status_is_damaged_or_missing(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    write_status(run, "{")
    with pytest.raises(StorageError, match="is not JSON"):
        move_to_trash(run)
    run.status_path.unlink()
    with pytest.raises(UsageError, match=r"not known here.* move the folder yourself"):
        move_to_trash(run)
    assert run.path.is_dir()


def test_one_that_a_process_is_about_to_resume_stays(tmp_path: Path) -> None:
    """Until its first heartbeat the status is that of the process before."""
    run = recorded(tmp_path)
    with RunLock(run), pytest.raises(RunLockedError):
        move_to_trash(run)
    assert run.path.is_dir()


def test_the_lock_is_held_while_it_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded(tmp_path)

    def refused(*_: object) -> None:
        with pytest.raises(RunLockedError):
            RunLock(run).acquire()
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.PosixPath.rename", refused)
    with pytest.raises(StorageError, match="cannot move to the trash"):
        move_to_trash(run)
    RunLock(run).acquire()
    assert list((tmp_path / "trash").iterdir()) == []


def test_a_link_to_a_run_stays(tmp_path: Path) -> None:
    run = recorded(tmp_path / "elsewhere")
    link = tmp_path / "linked"
    link.symlink_to(run.path)
    with pytest.raises(UsageError, match="is a link"):
        move_to_trash(replace(run, path=link))
    assert link.is_symlink()


def test_no_run_moves_into_a_run_called_trash(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    (tmp_path / "trash").mkdir()
    (tmp_path / "trash" / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="is a run, not a folder of runs"):
        move_to_trash(run)


def test_a_file_called_trash_is_said(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    (tmp_path / "trash").write_text("")
    with pytest.raises(StorageError, match="trash: File exists"):
        move_to_trash(run)
    assert run.path.is_dir()
