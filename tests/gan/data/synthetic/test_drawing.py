from __future__ import annotations

import hashlib

import numpy as np
import pytest

from gan.data.synthetic import drawing
from gan.data.synthetic.drawing import DRAWING_VERSION, draw_digits
from gan.data.synthetic.placing import centre_by_mass
from gan.events import IMAGE_SIDE
from tests.gan.data.making import ignore


@pytest.fixture(scope="module")
def thousand() -> tuple[np.ndarray, np.ndarray]:
    return draw_digits(1000, 3, ignore)


def test_a_seed_always_draws_the_same_digits(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = draw_digits(1000, 3, ignore)

    np.testing.assert_array_equal(images, thousand[0])
    np.testing.assert_array_equal(labels, thousand[1])


def test_another_seed_draws_other_digits(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = draw_digits(1000, 4, ignore)

    assert (images != thousand[0]).any(axis=(1, 2)).all()
    assert (labels != thousand[1]).any()


@pytest.mark.parametrize("batch", [1, 7, 1000, 5000])
def test_the_batch_does_not_matter(batch: int) -> None:
    images, labels = draw_digits(100, 5, ignore)

    in_batches = draw_digits(100, 5, ignore, batch=batch)

    np.testing.assert_array_equal(in_batches[0], images)
    np.testing.assert_array_equal(in_batches[1], labels)


def test_the_version_stands_for_these_pixels() -> None:
    """If this fails, the drawing has changed: increase the version, so that caches are renewed."""
    images, labels = draw_digits(500, 0, ignore)

    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()

    assert (DRAWING_VERSION, digest[:16]) == (1, "7ccef36eb10c3d75")


def test_there_are_equally_many_of_each_digit(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    assert np.bincount(thousand[1]).tolist() == [100] * 10


def test_the_digits_are_shuffled(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    labels = thousand[1]

    assert (labels[:100] != np.arange(100) % 10).sum() > 50
    assert (np.bincount(labels[:200], minlength=10) > 5).all()


def test_images_are_bytes_on_a_black_background(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    images = thousand[0]

    assert images.shape == (1000, IMAGE_SIDE, IMAGE_SIDE)
    assert images.dtype == np.uint8
    assert (images.max(axis=(1, 2)) > 230).all()
    assert ((images == 0).mean(axis=(1, 2)) > 0.5).all()


def test_digits_are_centred_by_mass(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    images = thousand[0].astype(np.float64)
    places = np.arange(IMAGE_SIDE)

    mass = images.sum(axis=(1, 2))
    down = images.sum(axis=2) @ places / mass
    across = images.sum(axis=1) @ places / mass

    assert np.abs(down - 13.5).max() <= 0.5
    assert np.abs(across - 13.5).max() <= 0.5


def test_digits_fill_a_box_of_twenty_pixels(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    inked = thousand[0] > 0

    longer = np.maximum(inked.any(axis=2).sum(axis=1), inked.any(axis=1).sum(axis=1))

    assert longer.max() == 20
    assert longer.min() >= 17
    assert (longer >= 19).mean() > 0.9


def test_the_ink_is_distributed_as_in_mnist(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    """MNIST's training images: mean 33.3, 19.1 % of the pixels not black, 7.4 % at 250 or more."""
    images = thousand[0]

    assert images.mean() == pytest.approx(33.3, abs=2)
    assert (images > 0).mean() == pytest.approx(0.191, abs=0.01)
    assert (images >= 250).mean() == pytest.approx(0.074, abs=0.01)


def test_nearest_neighbours_recognise_the_digits() -> None:
    """An illegible digit would be nearest to a different one."""
    images, labels = draw_digits(2500, 6, ignore)
    pixels = images.reshape(2500, -1).astype(np.float32) / 255
    known, unknown = pixels[:2000], pixels[2000:]

    distances = (known * known).sum(axis=1) - 2 * unknown @ known.T
    read = labels[distances.argmin(axis=1)]

    right = read == labels[2000:]
    assert right.mean() > 0.9
    for digit in range(10):
        assert right[labels[2000:] == digit].mean() > 0.75


def test_no_digit_is_drawn_twice(thousand: tuple[np.ndarray, np.ndarray]) -> None:
    assert len({image.tobytes() for image in thousand[0]}) == 1000


def test_progress_ends_with_everything_drawn() -> None:
    reports: list[tuple[str, int, int, str]] = []

    draw_digits(25, 0, lambda *report: reports.append(report), batch=10)

    assert reports == [("drawing digits", done, 25, "images") for done in (10, 20, 25)]


def test_a_stop_does_not_wait_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def counted(boxes: np.ndarray) -> np.ndarray:
        begun.append(len(boxes))
        return centre_by_mass(boxes)

    def stop(_what: str, _done: int, _total: int, _unit: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drawing, "centre_by_mass", counted)
    with pytest.raises(KeyboardInterrupt):
        draw_digits(4_000, 0, stop, batch=10)
    assert len(begun) < 400


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: np.ndarray) -> np.ndarray:
        raise MemoryError

    monkeypatch.setattr(drawing, "centre_by_mass", fail)
    with pytest.raises(MemoryError):
        draw_digits(20, 0, ignore, batch=10)
