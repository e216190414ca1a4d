"""What the measure says about images that are changed in known ways, and what it can't say."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.data_file import DiskFile
from gan.data.image_file import FileImages, OpenFile
from gan.data.image_set import ImageSet
from gan.events import QualityMeasured
from gan.quality import measure as module
from gan.quality.measure import DEFAULT_COUNT, Quality, QualityMeasure

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Images


@pytest.fixture(scope="module")
def measure(labelled: ImageSet) -> QualityMeasure:
    return QualityMeasure(labelled, 1000)


@pytest.fixture(scope="module")
def usual(measure: QualityMeasure, others: Images) -> Quality:
    """The figures of other digits from the same source."""
    return measure.measure(others)


def part(images: ImageSet, count: int) -> ImageSet:
    assert images.labels is not None
    return ImageSet.of("part", images.images[:count], images.labels[:count])


def blurred(images: Images) -> Images:
    """Each pixel the mean of itself and its four neighbours."""
    around = [np.roll(images, shift, axis) for shift in (1, -1) for axis in (1, 2)]
    return np.mean([images, *around], axis=0).astype(np.uint8)


def test_its_figures_are_those_of_the_event() -> None:
    figures = {field.name for field in dataclasses.fields(Quality)}

    assert figures <= {field.name for field in dataclasses.fields(QualityMeasured)}


def test_other_real_images_are_as_good_as_real_ones(usual: Quality) -> None:
    assert usual.images == 1000
    assert usual.fd < 1.5 * usual.fd_real
    assert abs(usual.kid) < 0.01
    assert usual.density == pytest.approx(1.0, abs=0.15)
    assert usual.coverage > 0.9
    assert usual.confident > 0.95
    assert usual.copies == 0.0
    np.testing.assert_allclose(usual.census, 0.1, atol=0.02)


def test_the_real_figures_are_of_images_outside_the_reference(
    measure: QualityMeasure, usual: Quality
) -> None:
    assert measure.real.fd == measure.real.fd_real == usual.fd_real > 0
    assert measure.real.coverage > 0.9
    assert math.isnan(measure.real.copies)


def test_a_missing_class_shows_in_census_coverage_and_both_distances(
    measure: QualityMeasure, others: Images, usual: Quality
) -> None:
    _, probabilities = measure._net.describe(others)
    without = others[probabilities.argmax(axis=1) != 4]

    quality = measure.measure(without)

    assert quality.census[4] == 0.0
    assert quality.coverage < usual.coverage - 0.05
    assert quality.fd > 3 * usual.fd
    assert quality.kid > 0.01


def test_copies_show_in_their_share_alone(
    measure: QualityMeasure, labelled: ImageSet, others: Images, usual: Quality
) -> None:
    quality = measure.measure(np.concatenate([labelled.images[:100], others[100:]]))

    assert quality.copies == pytest.approx(0.1)
    assert quality.fd < 1.5 * usual.fd


def test_blur_shows_in_both_distances(
    measure: QualityMeasure, others: Images, usual: Quality
) -> None:
    quality = measure.measure(blurred(others))

    assert quality.fd > 3 * usual.fd
    assert quality.kid > 0.01
    np.testing.assert_allclose(quality.census, 0.1, atol=0.03)


def test_one_image_again_and_again_has_no_coverage(measure: QualityMeasure, others: Images) -> None:
    quality = measure.measure(np.repeat(others[:1], 1000, axis=0))

    assert quality.coverage < 0.05
    assert max(quality.census) == 1.0


def test_the_same_images_have_the_same_figures(
    labelled: ImageSet, others: Images, usual: Quality
) -> None:
    again = QualityMeasure(labelled, 1000).measure(others)

    np.testing.assert_array_equal(again.census, usual.census)
    assert dataclasses.replace(again, census=usual.census) == usual


def test_fewer_images_are_compared_with_as_many_real_ones(
    measure: QualityMeasure, others: Images, usual: Quality
) -> None:
    quality = measure.measure(others[:300])

    assert quality.images == 300
    assert quality.fd_real > 1.5 * usual.fd_real


def test_more_images_than_there_are_real_ones_to_compare_with_are_left_out(
    labelled: ImageSet, others: Images
) -> None:
    measure = QualityMeasure(part(labelled, 600), 1000)

    quality = measure.measure(others)

    assert measure.count == quality.images == 300
    assert measure.limits == (
        "600 real images allow for 300 generated ones, not 1,000",
        "the Frechet distance of 300 images is mostly noise: go by the KID",
    )
    assert quality.fd == measure.measure(others[:300]).fd


@pytest.mark.slow
def test_a_large_reference_leaves_the_rest_for_comparison(
    labelled: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REFERENCE", 200)

    assert QualityMeasure(labelled, 1700).count == 1700
    assert QualityMeasure(labelled, 5000).count == 1800


def test_data_with_everything_has_no_limits(labelled: ImageSet) -> None:
    assert QualityMeasure(labelled, 1000).limits == ()


def test_images_without_labels_have_all_figures_but_the_classes_ones(
    labelled: ImageSet, others: Images
) -> None:
    measure = QualityMeasure(ImageSet.of("plain", labelled.images), 1000)

    quality = measure.measure(others)

    assert quality.features == "projection-1"
    assert measure.classes == ()
    assert quality.census.shape == (0,)
    assert math.isnan(quality.confident)
    assert quality.fd < 2 * quality.fd_real
    assert quality.coverage > 0.8
    assert measure.measure(blurred(others)).fd > 2 * quality.fd
    assert any("no labels" in limit for limit in measure.limits)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 12, 20])
def test_hardly_any_images_give_what_figures_they_can(
    count: int, labelled: ImageSet, others: Images
) -> None:
    measure = QualityMeasure(part(labelled, count), DEFAULT_COUNT)

    quality = measure.measure(others)

    assert measure.limits
    assert math.isnan(quality.fd) == math.isnan(quality.kid) == (count < 4)
    assert math.isnan(quality.coverage) == math.isnan(quality.density) == (count < 12)
    assert math.isnan(quality.copies) == (count == 1)


@pytest.mark.parametrize("value", [0, 255])
def test_images_of_one_grey_level_are_measured(value: int, measure: QualityMeasure) -> None:
    quality = measure.measure(np.full((1000, 28, 28), value, np.uint8))

    assert math.isfinite(quality.fd)
    assert quality.coverage < 0.05
    assert quality.copies == 0.0


def test_one_generated_image_has_no_distances(measure: QualityMeasure, others: Images) -> None:
    quality = measure.measure(others[:1])

    assert math.isnan(quality.fd)
    assert math.isnan(quality.kid)
    assert quality.images == 1


def test_data_of_one_image_repeated_are_measured(labelled: ImageSet, others: Images) -> None:
    same = ImageSet.of("same", np.repeat(labelled.images[:1], 100, axis=0))

    quality = QualityMeasure(same, 50).measure(others)

    assert math.isfinite(quality.fd)
    assert quality.fd_real == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_mnist_s_test_images_are_near_its_training_images(real_mnist: Path, tmp_path: Path) -> None:
    from gan.data.idx import read_idx_file
    from gan.data.layouts.source import read_source
    from tests.gan.data.making import ignore

    known = ImageSet.of("mnist", *read_source(real_mnist, ignore)[0][:2])
    test = read_idx_file(DiskFile(real_mnist / "t10k-images-idx3-ubyte.gz"), ignore).images

    quality = QualityMeasure(known, 5000, cache_dir=tmp_path).measure(test[::2])

    assert quality.features == "mnist-1"
    assert quality.fd < 1.5
    assert quality.copies == 0.0


@pytest.mark.parametrize("name", ["labelled", "stripes"], ids=["a known network", "a trained one"])
def test_images_on_disk_are_measured_the_same(
    name: str, request: pytest.FixtureRequest, others: Images, tmp_path: Path
) -> None:
    held: ImageSet = request.getfixturevalue(name)
    path = tmp_path / "images"
    path.write_bytes(held.images.tobytes())
    on_disk = ImageSet.of(name, FileImages(OpenFile(path), 0, len(held)), held.labels)

    measures = [
        QualityMeasure(images, 300, cache_dir=tmp_path / str(number))
        for number, images in enumerate((held, on_disk))
    ]

    one, other = (repr((measure.real, measure.measure(others))) for measure in measures)
    assert one == other


def test_the_order_of_some_is_the_beginning_of_the_order_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sorted at once or in parts, so that figures compare with those of earlier runs."""
    uniforms = np.random.Generator(np.random.PCG64(0)).random(1000)
    order = np.argsort(uniforms, kind="stable")

    for sorted_at_once in (10**6, 300, 7):
        monkeypatch.setattr(module, "_SORTED", sorted_at_once)
        assert np.array_equal(module._shuffled(1000, 2000), order)
        assert np.array_equal(module._shuffled(1000, 90), order[:90])
