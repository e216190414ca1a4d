"""The order of the real images, the same wherever they are."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.data.image_file import FileImages, OpenFile
from gan.errors import DataError
from gan.strategy.topology import Share
from gan.training.feed import DeviceImages, HostImages
from tests.gan.small import BATCH, COUNT, STEPS_PER_EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images
    from gan.training.feed import Feed

    Place = Callable[..., Feed]

_THREE_BATCHES = 3 * BATCH * 28 * 28


def left_on_disk(images: Images, **options: Any) -> HostImages:
    """A feed from a file, which is deleted at once: it stays open."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(images.tobytes())
        file.flush()
        on_disk = FileImages(OpenFile(Path(file.name)), 0, len(images))
    return HostImages(on_disk, **options)


@pytest.fixture(
    params=[
        DeviceImages,
        partial(HostImages, window_bytes=_THREE_BATCHES),
        HostImages,
        partial(left_on_disk, window_bytes=_THREE_BATCHES),
        left_on_disk,
    ],
    ids=[
        "on the device",
        "on the host, three batches at once",
        "on the host, an epoch at once",
        "on disk, three batches at once",
        "on disk, an epoch at once",
    ],
)
def place(request: pytest.FixtureRequest) -> Place:
    made: Place = request.param
    return made


def batches(feed: Feed, epoch: int) -> np.ndarray:
    """The images of an epoch's batches, one after another."""
    step, end = epoch * feed.steps_per_epoch, (epoch + 1) * feed.steps_per_epoch
    drawn = []
    while step < end:
        steps = min(feed.window_steps, end - step)
        first = feed.ready(step, steps) * feed.batch_size
        chosen = feed.order.numpy()[first : first + steps * feed.batch_size]
        drawn.append(np.asarray(feed.images)[chosen])
        step += steps
    return np.concatenate(drawn)


def feeds(place: Place, images: Images, *, seed: int = 5) -> Feed:
    return place(images, batch_size=BATCH, seed=seed)


def which(images: Images, chosen: np.ndarray) -> list[int]:
    """The indices of images in the set."""
    numbers = {image.tobytes(): number for number, image in enumerate(images)}
    assert len(numbers) == len(images), "the images must all differ"
    return [numbers[image.tobytes()] for image in chosen]


def test_an_epoch_uses_every_image_at_most_once_and_drops_the_remainder(
    place: Place, digits: Images
) -> None:
    used = which(digits, batches(feeds(place, digits), 0))
    assert len(used) == len(set(used)) == STEPS_PER_EPOCH * BATCH
    assert COUNT - len(used) == 24


def test_each_epoch_has_its_own_order_and_remainder(place: Place, digits: Images) -> None:
    feed = feeds(place, digits)
    first, second = (which(digits, batches(feed, epoch)) for epoch in (0, 1))
    assert sum(one == other for one, other in zip(first, second, strict=True)) < 10
    assert set(first) != set(second)


def test_the_order_is_keyed_by_the_seed_alone(place: Place, digits: Images) -> None:
    forwards = feeds(place, digits)
    batches(forwards, 0)
    third = batches(forwards, 2)
    np.testing.assert_array_equal(batches(feeds(place, digits), 2), third)
    assert which(digits, batches(feeds(place, digits, seed=6), 2)) != which(digits, third)


def test_a_set_that_fills_one_batch_exactly_is_an_epoch_of_one_step(
    place: Place, digits: Images
) -> None:
    feed = feeds(place, digits[:BATCH])
    assert feed.steps_per_epoch == 1
    assert sorted(which(digits, batches(feed, 3))) == list(range(BATCH))


def test_all_places_give_the_same_batches(place: Place, digits: Images) -> None:
    on_device = DeviceImages(digits, batch_size=BATCH, seed=5)
    for epoch in (0, 3):
        np.testing.assert_array_equal(
            batches(feeds(place, digits), epoch), batches(on_device, epoch)
        )


