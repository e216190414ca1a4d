"""Which series of evaluations raise an alert, and which don't."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.quality.measure import Quality, QualityMeasure
from gan.quality.verdict import QualityAlarm

if TYPE_CHECKING:
    from gan.data.image_set import ImageSet
    from gan.events import Images

EVEN = np.full(10, 0.1, np.float32)
REAL = Quality(
    features="mnist-1",
    images=5000,
    fd=0.4,
    fd_real=0.4,
    kid=0.0,
    density=1.0,
    coverage=0.97,
    census=EVEN,
    confident=0.98,
    copies=float("nan"),
)
GOOD = replace(REAL, fd=5.0, coverage=0.8, confident=0.9, copies=0.0)
NAN = float("nan")


def without(*classes: int) -> Quality:
    census = EVEN.copy()
    census[list(classes)] = 0.0
    return replace(GOOD, census=census / census.sum())


def changed(**figures: Any) -> Quality:
    return replace(GOOD, **figures)


def raised(*series: Quality, real: Quality = REAL) -> list[list[str]]:
    """The names of the alerts that each evaluation raises."""
    alarm = QualityAlarm(real, tuple(range(len(real.census))))
    return [[alert.name for alert in alarm.add(quality)] for quality in series]


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (without(4), "classes_missing"),
        (without(4, 9), "classes_missing"),
        (changed(coverage=0.2), "variety_falling"),
        (changed(copies=0.1), "copies"),
    ],
)
def test_a_failure_is_named_at_its_second_evaluation_and_once(failure: Quality, name: str) -> None:
    assert raised(GOOD, failure, failure, failure, failure) == [[], [], [name], [], []]


def test_a_class_that_most_images_are_of_is_little_variety() -> None:
    """Half of the images are one and the same; coverage hardly notices."""
    census = EVEN / 2
    census[3] += 0.5

    assert raised(*[changed(census=census)] * 2) == [[], ["variety_falling"]]


@pytest.mark.parametrize("failure", [without(4), changed(coverage=0.2), changed(copies=0.1)])
def test_one_bad_evaluation_raises_nothing(failure: Quality) -> None:
    assert raised(GOOD, failure, GOOD, failure, GOOD) == [[]] * 5


def test_it_is_named_again_after_it_was_over() -> None:
    lost = without(3)

    assert raised(lost, lost, GOOD, lost, lost)[4] == ["classes_missing"]


def test_a_collapse_from_the_beginning_is_named_too() -> None:
    """Without a better evaluation before it: the images are readable, and all alike."""
    collapsed = replace(without(*range(1, 10)), coverage=0.01)

    assert raised(collapsed, collapsed) == [[], ["classes_missing", "variety_falling"]]


def test_images_that_are_not_digits_yet_raise_nothing() -> None:
    """The classifier calls all of them an 8, and believes it of none."""
    early = [
        replace(without(*range(8), 9), coverage=coverage, confident=confident)
        for coverage, confident in ((0.002, 0.0), (0.003, 0.0), (0.02, 0.04), (0.01, 0.09))
    ]

    assert raised(*early, GOOD, GOOD) == [[]] * 6


def test_a_class_that_real_images_hardly_have_is_not_missed() -> None:
    rare = EVEN.copy()
    rare[4] = 0.0

    assert raised(without(4), without(4), real=replace(REAL, census=rare)) == [[], []]


def test_a_class_that_only_misclassified_real_images_have_is_not_missed() -> None:
    """As in a part of MNIST with fewer than ten digits, which the shipped network classifies."""
    census = np.zeros(10, np.float32)
    census[[3, 8, 5]] = 0.5, 0.497, 0.003
    two = replace(GOOD, census=np.where(census > 0.01, np.float32(0.5), np.float32(0.0)))

    assert raised(two, two, real=replace(REAL, census=census)) == [[], []]


def test_a_class_that_few_images_may_lack_by_chance_is_not_missed() -> None:
    few = replace(without(4), images=30)

    assert raised(few, few) == [[], []]


def test_a_census_that_is_not_sure_of_real_images_either_is_not_believed() -> None:
    """As with labels that are wrong."""
    doubtful = replace(without(4), confident=0.0)

    assert raised(doubtful, doubtful, real=replace(REAL, confident=0.05)) == [[], []]


def test_a_class_that_is_only_rarer_is_not_missing() -> None:
    census = EVEN.copy()
    census[4] = 0.02

    assert raised(*[changed(census=census)] * 3) == [[]] * 3


def test_figures_that_the_data_do_not_allow_raise_nothing() -> None:
    blank = changed(
        census=np.zeros(0, np.float32), confident=NAN, coverage=NAN, copies=NAN, fd=NAN, kid=NAN
    )

    assert raised(blank, blank, blank, real=blank) == [[]] * 3


def test_without_classes_falling_variety_is_still_named() -> None:
    good = changed(census=np.zeros(0, np.float32), confident=NAN)
    bad = replace(good, coverage=0.1)

    assert raised(good, bad, bad, real=good) == [[], [], ["variety_falling"]]


def test_the_messages_say_what_was_seen_and_what_to_try() -> None:
    alarm = QualityAlarm(REAL, tuple(range(10)))
    bad = replace(without(4, 9), coverage=0.2, copies=0.12)
    alarm.add(GOOD)
    alarm.add(bad)

    messages = [alert.message for alert in alarm.add(bad)]

    assert "classes 4, 9 missing" in messages[0]
    assert "cover 20% of the real ones (80% at best), and 12% are of class 0" in messages[1]
    assert "12% of the generated images repeat a training image" in messages[2]
    assert "--learning-rate" in messages[0]


@pytest.mark.slow
def test_a_collapse_made_by_hand_is_named_within_two_evaluations(
    labelled: ImageSet, others: Images
) -> None:
    """Measured, with real images in place of generated ones."""
    measure = QualityMeasure(labelled, 500)
    _, probabilities = measure._net.describe(others)
    labels = probabilities.argmax(axis=1)
    one_each = np.stack([others[labels == label][0] for label in range(10)])
    collapses = {
        "classes_missing": [others[labels != 4][:500], others[np.isin(labels, (1, 7))]],
        "variety_falling": [np.repeat(others[:1], 500, 0), np.tile(one_each, (50, 1, 1))],
        "copies": [np.concatenate([labelled.images[:50], others[:450]])],
    }
    for name, kinds in collapses.items():
        for images in kinds:
            alarm = QualityAlarm(measure.real, measure.classes)
            good, bad = measure.measure(others[:500]), measure.measure(images)
            assert alarm.add(good) == alarm.add(good) == alarm.add(bad) == []
            assert name in [alert.name for alert in alarm.add(bad)]
