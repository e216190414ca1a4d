"""Who watches a run decides how often previews are drawn."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gan.commands import Watch
from gan.errors import StorageError
from gan.events import DataLoaded, SamplesDrawn
from gan.run.creation import create_run
from gan.run.leases import EXPIRE_SECONDS, Lease
from gan.run.live import LiveReader, read_examples
from gan.session.audience import Audience
from tests.fakes import START, squares

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


class House:
    """An audience, what it has asked of the trainer, and its clock."""

    def __init__(self, run: RunDirectory, here: float | None) -> None:
        self.now = 100.0
        self.sent: list[object] = []
        self.audience = Audience(here, self.sent.append, lambda: self.now)
        self.audience.open(run)
        self.audience.beat()

    def beat(self, after: float = 1.0) -> None:
        self.now += after
        self.audience.beat()


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


def preview(step: int) -> SamplesDrawn:
    return SamplesDrawn(time=START, step=step, images=squares(), path=None)


def test_without_viewers_the_screen_alone_decides(run: RunDirectory) -> None:
    house = House(run, here=0.5)

    house.beat()

    assert house.sent == []


def test_previews_are_drawn_from_the_first_viewer_to_the_last(run: RunDirectory) -> None:
    house, lease = House(run, here=None), Lease(run, 0.5)
    lease.renew()
    house.beat()
    house.beat()

    lease.release()
    house.beat()

    assert house.sent == [Watch(0.5), Watch(None)]


def test_a_viewer_that_was_killed_stops_costing(run: RunDirectory) -> None:
    house = House(run, here=None)
    Lease(run, 0.5).renew()
    house.beat()

    house.beat(after=EXPIRE_SECONDS)

    assert house.sent == [Watch(0.5), Watch(None)]


def test_a_slower_viewer_changes_nothing(run: RunDirectory) -> None:
    house = House(run, here=0.5)
    Lease(run, 1.0).renew()

    house.beat()

    assert house.sent == []


def test_a_screen_that_leaves_leaves_the_others(run: RunDirectory) -> None:
    house = House(run, here=0.5)
    Lease(run, 1.0).renew()
    house.beat()

    house.audience.watch_here(None)

    assert house.sent == [Watch(1.0)]


def test_the_last_screen_that_leaves_is_always_said(run: RunDirectory) -> None:
    """A run that waits for a decision must hear of it."""
    house = House(run, here=None)

    house.audience.watch_here(None)

    assert house.sent == [Watch(None)]


def test_images_are_written_only_while_a_viewer_watches(run: RunDirectory) -> None:
    house = House(run, here=0.5)
    house.audience(preview(1))
    house.beat()
    assert not run.live_path.exists()
    lease = Lease(run, 0.5)
    lease.renew()

    house.beat()

    assert [type(event) for event in LiveReader(run).read()] == [SamplesDrawn]


def test_who_has_come_just_now_is_seen_when_asked_for(run: RunDirectory) -> None:
    """A viewer's first message may come before the next look."""
    house = House(run, here=None)
    Lease(run, 0.5).renew()

    house.audience.look()

    assert house.sent == [Watch(0.5)]


def test_leases_that_cannot_be_read_are_of_nobody(run: RunDirectory) -> None:
    house = House(run, here=None)
    Lease(run, 0.5).renew()
    house.beat()
    shutil.rmtree(run.leases_path)
    run.leases_path.write_text("no folder")

    with pytest.raises(StorageError):
        house.beat()

    assert house.sent == [Watch(0.5), Watch(None)]


def test_what_an_earlier_process_has_drawn_is_gone(run: RunDirectory) -> None:
    run.live_path.mkdir()
    (run.live_path / "preview.npz").write_bytes(b"of a process that was killed")

    House(run, here=None)

    assert not run.live_path.exists()


def test_real_images_are_kept_once(run: RunDirectory) -> None:
    house = House(run, here=None)
    house.audience(
        DataLoaded(
            time=START, name="x", images=1, fingerprint="0", reason="it is", examples=squares()
        )
    )

    house.beat()

    examples = read_examples(run)
    assert examples is not None
    assert examples.shape == (16, 28, 28)


def test_the_end_leaves_nothing_for_viewers(run: RunDirectory) -> None:
    house = House(run, here=None)
    Lease(run, 0.5).renew()
    house.beat()
    house.audience(preview(1))
    house.beat()

    house.audience.close()

    assert not run.live_path.exists()
    assert list(run.leases_path.iterdir()) == []
