"""A disk that refuses sample grids: that is reported, and stops nothing."""

from __future__ import annotations

from tests.gan.training.fakes import ALL, FULL, Stage, faults, refusing


def test_the_very_first_grid_stops_no_step_either() -> None:
    stage = refusing(Stage(sample_every="5"), 0, 12)
    stage.recorder.error = FULL
    stage.run()
    assert stage.steps_told == ALL
    assert faults(stage)[0] == ("StorageFaulted", "samples")


def test_a_refusal_stops_no_step_and_is_told_once() -> None:
    stage = refusing(Stage(epochs=3, sample_every="2"), 7, 13).run()
    assert stage.steps_told == list(range(1, 31))
    assert faults(stage) == [("StorageFaulted", "samples"), ("StorageRecovered", "samples")]


def test_the_next_ones_are_written_when_they_are_due() -> None:
    stage = refusing(Stage(sample_every="2"), 7, 13).run()
    assert [step for step, _ in stage.recorder.samples] == [0, 2, 4, 6, 14, 16, 18, 20]


def test_those_of_the_end_are_not_worth_a_failure() -> None:
    stage = Stage(sample_every="15")
    usual = stage.recorder.save_samples

    def save(step: int, *rest: object) -> str:
        if step == 20:
            raise FULL
        return usual(step, *rest)

    stage.recorder.save_samples = save
    stage.run()
    assert stage.end.completed
    assert faults(stage) == [("StorageFaulted", "samples")]
