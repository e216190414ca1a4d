"""Evaluations in whole runs: they change no bit, and what they found outlives a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.commands import RollBack, Stop, Unpause
from gan.errors import CheckpointError, DataError
from gan.quality.measure import Quality
from gan.run.checkpoints.store import CheckpointStore
from gan.run.follower import read_events
from gan.run.reference import best_step
from gan.run.status import read_status
from gan.session.on_demand import evaluate_checkpoint
from tests.gan.housing import digest, losses, when

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Images
    from tests.gan.housing import House

pytestmark = pytest.mark.usefixtures("_quick_measure")

IMAGES = 600


class QuickMeasure:
    """The mean of all pixels in place of a distance: it tells any two generators apart."""

    sign = 1.0

    def __init__(self, images: Any, count: int) -> None:
        self.count = min(count, len(images))
        self.limits: tuple[str, ...] = ()
        self.classes = tuple(range(10))

    @property
    def real(self) -> Quality:
        return self.measure(np.zeros((1, 28, 28), np.uint8))

    def measure(self, images: Images) -> Quality:
        return Quality(
            features="mean-1",
            images=len(images),
            fd=self.sign * float(images.mean(dtype=np.float64)),
            fd_real=1.0,
            kid=0.0,
            density=1.0,
            coverage=1.0,
            census=np.full(10, 0.1, np.float32),
            confident=1.0,
            copies=0.0,
        )


@pytest.fixture
def _quick_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.quality.measure.QualityMeasure", QuickMeasure)


def evaluated(told: list[events.Event]) -> dict[int, float]:
    """The figure of every evaluation, by its step."""
    found = [event for event in told if isinstance(event, events.QualityMeasured)]
    assert len({event.step for event in found}) == len(found)
    return {event.step: event.fd for event in found}


def test_they_change_no_bit_of_the_run(house: House) -> None:
    with_them = house.train(steps=40, evaluate_every="7")
    without = house.train(steps=40)
    assert list(evaluated(with_them.told)) == [7, 14, 21, 28, 35, 40]
    np.testing.assert_array_equal(losses(with_them.told), losses(without.told))
    assert digest(with_them.run) == digest(without.run)


def test_a_run_in_two_parts_has_those_of_the_whole(house: House) -> None:
    whole = house.train(steps=40, evaluate_every="7")
    first = house.train(steps=20, evaluate_every="7")
    second = house.train(steps=40, evaluate_every="7", resume=first.run, replay=True)
    in_parts = evaluated(read_events(second.run))
    assert in_parts.pop(20) == evaluated(first.told)[20]
    assert in_parts == evaluated(whole.told)
    assert list(evaluated(second.told)) == [21, 28, 35, 40]
    assert list(evaluated(second.replayed)) == [7, 14, 20]


def test_the_best_so_far_is_that_of_all_processes(house: House) -> None:
    first = house.train(steps=20, evaluate_every="5")
    second = house.train(steps=40, evaluate_every="5", resume=first.run)
    figures = evaluated(read_events(second.run))
    status = read_status(second.run)
    assert status["best_fd"] == min(figures.values())
    assert figures[status["best_fd_step"]] == status["best_fd"]
    assert (status["evaluated_step"], status["fd"]) == (40, figures[40])
    store = CheckpointStore(second.run, keep=3)
    assert best_step(second.run, store) == status["best_fd_step"]
    store.load(status["best_fd_step"])


def test_the_best_state_is_kept_and_can_be_resumed_from(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bright images first, so that an early step is the best.
    monkeypatch.setattr(QuickMeasure, "sign", -1.0)
    ended = house.train(steps=60, evaluate_every="5", checkpoint_every="6", keep=1)
    best = min(evaluated(ended.told).items(), key=lambda item: item[1])[0]
    store = CheckpointStore(ended.run, keep=1)
    assert set(store.steps()) == {best, 60}

    resumed = house.train(
        steps=60, evaluate_every="5", checkpoint_every="6", resume=ended.run, resume_step="best"
    )
    assert resumed.only(events.RunStarted).resumed_from == best
    assert evaluated(read_events(resumed.run)) == evaluated(ended.told)
    np.testing.assert_array_equal(losses(read_events(resumed.run)), losses(ended.told))


def test_a_rollback_counts_only_the_steps_that_are_left(house: House) -> None:
    ended = house.train(
        steps=60,
        evaluate_every="20",
        checkpoint_every="30",
        on=when(events.SamplesDrawn, RollBack(), Unpause()),
        sample_every="50",
    )
    logged = [event for event in read_events(ended.run) if hasattr(event, "is_best")]
    assert [event.step for event in logged] == sorted(event.step for event in logged)
    assert logged[-1].step == 60


def test_a_stopped_run_waits_for_none(house: House) -> None:
    ended = house.train(steps=1000, evaluate_every="20", on=when(events.QualityMeasured, Stop()))
    assert isinstance(ended.last, events.RunFinished)
    assert not ended.last.completed


class TestOnDemand:
    def of(self, house: House, at: Any = None, **options: Any) -> Any:
        ended = house.train(steps=20, evaluate_every="10", checkpoint_every="5", keep=9)
        given = {"count": IMAGES, "report": lambda _: None, **options}
        return ended, evaluate_checkpoint(ended.run, at, **given)

    def test_it_finds_what_the_run_found(self, house: House) -> None:
        ended, found = self.of(house)
        assert (found.step, found.quality.fd) == (20, evaluated(ended.told)[20])

    @pytest.mark.parametrize("at", [10, "best"])
    def test_of_any_checkpoint(self, house: House, at: Any) -> None:
        ended, found = self.of(house, at)
        figures = evaluated(ended.told)
        assert found.step == (10 if at == 10 else min(figures, key=lambda step: figures[step]))
        assert found.quality.fd == figures[found.step]

    def test_what_was_done_to_the_images_is_said(
        self, house: House, digits_file: Path, tmp_path: Path
    ) -> None:
        with np.load(digits_file) as archive:
            np.savez(tmp_path / "rows.npz", images=archive["images"].reshape(-1, 784))
        said: list[str] = []

        self.of(house, data=str(tmp_path / "rows.npz"), report=said.append)

        assert any("784 of uint8: read as" in line for line in said)

    def test_it_leaves_the_run_as_it_is(self, house: House) -> None:
        ended, _ = self.of(house)
        kept = sorted(path for path in ended.run.path.rglob("*"))
        before = ended.run.log_path.read_bytes()
        evaluate_checkpoint(ended.run, None, count=IMAGES, report=lambda _: None)
        assert ended.run.log_path.read_bytes() == before
        assert sorted(ended.run.path.rglob("*")) == kept

    def test_a_step_without_a_checkpoint_is_named(self, house: House) -> None:
        with pytest.raises(CheckpointError, match="Steps with a checkpoint: 5, 10, 15, 20"):
            self.of(house, 7)

    def test_more_images_than_there_are_to_compare_with_are_refused(self, house: House) -> None:
        with pytest.raises(DataError, match="at most 600 generated ones"):
            self.of(house, count=50_000)

    def test_fewer_will_do_if_nobody_asked_for_a_number(self, house: House) -> None:
        _, found = self.of(house, count=10_000, or_fewer=True)
        assert found.quality.images == 600

    def test_other_images_than_the_runs_are_refused(self, house: House, tmp_path: Any) -> None:
        other = tmp_path / "other.npz"
        np.savez(other, images=np.zeros((600, 28, 28), np.uint8))
        with pytest.raises(DataError, match=r"is not what .* was trained on"):
            self.of(house, data=str(other))
