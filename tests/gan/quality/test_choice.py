"""Which network describes which data, what it can't say, and the cache that nobody trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.image_set import ImageSet
from gan.quality import choice
from gan.quality.choice import choose_net, read_arrays, write_arrays
from gan.quality.features import layout
from tests.gan.data.making import digits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cached(stripes: ImageSet, tmp_path: Path) -> Path:
    """The file of a network trained on stripes."""
    choose_net(stripes, cache_dir=tmp_path)
    return next(tmp_path.iterdir())


def no_training(*_: object) -> dict[str, Any]:
    raise AssertionError("it is trained again")


def test_digits_are_recognized_by_a_shipped_network(labelled: ImageSet, tmp_path: Path) -> None:
    chosen = choose_net(labelled, cache_dir=tmp_path)

    assert chosen.net.name == "synthetic-1"
    assert chosen.limits == ()
    assert not list(tmp_path.iterdir())


def test_a_part_with_one_class_is_recognized_too(labelled: ImageSet, tmp_path: Path) -> None:
    assert labelled.labels is not None
    sevens = labelled.labels == 7
    part = ImageSet.of("sevens", labelled.images[sevens], labelled.labels[sevens])

    chosen = choose_net(part, cache_dir=tmp_path)

    assert chosen.net.name == "synthetic-1"


@pytest.mark.slow
def test_mnist_is_recognized_whatever_its_name(real_mnist: Path, tmp_path: Path) -> None:
    from gan.data.layouts.source import read_source
    from tests.gan.data.making import ignore

    images = ImageSet.of("anything", *read_source(real_mnist, ignore)[0][:2])

    assert choose_net(images, cache_dir=tmp_path).net.name == "mnist-1"


def test_other_labelled_images_get_a_network_of_their_own(
    stripes: ImageSet, tmp_path: Path
) -> None:
    chosen = choose_net(stripes, cache_dir=tmp_path)

    assert chosen.net.name.startswith("trained-")
    assert chosen.net.classes == (40, 45, 50)
    assert chosen.limits == ()


def test_it_is_trained_once(
    stripes: ImageSet, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = choose_net(stripes, cache_dir=cached.parent).net
    monkeypatch.setattr(choice, "fit_arrays", no_training)

    again = choose_net(stripes, cache_dir=cached.parent).net

    assert again.name == first.name
    np.testing.assert_array_equal(again.describe(digits())[0], first.describe(digits())[0])


def test_other_labels_of_the_same_images_are_other_data(stripes: ImageSet, cached: Path) -> None:
    assert stripes.labels is not None
    relabelled = ImageSet.of("stripes", stripes.images, stripes.labels + 1)

    choose_net(relabelled, cache_dir=cached.parent)

    assert len(list(cached.parent.iterdir())) == 2


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "long", "a link"])
def test_a_damaged_cache_is_not_believed(
    damage: str, stripes: ImageSet, cached: Path, tmp_path: Path
) -> None:
    before = choose_net(stripes, cache_dir=tmp_path).net.name
    content = bytearray(cached.read_bytes())
    if damage == "flipped":
        content[5000] ^= 1
    elif damage == "cut":
        content = content[:-1]
    elif damage == "empty":
        content = bytearray()
    elif damage == "long":
        content += b"\0"
    if damage == "a link":
        cached.rename(tmp_path / "elsewhere")
        cached.symlink_to(tmp_path / "elsewhere")
    else:
        cached.write_bytes(content)

    assert read_arrays(cached, 3) is None
    assert choose_net(stripes, cache_dir=tmp_path).net.name == before
    assert read_arrays(cached, 3) is not None


def test_weights_that_are_not_finite_are_not_read(tmp_path: Path) -> None:
    arrays = {name: np.zeros(*spec) for name, spec in layout(3).items()}
    arrays["classes/bias"][0] = np.nan

    write_arrays(tmp_path / "weights.bin", arrays)

    assert read_arrays(tmp_path / "weights.bin", 3) is None


def test_a_cache_that_cannot_be_written_does_no_harm(stripes: ImageSet, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.touch()

    assert choose_net(stripes, cache_dir=blocker / "cache").net.name.startswith("trained-")


def test_without_labels_features_are_a_projection(stripes: ImageSet, tmp_path: Path) -> None:
    chosen = choose_net(ImageSet.of("stripes", stripes.images), cache_dir=tmp_path)

    assert chosen.net.name == "projection-1"
    assert chosen.limits == (
        "no census and no confidence: the images have no labels; features are a fixed projection",
    )


def test_one_class_that_no_network_knows_gets_a_projection(
    stripes: ImageSet, tmp_path: Path
) -> None:
    same = np.full(len(stripes), 3, np.uint8)

    chosen = choose_net(ImageSet.of("stripes", stripes.images, same), cache_dir=tmp_path)

    assert chosen.net.name == "projection-1"
    assert "all images have the same label" in chosen.limits[0]


def test_too_few_images_of_a_class_get_a_projection(stripes: ImageSet, tmp_path: Path) -> None:
    assert stripes.labels is not None
    few = ImageSet.of("few", stripes.images[:50], stripes.labels[:50])

    chosen = choose_net(few, cache_dir=tmp_path)

    assert chosen.net.name == "projection-1"
    assert "50 images of 3 classes are too few to learn" in chosen.limits[0]


def test_wrong_labels_are_doubted(stripes: ImageSet, tmp_path: Path) -> None:
    assert stripes.labels is not None
    wrong = np.random.default_rng(0).permutation(stripes.labels)

    chosen = choose_net(ImageSet.of("stripes", stripes.images, wrong), cache_dir=tmp_path)

    assert chosen.net.name.startswith("trained-")
    assert "the census is doubtful" in chosen.limits[0]


def test_a_shipped_network_is_not_taken_for_digits_with_wrong_labels(
    labelled: ImageSet, tmp_path: Path
) -> None:
    assert labelled.labels is not None
    wrong = np.random.default_rng(0).permutation(labelled.labels)

    chosen = choose_net(ImageSet.of("digits", labelled.images, wrong), cache_dir=tmp_path)

    assert chosen.net.name.startswith("trained-")
    assert "the census is doubtful" in chosen.limits[0]