def test_a_file_that_has_changed_is_an_error_at_the_next_steps(
    digits: Images, tmp_path: Path
) -> None:
    path = tmp_path / "digits"
    path.write_bytes(digits.tobytes())
    on_disk = FileImages(OpenFile(path), 0, len(digits))
    feed = HostImages(on_disk, batch_size=BATCH, seed=5, window_bytes=_THREE_BATCHES)
    feed.ready(0, 2)

    path.write_bytes(digits[:-1].tobytes())

    with pytest.raises(DataError, match="digits: received a file that went from 470400 to 469616"):
        feed.ready(2, 2)


def test_a_run_may_start_in_the_middle_of_an_epoch(place: Place, digits: Images) -> None:
    feed = feeds(place, digits)
    first = feed.ready(STEPS_PER_EPOCH + 4, 2) * BATCH

    drawn = np.asarray(feed.images)[feed.order.numpy()[first : first + 2 * BATCH]]

    epoch = batches(feeds(place, digits), 1)
    np.testing.assert_array_equal(drawn, epoch[4 * BATCH : 6 * BATCH])


def test_the_device_holds_one_execution_of_the_hosts_images(digits: Images) -> None:
    feed = HostImages(digits, batch_size=BATCH, seed=5, window_bytes=_THREE_BATCHES)
    assert feed.window_steps == 3
    assert feed.images.shape == (3 * BATCH, 28, 28)


def test_images_are_copied_for_several_executions_at_once(digits: Images) -> None:
    feed = HostImages(digits, batch_size=BATCH, seed=5)
    feed.ready(0, 2)
    window = feed.images

    assert [feed.ready(step, 2) for step in (2, 14, 0)] == [2, 14, 0]
    assert feed.images is window
    assert feed.ready(15, 2) == 0
    assert feed.images is not window


def test_steps_that_are_made_again_have_their_images_again(place: Place, digits: Images) -> None:
    """After a run was rolled back."""
    feed = feeds(place, digits)
    whole = batches(feed, 0)

    for step in (10, 1, 4, 2, 12):
        first = feed.ready(step, 2) * BATCH
        drawn = np.asarray(feed.images)[feed.order.numpy()[first : first + 2 * BATCH]]
        np.testing.assert_array_equal(drawn, whole[step * BATCH : (step + 2) * BATCH])


def test_after_a_file_could_not_be_read_nothing_of_it_counts_as_loaded(
    digits: Images, tmp_path: Path
) -> None:
    path = tmp_path / "digits"
    path.write_bytes(digits.tobytes())
    stamp = path.stat().st_mtime_ns
    on_disk = FileImages(OpenFile(path), 0, len(digits))
    feed = HostImages(on_disk, batch_size=BATCH, seed=5, window_bytes=_THREE_BATCHES)
    whole = batches(feed, 0)
    feed.ready(0, 3)
    path.write_bytes(b"")
    with pytest.raises(DataError):
        feed.ready(3, 3)
    path.write_bytes(digits.tobytes())
    os.utime(path, ns=(stamp, stamp))

    first = feed.ready(0, 3)

    assert first == 0
    np.testing.assert_array_equal(np.asarray(feed.images), whole[: 3 * BATCH])


def test_a_batch_larger_than_the_window_is_one_execution(digits: Images) -> None:
    feed = HostImages(digits, batch_size=BATCH, seed=5, window_bytes=1)
    assert feed.window_steps == 1


@pytest.mark.parametrize("replicas", [2, 4])
def test_replicas_share_the_batches_of_one_device(
    place: Place, digits: Images, replicas: int
) -> None:
    """Replica r of n takes images r, r + n, r + 2n and so on of each batch, in every epoch."""
    whole = feeds(place, digits)
    parts = [
        place(digits, batch_size=BATCH, seed=5, share=Share(replica, replicas))
        for replica in range(replicas)
    ]
    for epoch in range(2):
        expected = batches(whole, epoch)
        for replica, part in enumerate(parts):
            assert part.steps_per_epoch == whole.steps_per_epoch
            np.testing.assert_array_equal(batches(part, epoch), expected[replica::replicas])


def test_a_window_holds_more_steps_of_a_smaller_share(digits: Images) -> None:
    half = HostImages(
        digits, batch_size=BATCH, seed=5, share=Share(1, 2), window_bytes=_THREE_BATCHES
    )
    assert half.window_steps == 6
