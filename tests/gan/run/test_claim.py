"""The claim: one process per run, also where `flock` holds on one machine only."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gan.disk import process
from gan.disk.process import ProcessIdentity
from gan.errors import RunLockedError, StorageError
from gan.progress import RunProgress
from gan.run import claim_chain, claim_record, lock
from gan.run.claim import TakeOver
from gan.run.claim_record import HELD, RELEASED, ClaimRecord
from gan.run.creation import create_run
from gan.run.lock import LockedFiles, RunLock
from gan.run.status import StatusFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.run.directory import RunDirectory

HERE, SHARED = "ext4", "nfs4"
"""File systems of this machine alone, and of several."""


@pytest.fixture(autouse=True)
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the run be on a file system of this type; a shared one unless a test says otherwise."""

    def put(kind: str) -> None:
        monkeypatch.setattr(claim_record, "file_system_of", lambda _: kind)

    put(SHARED)
    return put


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process gets the `flock`, as those of other hosts do."""
    monkeypatch.setattr(lock.fcntl, "flock", lambda *_: None)


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def record(run: RunDirectory, **of_process: Any) -> ClaimRecord:
    """A record as another process would write it."""
    new = ClaimRecord.new(run.path)
    fields = {name: of_process.pop(name) for name in list(of_process) if hasattr(new, name)}
    return replace(new, process=replace(new.process, **of_process), **fields)


def elsewhere(run: RunDirectory, **fields: Any) -> ClaimRecord:
    """A record of a process on another host."""
    return record(run, **{"host": "node7", "boot_id": "another", "machine_id": "other", **fields})


def left(run: RunDirectory, claim: ClaimRecord, number: int = 1) -> Path:
    """Have a process have left its claim."""
    run.claim_path.mkdir(exist_ok=True)
    path = run.claim_path / f"{number:06d}.json"
    path.write_bytes(claim.encode())
    return path


def names(run: RunDirectory) -> list[str]:
    return sorted(path.name for path in run.claim_path.iterdir())


def content(run: RunDirectory, number: int = 1) -> dict[str, Any]:
    return json.loads((run.claim_path / f"{number:06d}.json").read_bytes())


def taking_over(
    wait: Callable[[float], None] = lambda _: None, note: Callable[[str], None] = lambda _: None
) -> TakeOver:
    return TakeOver(wait, note)


class TestHolding:
    def test_the_claim_says_who_holds_it(self, run: RunDirectory) -> None:
        with RunLock(run):
            held = content(run)
            assert stat.S_IMODE((run.claim_path / "000001.json").stat().st_mode) == 0o600

        assert ProcessIdentity.from_json(held).is_same_as(ProcessIdentity.current())
        assert (held["released"], held["file_system"]) == (False, SHARED)

    def test_a_released_claim_says_so_and_the_next_one_follows_it(self, run: RunDirectory) -> None:
        with RunLock(run):
            pass
        assert content(run)["released"] is True

        with RunLock(run):
            assert names(run) == ["000001.json", "000002.json"]

    def test_a_released_claim_of_another_host_is_free(self, run: RunDirectory) -> None:
        claim = left(run, elsewhere(run))
        claim.write_bytes(claim.read_bytes().replace(HELD, RELEASED))

        with RunLock(run):
            assert content(run, 2)["pid"] == os.getpid()

    def test_a_run_of_an_older_version_has_none_and_gets_one(self, run: RunDirectory) -> None:
        assert not run.claim_path.exists()

        with RunLock(run):
            assert names(run) == ["000001.json"]

    def test_only_the_last_few_records_are_kept(self, run: RunDirectory) -> None:
        for _ in range(9):
            with RunLock(run):
                pass
        (run.claim_path / ".000009.json.tmp-1-ab").touch()
        with RunLock(run):
            assert names(run) == [f"{number:06d}.json" for number in range(6, 11)]

    def test_a_full_disk_does_not_keep_it_from_being_released(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        held = RunLock(run)
        held.acquire()
        monkeypatch.setattr(claim_chain, "write_new", refuse)
        held.release()

        assert content(run)["released"] is True

    def test_a_claim_that_cannot_be_written_leaves_the_run_unlocked(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as full:
            full.setattr(claim_chain, "write_new", refuse)
            with pytest.raises(StorageError, match=r"cannot claim the run in .*/claim: No space"):
                RunLock(run).acquire()

        with RunLock(run):
            pass

    def test_a_claim_that_is_no_folder_is_a_storage_error(self, run: RunDirectory) -> None:
        run.claim_path.write_text("mine")

        with pytest.raises(StorageError, match=r"cannot claim the run in .*/claim: "):
            RunLock(run).acquire()
        assert run.claim_path.read_text() == "mine"


@pytest.mark.usefixtures("no_flock")
class TestWithoutFlock:
    def test_a_live_process_of_this_boot_keeps_it(self, run: RunDirectory) -> None:
        with RunLock(run):
            with pytest.raises(RunLockedError, match=f"in use by process {os.getpid()} on ") as no:
                RunLock(run, take_over=taking_over()).acquire()
            assert "Stop that process" in str(no.value)
            assert names(run) == ["000001.json"]

    def test_a_dead_process_of_this_boot_loses_it_at_once(self, run: RunDirectory) -> None:
        left(run, record(run, pid=dead_pid()))

        with RunLock(run) as held:
            assert (names(run), held.warnings) == (["000001.json", "000002.json"], [])

    def test_a_process_that_nobody_asked_how_it_ended_loses_it(self, run: RunDirectory) -> None:
        child = subprocess.Popen([sys.executable, "-c", ""])
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.is_zombie(child.pid)
        left(run, record(run, pid=child.pid, start_ticks=process.start_ticks(child.pid)))

        with RunLock(run):
            child.wait()

    def test_another_process_with_a_reused_id_does_not_keep_it(self, run: RunDirectory) -> None:
        left(run, record(run, start_ticks=1))

        with RunLock(run):
            pass

    def test_a_reboot_ends_it(self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "machine_id", lambda: "this machine")
        left(run, record(run, boot_id="the boot before"))

        with RunLock(run):
            pass

    @pytest.mark.parametrize("fields", [{}, {"pid": 2**31 - 1}, {"machine_id": ""}])
    def test_a_process_on_another_host_keeps_it(
        self, run: RunDirectory, fields: dict[str, Any]
    ) -> None:
        claim = elsewhere(run, started=0.0, **fields)
        left(run, claim)

        with pytest.raises(RunLockedError) as refused:
            RunLock(run).acquire()

        text = str(refused.value)
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(0))
        assert f"{run.path} is in use by process {claim.process.pid} on node7 since {since}" in text
        assert "Stop it there" in text
        assert "resume the run with --take-over" in text
        assert names(run) == ["000001.json"]

    @pytest.mark.parametrize("text", [b"", b"nonsense", b"[]", b"{}", b'{"released": true , '])
    def test_a_damaged_claim_is_held_by_whoever_it_was(
        self, run: RunDirectory, text: bytes
    ) -> None:
        left(run, elsewhere(run)).write_bytes(text)

        with pytest.raises(RunLockedError, match=r"claim/000001.json .* is damaged.*--take-over"):
            RunLock(run).acquire()

    @pytest.mark.parametrize(
        "damage",
        [{"host": 1}, {"pid": "1"}, {"token": None}, {"started": float("nan")}, {"started": 1e300}],
    )
    def test_a_claim_with_a_wrong_field_is_damaged(
        self, run: RunDirectory, damage: dict[str, Any]
    ) -> None:
        path = left(run, elsewhere(run))
        path.write_text(json.dumps({**content(run), **damage}))

        with pytest.raises(RunLockedError, match="is damaged"):
            RunLock(run).acquire()

    @pytest.mark.parametrize("kind", ["folder", "link", "pipe", "large"])
    def test_what_is_no_file_of_a_claim_is_damaged(self, run: RunDirectory, kind: str) -> None:
        path = left(run, elsewhere(run))
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "link":
            path.symlink_to(run.path)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(b" " * 5000)

        with pytest.raises(RunLockedError, match="is damaged"):
            RunLock(run).acquire()
        with RunLock(run, take_over=taking_over()):
            assert names(run) == ["000001.json", "000002.json"]

    def test_an_answer_that_was_lost_does_not_lose_the_claim(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """NFS asks again, and finds the name that it has made itself."""
        link = os.link

        def lose(source: Path, target: Path, **options: Any) -> None:
            link(source, target, **options)
            raise FileExistsError(errno.EEXIST, "File exists")

        monkeypatch.setattr(os, "link", lose)

        with RunLock(run):
            assert names(run) == ["000001.json"]

    @pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
    def test_a_file_system_without_links_will_do(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(number, "no links")

        monkeypatch.setattr(os, "link", refuse)

        with RunLock(run), pytest.raises(RunLockedError):
            RunLock(run).acquire()
        assert (names(run), content(run)["released"]) == (["000001.json"], True)

    def test_whoever_saw_an_old_list_gives_up(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The number that it creates was used and removed before."""
        with RunLock(run):
            pass
        chain = claim_chain.ClaimChain(run)
        answers = [chain.newest()]
        for _ in range(7):
            with RunLock(run):
                pass
        holder = RunLock(run)
        holder.acquire()
        look = claim_chain.ClaimChain.newest
        monkeypatch.setattr(
            claim_chain.ClaimChain, "newest", lambda self: answers.pop() if answers else look(self)
        )

        with pytest.raises(RunLockedError):
            RunLock(run).acquire()

        assert (content(run, 2)["released"], content(run, 9)["released"]) == (True, False)
        holder.require()
        holder.release()


