"""What differs between runs, which of them are repeats, and which figures can be compared."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gan.config import RunConfig
from gan.run_facts.comparison import (
    Basis,
    Description,
    Figures,
    are_comparable,
    cautions,
    differences,
    mark_of,
    seed_groups,
    spread,
    spreads,
)


def run(environment: dict[str, Any] | None = None, **options: Any) -> Description:
    config = RunConfig.resolve(options).to_json()
    return Description(name="run", path="/run", config=config, environment=environment or {})


def basis(**changed: Any) -> Basis:
    of = {"features": "mnist-1", "images": 5000, "fingerprint": "ee", "data": "mnist", **changed}
    return Basis(**of)


UNREADABLE = Description(name="run", path="/run", config={}, environment={}, troubles=("lost",))


def test_only_what_differs_is_named_by_its_option() -> None:
    found = differences([run(batch_size=64), run(batch_size=128)])

    assert [(one.name, one.texts) for one in found] == [("batch-size", ("64", "128"))]


def test_equal_runs_differ_in_nothing() -> None:
    assert differences([run(seed=3), run(seed=3)]) == ()


def test_the_environment_comes_after_the_configuration() -> None:
    found = differences([run({"device": "CPU"}, seed=1), run({"device": "NVIDIA H200"}, seed=2)])

    assert [one.name for one in found] == ["seed", "environment.device"]
    assert found[1].texts == ("CPU", "NVIDIA H200")


def test_the_environment_does_not_repeat_an_option_that_came_out_as_it_was_given() -> None:
    found = differences([run({"threads": 2}, threads=2), run({"threads": None})])
    other = differences([run({"threads": 2}, threads=2), run({"threads": 16})])

    assert [one.name for one in found] == ["threads"]
    assert [one.name for one in other] == ["threads", "environment.threads"]


def test_a_value_that_only_one_run_recorded_is_a_difference() -> None:
    [found] = differences([run({"tensorflow": "2.21.0"}), run({})])

    assert found.texts == ("2.21.0", "not recorded")


def test_a_setting_that_is_not_set_says_so() -> None:
    found = {one.name: one.texts for one in differences([run(threads=2), run()])}

    assert found["threads"] == ("2", "not set")


def test_numbers_that_are_written_alike_but_have_other_types_differ_from_true() -> None:
    one, other = (
        Description(name="r", path="/r", config={"new": value}, environment={})
        for value in (1, True)
    )

    assert [found.name for found in differences([one, other])] == ["new"]


def test_a_run_whose_configuration_is_lost_makes_nothing_differ() -> None:
    assert differences([run(), run(), UNREADABLE]) == ()


def test_runs_that_differ_by_seed_alone_are_a_group() -> None:
    runs = [run(seed=1), run(seed=2, preset="dcgan"), run(seed=3), run(seed=4)]

    assert seed_groups(runs) == ((0, 2, 3),)


def test_how_often_a_run_saves_keeps_it_in_its_group() -> None:
    assert seed_groups([run(seed=1, keep=3), run(seed=2, keep=50, sample_every="1ep")]) == ((0, 1),)


@pytest.mark.parametrize(
    "other",
    [
        run(seed=2, epochs=7),
        run(seed=2, evaluate_every="5ep"),
        run({"device": "NVIDIA H200"}, seed=2),
        run(seed=1),
        UNREADABLE,
    ],
    ids=["length", "evaluations", "device", "no other seed", "no configuration"],
)
def test_runs_that_differ_by_more_or_less_are_no_group(other: Description) -> None:
    assert seed_groups([run(seed=1), other]) == ()


def test_of_two_runs_with_one_seed_the_first_is_in_the_group() -> None:
    assert seed_groups([run(seed=1), run(seed=1), run(seed=2)]) == ((0, 2),)


def test_the_spread_is_the_sample_standard_deviation() -> None:
    found = spread([1.0, 2.0, 4.0])

    assert (found.mean, found.count) == (pytest.approx(7 / 3), 3)
    assert found.deviation == pytest.approx(math.sqrt(7 / 3))


def test_the_spread_leaves_out_what_is_not_finite_and_counts_the_rest() -> None:
    found = spread([1.0, math.nan, math.inf])

    assert (found.mean, found.count) == (1.0, 1)
    assert math.isnan(found.deviation)
    assert math.isnan(spread([]).mean)


def test_the_spread_of_figures_beyond_all_measure_is_not_finite_and_no_error() -> None:
    found = spread([1.7e308, 1.7e308, -1.0])

    assert not math.isfinite(found.mean)
    assert not math.isfinite(found.deviation)
    assert math.isinf(spread([1e200, -1e200]).deviation)


def test_distances_of_other_features_images_or_data_are_not_averaged() -> None:
    figures = [Figures(fd=1.0, d_loss=0.5), Figures(fd=3.0, d_loss=0.7)]

    assert spreads(figures, [basis(), basis()])["fd"].mean == 2.0
    assert "fd" not in spreads(figures, [basis(), basis(images=1000)])
    assert spreads(figures, [basis(), basis(images=1000)])["d_loss"].mean == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("changed", "comparable"),
    [
        ({}, True),
        ({"features": "mnist-2"}, False),
        ({"images": 1000}, False),
        ({"fingerprint": "ff"}, False),
        ({"fingerprint": ""}, True),
        ({"data": "the same data elsewhere"}, True),
    ],
)
def test_what_decides_whether_distances_can_be_compared(
    changed: dict[str, Any], comparable: bool
) -> None:
    assert are_comparable([basis(), basis(**changed), None]) is comparable


def test_incomparable_distances_are_said_with_what_each_was_measured_with() -> None:
    [found] = cautions([run(), run(), run()], [basis(), None, basis(features="other", images=9)])

    assert found.startswith("FD can't be compared between these runs: A by mnist-1, 5,000 images")
    assert "C by other, 9 images" in found
    assert "B" not in found


def test_losses_of_two_kinds_and_batches_of_two_sizes_are_cautioned_about() -> None:
    losses, batches = cautions([run(), run(loss="relativistic", batch_size=7)], [None, None])

    assert "losses and scores of different kinds" in losses
    assert losses.endswith("classic, relativistic.")
    assert "batch sizes 64, 7" in batches or "batch sizes 256, 7" in batches


def test_runs_beyond_the_alphabet_have_numbers() -> None:
    assert [mark_of(place) for place in (0, 7, 25, 26)] == ["A", "H", "Z", "27"]
