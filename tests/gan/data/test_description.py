"""What a source is, in figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from gan.data.description import ImageClass, describe
from gan.data.image_set import ImageSet, Note
from gan.data.loader import Loaded, load
from gan.data.original import Size
from tests.gan.data.genuine import picture_bytes
from tests.gan.data.making import Reports, digits, ignore, npy_bytes, npz_bytes, write

if TYPE_CHECKING:
    from pathlib import Path


def test_its_values_are_those_of_all_pixels() -> None:
    pixels = np.full((3, 28, 28), 10, np.uint8)
    pixels[2, 5, 5], pixels[0, 0, 0] = 200, 7

    found = describe(Loaded(ImageSet.of("a", pixels), "a test"), ignore)

    assert (found.images, found.low, found.high) == (3, 7, 200)
    assert found.mean == pixels.mean()


def test_its_classes_have_their_names_and_counts() -> None:
    labels = np.array([2, 0, 2, 2, 0], np.uint8)
    named = ImageSet.of("a", digits(5), labels, ("cat", "dog", "owl"))

    found = describe(Loaded(named, "a test"), ignore)

    assert found.classes == (ImageClass("cat", 2), ImageClass("owl", 3))
    numbered = describe(Loaded(ImageSet.of("a", digits(5), labels), "a test"), ignore)
    assert [one.name for one in numbered.classes] == ["0", "2"]


def test_its_original_is_what_the_file_held(tmp_path: Path) -> None:
    floats = np.linspace(-1, 1, 3 * 32 * 32, dtype=np.float32).reshape(3, 32, 32)
    loaded = load(str(write(tmp_path / "a.npz", npz_bytes(images=floats))), progress=ignore)

    original = describe(loaded, ignore).original

    assert original is not None
    assert (original.smallest, original.element) == (Size(32, 32), "float32")
    assert (original.low, original.high) == (-1, 1)


def test_the_original_of_pictures_is_their_sizes(tmp_path: Path) -> None:
    for name, shape in (("a", (28, 28)), ("b", (40, 30)), ("c", (28, 28))):
        write(tmp_path / f"{name}.png", picture_bytes(np.eye(*shape, dtype=np.uint8) * 255))

    original = load(str(tmp_path), progress=ignore).original

    assert original is not None
    assert original.described() == "pictures of 2 sizes, 28 x 28 to 40 x 30"


def test_it_is_looked_at_with_progress() -> None:
    reports = Reports()

    describe(Loaded(ImageSet.of("a", np.zeros((5001, 28, 28), np.uint8)), "a test"), reports)

    assert [call[1:] for call in reports.calls] == [(5000, 5001, "images"), (5001, 5001, "images")]


def test_json_tells_notes_from_warnings(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npy", npy_bytes(digits(4)))
    loaded = load(str(path), progress=ignore)
    notes = (Note("done"), Note("left out", is_warning=True))

    record = describe(Loaded(loaded.images, "a test", notes, loaded.original), ignore).to_json()

    assert json.loads(json.dumps(record)) == record | {
        "original": {**record["original"], "smallest": [28, 28], "largest": [28, 28]}
    }
    assert (record["notes"], record["warnings"]) == (["done"], ["left out"])
    assert record["fingerprint"] == loaded.images.fingerprint