class TestContainers:
    """Processes of one kernel that cannot see one another's ids."""

    def test_an_id_of_another_container_proves_nothing(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lock.fcntl, "flock", lambda *_: None)
        left(run, record(run, pid=dead_pid(), pid_namespace=1, device=1))

        with pytest.raises(RunLockedError, match="--take-over"):
            RunLock(run).acquire()

    def test_the_flock_of_the_same_kernel_and_mount_does(self, run: RunDirectory) -> None:
        left(run, record(run, host="a1b2c3", pid=7, pid_namespace=1))

        with RunLock(run):
            pass

    def test_without_a_flock_it_does_not(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(lock.fcntl, "flock", refuse)
        left(run, record(run, host="a1b2c3", pid=7, pid_namespace=1))

        with pytest.raises(RunLockedError, match="--take-over"):
            RunLock(run).acquire()


class TestOnADiskOfThisMachine:
    """Whoever lives has the `flock`, so laptops and containers never need `--take-over`."""

    @pytest.fixture(autouse=True)
    def _here(self, on: Callable[[str], None]) -> None:
        on(HERE)

    def test_a_claim_without_its_flock_is_dead(self, run: RunDirectory) -> None:
        left(run, elsewhere(run))

        with RunLock(run) as held:
            assert held.warnings == []

    def test_a_damaged_claim_is_dead(self, run: RunDirectory) -> None:
        left(run, elsewhere(run)).write_bytes(b"")

        with RunLock(run):
            pass

    def test_a_process_that_is_known_to_run_keeps_it(self, run: RunDirectory) -> None:
        """Somebody has deleted the file with its `flock` a moment ago."""
        with RunLock(run):
            run.lock_path.unlink()
            with pytest.raises(RunLockedError, match=f"process {os.getpid()} on"):
                RunLock(run).acquire()

    def test_a_process_that_reaches_the_disk_over_a_network_keeps_it(
        self, run: RunDirectory
    ) -> None:
        """This machine exports the disk, and does not know of that one's `flock`."""
        left(run, elsewhere(run, file_system=SHARED))

        with pytest.raises(RunLockedError, match="--take-over"):
            RunLock(run).acquire()


def test_a_file_system_without_flock_has_the_claim_alone(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", refuse)

    with RunLock(run) as held:
        (warning,) = held.warnings
        assert f"{run.lock_path} can't be locked: No locks available." in warning
        assert "kept out by claim/ alone; don't delete that folder" in warning
        with pytest.raises(RunLockedError):
            RunLock(run).acquire()


class TestTakeOver:
    def test_it_takes_what_another_host_never_released_and_says_from_whom(
        self, run: RunDirectory
    ) -> None:
        claim = elsewhere(run)
        left(run, claim)
        notes: list[str] = []
        waited: list[float] = []

        with RunLock(run, take_over=taking_over(waited.append, notes.append)) as held:
            assert content(run, 2)["pid"] == os.getpid()

        assert held.warnings == [
            f"the run was taken over from {claim.holder}. If that process still runs, stop it."
        ]
        assert notes == [f"watching for 15 s whether the run is still trained by {claim.holder}"]
        assert sum(waited) == 15

    def test_a_run_that_is_free_is_taken_without_a_word(self, run: RunDirectory) -> None:
        with RunLock(run, take_over=taking_over(pytest.fail, pytest.fail)) as held:
            assert held.warnings == []

    def test_a_process_that_still_writes_its_status_is_not_taken_over(
        self, run: RunDirectory
    ) -> None:
        left(run, elsewhere(run))
        status = StatusFile(run, time.time)
        status._identity = elsewhere(run).process
        status.update(RunProgress())

        with pytest.raises(RunLockedError, match=r"still trained by .* on node7 .*Stop that"):
            RunLock(run, take_over=taking_over(lambda _: status.write())).acquire()
        assert names(run) == ["000001.json"]

    def test_a_damaged_status_does_not_keep_it_from_being_taken(self, run: RunDirectory) -> None:
        left(run, elsewhere(run))
        run.status_path.write_bytes(b"\x00")

        with RunLock(run, take_over=taking_over()):
            assert names(run) == ["000001.json", "000002.json"]

    def test_of_two_at_once_one_gets_it(self, run: RunDirectory) -> None:
        """The second was watching the first one's victim."""
        left(run, elsewhere(run))

        def other_takes_it(_: float) -> None:
            if names(run) == ["000001.json"]:
                left(run, elsewhere(run, host="node8"), 2)

        with pytest.raises(RunLockedError, match=r"in use by .* on node8"):
            RunLock(run, take_over=taking_over(other_takes_it)).acquire()
        assert names(run) == ["000001.json", "000002.json"]

    def test_a_claim_that_is_released_meanwhile_is_not_taken_over(self, run: RunDirectory) -> None:
        path = left(run, elsewhere(run))

        def release(_: float) -> None:
            path.write_bytes(path.read_bytes().replace(HELD, RELEASED))

        with RunLock(run, take_over=taking_over(release)) as held:
            assert held.warnings == []


class TestKeeping:
    def test_a_claim_in_place_is_left_alone(self, run: RunDirectory) -> None:
        with RunLock(run) as held:
            before = content(run)
            assert held.keep() == []
            assert (names(run), content(run)) == (["000001.json"], before)

    def test_a_folder_that_is_deleted_is_made_again(self, run: RunDirectory) -> None:
        with RunLock(run) as held:
            before = content(run)
            shutil.rmtree(run.claim_path)
            assert held.keep() == ["claim"]
            assert content(run) == before
            assert held.keep() == []

        assert content(run)["released"] is True

    @pytest.mark.parametrize("kept", [1, 2, 3])
    def test_a_record_that_is_deleted_is_made_again(self, run: RunDirectory, kept: int) -> None:
        for _ in range(3):
            with RunLock(run):
                pass
        with RunLock(run) as held:
            for number in range(kept + 1, 5):
                (run.claim_path / f"{number:06d}.json").unlink()
            assert held.keep() == ["claim"]
            assert content(run, kept + 1)["released"] is False

    @pytest.mark.parametrize("text", [b"", b"nonsense"])
    def test_a_record_that_is_damaged_is_made_again(self, run: RunDirectory, text: bytes) -> None:
        with RunLock(run) as held:
            (run.claim_path / "000001.json").write_bytes(text)
            assert held.keep() == ["claim"]
            assert content(run, 2)["released"] is False

    def test_a_record_that_somebody_marked_as_released_is_made_again(
        self, run: RunDirectory
    ) -> None:
        with RunLock(run) as held:
            path = run.claim_path / "000001.json"
            path.write_bytes(path.read_bytes().replace(HELD, RELEASED))
            assert held.keep() == ["claim"]
            assert content(run, 2)["released"] is False

    @pytest.mark.parametrize("number", [1, 2, 7])
    @pytest.mark.parametrize("beginning", [HELD, RELEASED])
    def test_a_claim_of_another_process_since_then_ends_this_one(
        self, run: RunDirectory, number: int, beginning: bytes
    ) -> None:
        with RunLock(run) as held:
            if number == 1:
                shutil.rmtree(run.claim_path)
            other = left(run, elsewhere(run), number)
            other.write_bytes(other.read_bytes().replace(HELD, beginning))
            before = other.read_bytes()
            for check in (held.keep, held.require):
                with pytest.raises(
                    RunLockedError, match=r"taken over by .* on node7.*This process"
                ):
                    check()
            assert other.read_bytes() == before
            other.unlink()
            with pytest.raises(RunLockedError):
                held.require()
            assert held.lost is not None

    def test_a_file_of_the_lock_that_is_deleted_is_locked_again(self, run: RunDirectory) -> None:
        with RunLock(run) as held:
            run.lock_path.unlink()
            assert held.keep() == ["lock"]
            assert json.loads(run.lock_path.read_text())["pid"] == os.getpid()
            shutil.rmtree(run.claim_path)
            with pytest.raises(RunLockedError):
                RunLock(run).acquire()

    def test_a_run_that_is_not_locked_has_nothing_to_keep(self, run: RunDirectory) -> None:
        held = RunLock(run)
        assert held.keep() == []
        held.require()
        with held:
            pass
        shutil.rmtree(run.claim_path)
        assert held.keep() == []
        assert not run.claim_path.exists()

    def test_a_checkpoint_of_a_run_that_was_taken_over_gets_no_name(
        self, run: RunDirectory
    ) -> None:
        source, target = run.path / "source", run.path / "target"
        source.mkdir()
        with RunLock(run) as held:
            files = LockedFiles(held)
            left(run, elsewhere(run), 2)
            with pytest.raises(RunLockedError):
                files.rename(source, target)
            with pytest.raises(RunLockedError):
                files.remove_tree(source)
        assert source.exists()
        assert not target.exists()


def test_a_run_that_was_killed_before_its_configuration_may_have_claims(
    tmp_path: Path,
) -> None:
    run = create_run(tmp_path / "x")
    with RunLock(run):
        pass
    (run.claim_path / ".000002.json.tmp-1-ab").touch()

    assert create_run(run.path) == run
    (run.claim_path / "thesis.tex").touch()
    with pytest.raises(Exception, match="not an empty folder"):
        create_run(run.path)


@pytest.mark.slow
def test_never_do_two_processes_have_the_run_where_flock_does_nothing() -> None:
    """Both start at once, on one pretended host or on two; some are killed while they have it."""
    words = [sys.executable, "-m", "tests.bench.claims", "--tries", "60", "--seed", "17"]
    played = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)

    assert (played.returncode, played.stderr) == (0, "")
    counts = {line[:50].strip(): float(line[50:]) for line in played.stdout.splitlines()}
    assert counts["two had the run at the same time"] == 0
    assert counts["all at once: held"] >= 30
    assert counts["all at once: killed"] >= 3
    assert counts["a dead claim, asked for on another host: refused"] >= 3
