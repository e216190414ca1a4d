"""Who may read a run: its owner, and who the owner has opened it to."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.commands import Pause
from gan.config import RunConfig
from gan.errors import StorageError
from gan.events import SamplesDrawn
from gan.export.request import ExportRequest
from gan.export.writer import export
from gan.run.catalogue import Catalogue
from gan.run.config_file import read_config, write_config
from gan.run.creation import create_numbered_run, create_run
from gan.run.event_log import CHECK_SECONDS, EventLog
from gan.run.follower import read_events
from gan.run.leases import Lease
from gan.run.live import LiveReader, LiveWriter, read_examples, write_examples
from gan.run.lock import RunLock
from gan.run.mailbox import Mailbox
from gan.run.samples import read_samples, write_samples
from gan.run.status import StatusFile, read_status
from tests.fakes import START, squares
from tests.gan.run.states import point, state, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.run.directory import RunDirectory

LATENTS = np.zeros((16, 8), np.float32)
NOBODY = 65_534


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be another user, as far as the kernel checks."""
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


@pytest.fixture
def runs() -> Iterator[Path]:
    """A folder that every user can enter, unlike that of the tests."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def goes_on(run: RunDirectory, step: int) -> None:
    """Everything that a process writes into its run, at one step."""
    with RunLock(run):
        write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
        log = EventLog(run)
        log.append(events.Noted(time=1.0, text=f"step {step}"))
        log.close()
        status = StatusFile(run, lambda: START)
        for _ in range(2):
            status.write()
        write_samples(run, step, squares(), LATENTS)
        write_examples(run, squares())
        store_of(run).save(state(step), point(step))
        live = LiveWriter(run)
        live(SamplesDrawn(time=START, step=step, images=squares(), path=None))
        live.write()
        export(run, ExportRequest(kind="grid", step=step, images=squares()))
        Mailbox(run).post(Pause())
        Lease(run, 1.0).renew()


def modes(run: RunDirectory) -> tuple[set[int], dict[str, int]]:
    """The modes of all folders, and those of the files by their names."""
    found = [run.path, *run.path.rglob("*")]
    folders = {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()}
    files = {
        str(path.relative_to(run.path)): stat.S_IMODE(path.stat().st_mode)
        for path in found
        if path.is_file()
    }
    return folders, files


def is_the_owners(name: str) -> bool:
    return Path(name).parts[0] in ("lock", "claim", "mailbox", "leases")


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o000])
def test_a_new_run_is_its_owners_alone(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        for run in (
            create_run(tmp_path / "named"),
            create_numbered_run(tmp_path, "mlp"),
        ):
            goes_on(run, 500)
            folders, files = modes(run)

            assert folders == {0o700}
            assert set(files.values()) == {0o600}


def test_what_is_made_later_is_as_readable_as_the_owner_made_the_run(tmp_path: Path) -> None:
    with umask(0o077):
        run = create_run(tmp_path / "run")
        goes_on(run, 500)
        shutil.rmtree(run.live_path)
        open_to_all(run)

        goes_on(run, 1000)

    folders, files = modes(run)
    private = {name for name, mode in files.items() if mode == 0o600}
    assert folders == {0o755}
    assert {mode for name, mode in files.items() if name not in private} == {0o644}
    assert all(map(is_the_owners, private))


def test_a_replaced_file_keeps_its_own_permissions(tmp_path: Path) -> None:
    run = create_run(tmp_path / "run")
    goes_on(run, 500)
    run.status_path.chmod(0o640)

    goes_on(run, 1000)

    assert modes(run)[1]["status.json"] == 0o640


def test_a_run_that_was_deleted_is_made_again_as_it_was(tmp_path: Path) -> None:
    with umask(0o077):
        run = create_run(tmp_path / "run")
        run.path.chmod(0o755)
        now = 0.0
        log = EventLog(run, lambda: now)
        log.append(events.Noted(time=1.0, text="first"))
        shutil.rmtree(run.path)
        now += CHECK_SECONDS

        assert "was deleted" in log.append(events.Noted(time=1.0, text="second"))
        log.close()

    assert modes(run) == ({0o755}, {"events.jsonl": 0o644})


def test_a_group_that_a_folder_gives_to_what_is_in_it_stays(tmp_path: Path) -> None:
    run = create_run(tmp_path / "run")
    run.path.chmod(0o2750)
    run.live_path.mkdir()
    is_inherited = run.live_path.stat().st_mode & stat.S_ISGID
    run.live_path.rmdir()

    goes_on(run, 500)

    assert stat.S_IMODE(run.live_path.stat().st_mode) == 0o750 | is_inherited


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can be somebody else")
def test_another_user_can_watch_a_run_that_was_opened_while_it_is_trained(runs: Path) -> None:
    run = create_numbered_run(runs, "mlp")
    goes_on(run, 500)
    with somebody_else(), pytest.raises(PermissionError):
        run.status_path.read_bytes()
    open_to_all(run)
    goes_on(run, 1000)

    # Python itself may be another user's: what it imports when it is needed is there after this.
    require_readable(run)
    with somebody_else():
        require_readable(run)
        for write in (lambda: Mailbox(run).post(Pause()), StatusFile(run, lambda: START).write):
            with pytest.raises(StorageError, match="Permission denied"):
                write()


def require_readable(run: RunDirectory) -> None:
    """Everything that a viewer reads, after `goes_on` to step 1000."""
    (listed,) = Catalogue(run.path.parent).look()
    assert listed.problems == ()
    assert listed.size_bytes is not None
    assert read_status(run)["sequence"] == 2
    assert read_config(run).preset
    assert read_events(run)[-1] == events.Noted(time=1.0, text="step 1000")
    np.testing.assert_array_equal(read_samples(run, "samples/001000.png"), squares())
    np.testing.assert_array_equal(read_examples(run), squares())
    assert len(LiveReader(run).read()) == 1
    assert store_of(run).newest(pytest.fail) is not None


def open_to_all(run: RunDirectory) -> None:
    """As `chmod -R a+rX`."""
    for path in [run.path, *run.path.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
