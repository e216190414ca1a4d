"""Images from a checkpoint: those of the trainer, the same however many are asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.commands import Resample
from gan.errors import CheckpointError, GanTuiError, UsageError
from gan.run.config_file import read_config
from gan.run.reference import load_checkpoint
from gan.session.run_classifier import recogniser
from gan.session.sampling import FRAMES, PATIENCE, CheckpointSampler, opened_sampler
from gan.training.sampling import slerp
from tests.gan.housing import when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import Floats, Images
    from gan.run.directory import RunDirectory
    from tests.gan.housing import Ended, House

DIM = 2


def shaded(latents: Floats) -> Images:
    """A generator whose images are as bright as the first number of their latents."""
    greys = np.clip(latents[:, 0], 0, 255).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None], (len(greys), 28, 28))


def counted(blocks: int = 10**6, size: int = 4) -> Iterator[Floats]:
    """Latents that count up from 0."""
    for block in range(blocks):
        numbers = np.arange(block * size, (block + 1) * size, dtype=np.float32)
        yield np.stack([numbers, -numbers], axis=1)


def images_of(sampler: CheckpointSampler, wanted: int) -> Images:
    return np.concatenate([drawn.images for drawn in sampler.draw(wanted)])


@pytest.mark.parametrize("wanted", [1, 3, 4, 5, 8, 11])
def test_as_many_are_drawn_as_are_wanted_and_the_first_stay_the_same(wanted: int) -> None:
    sampler = CheckpointSampler(shaded, counted, None)
    assert images_of(sampler, wanted)[:, 0, 0].tolist() == list(range(wanted))


def test_a_block_is_generated_whole_however_few_are_wanted() -> None:
    """Fewer images at once could have other bits."""
    sizes: list[int] = []

    def generate(latents: Floats) -> Images:
        sizes.append(len(latents))
        return shaded(latents)

    assert len(images_of(CheckpointSampler(generate, counted, None), 5)) == 5
    assert sizes == [4, 4]


def test_each_image_comes_with_its_latents() -> None:
    for drawn in CheckpointSampler(shaded, counted, None).draw(7):
        np.testing.assert_array_equal(drawn.images[:, 0, 0], drawn.latents[:, 0])


class TestChoosing:
    def test_only_those_that_are_accepted_come(self) -> None:
        sampler = CheckpointSampler(shaded, counted, lambda images: images[:, 0, 0] % 3 == 1)
        drawn = list(sampler.draw(4))
        assert [int(grey) for one in drawn for grey in one.images[:, 0, 0]] == [1, 4, 7, 10]
        assert [float(z) for one in drawn for z in one.latents[:, 0]] == [1, 4, 7, 10]

    def test_it_gives_up_once_none_is_found_for_long(self) -> None:
        def only_first(images: Images) -> Any:
            return images[:, 0, 0] == 0

        sampler = CheckpointSampler(shaded, lambda: counted(size=1000), only_first)
        with pytest.raises(GanTuiError, match=f"none of the last {PATIENCE:,} .* after 1 of 2"):
            list(sampler.draw(2))


def test_too_few_latents_are_refused_with_their_number() -> None:
    sampler = CheckpointSampler(shaded, lambda: counted(blocks=2), None)
    with pytest.raises(UsageError, match="give 8 images, expected 9"):
        list(sampler.draw(9))


class TestFilms:
    def film(self, stops: int = 3, tiles: int = 2) -> list[Floats]:
        seen: list[Floats] = []

        def generate(latents: Floats) -> Images:
            seen.append(latents.copy())
            return shaded(latents)

        def points() -> Iterator[Floats]:
            yield np.random.default_rng(0).standard_normal((stops * tiles, DIM), np.float32)

        frames = list(CheckpointSampler(generate, points, None).film(stops, tiles))
        assert len(frames) == stops * FRAMES
        assert all(frame.shape == (tiles, 28, 28) for frame in frames)
        # The first call drew the stops themselves.
        return seen

    def test_it_passes_through_the_images_that_are_drawn(self) -> None:
        points, *path = self.film()
        for stop in range(3):
            np.testing.assert_array_equal(path[stop * FRAMES], points[2 * stop : 2 * stop + 2])

    def test_it_leads_back_to_the_first_on_the_arc(self) -> None:
        points, *path = self.film()
        arc = slerp(points[4:], points[:2], FRAMES + 1)
        np.testing.assert_array_equal(np.stack(path[2 * FRAMES :]), arc[:-1])

    def test_no_frame_comes_twice_in_a_row(self) -> None:
        _, *path = self.film()
        assert not any(np.array_equal(one, other) for one, other in pairwise([*path, path[0]]))


@pytest.fixture
def ended(house: House) -> Ended:
    return house.train(steps=20, sample_every="10", checkpoint_every="10")


def opened(run: RunDirectory, at: Any = None, **options: Any) -> Any:
    return opened_sampler(read_config(run), load_checkpoint(run, at), **options)


def samples(run: RunDirectory, step: int) -> dict[str, np.ndarray]:
    with np.load(run.samples_path / f"{step:06d}.npz") as archive:
        return dict(archive)


@pytest.mark.parametrize("step", [10, 20])
def test_the_first_sixteen_are_the_trainers_own_samples(ended: Ended, step: int) -> None:
    kept = samples(ended.run, step)
    with opened(ended.run, step) as sampler:
        (drawn,) = sampler.draw(16)
        first, *_ = sampler.draw(600)
    np.testing.assert_array_equal(drawn.images, kept["images"])
    np.testing.assert_array_equal(drawn.latents, kept["latents"])
    np.testing.assert_array_equal(first.images, kept["images"])


def test_they_are_those_of_the_latents_that_the_run_had_then(house: House) -> None:
    on = when(events.SamplesDrawn, Resample())
    ended = house.train(steps=20, sample_every="10", checkpoint_every="10", on=on)
    assert len({samples(ended.run, step)["latents"].tobytes() for step in (0, 20)}) == 2
    with opened(ended.run) as sampler:
        (drawn,) = sampler.draw(16)
    np.testing.assert_array_equal(drawn.images, samples(ended.run, 20)["images"])


def test_latents_that_are_given_make_their_images(ended: Ended) -> None:
    kept = samples(ended.run, 10)
    with opened(ended.run, 10, latents=kept["latents"].astype(np.float64)) as sampler:
        np.testing.assert_array_equal(images_of(sampler, 16), kept["images"])


def test_a_seed_gives_the_same_images_every_time_and_others_than_another(ended: Ended) -> None:
    def of(seed: int) -> Images:
        with opened(ended.run, seed=seed) as sampler:
            return images_of(sampler, 5)

    np.testing.assert_array_equal(of(1), of(1))
    assert not np.array_equal(of(1), of(2))


def test_the_raw_generator_gives_other_images_of_the_same_latents(ended: Ended) -> None:
    with opened(ended.run) as sampler, opened(ended.run, raw=True) as raw:
        (averaged,), (trained,) = sampler.draw(16), raw.draw(16)
    np.testing.assert_array_equal(averaged.latents, trained.latents)
    assert not np.array_equal(averaged.images, trained.images)


def test_a_checkpoint_of_other_networks_is_refused(ended: Ended, house: House) -> None:
    other = house.config(preset="tutorial")
    with (
        pytest.raises(CheckpointError, match="does not match these networks"),
        opened_sampler(other, load_checkpoint(ended.run, None)),
    ):
        pytest.fail("the checkpoint was taken")


def test_the_run_stays_as_it_is(ended: Ended) -> None:
    before = {path: path.stat().st_mtime_ns for path in ended.run.path.rglob("*")}
    with opened(ended.run) as sampler:
        list(sampler.draw(16))
    assert {path: path.stat().st_mtime_ns for path in ended.run.path.rglob("*")} == before


class TestRecognising:
    def test_images_without_labels_have_no_classes(self, ended: Ended) -> None:
        with pytest.raises(UsageError, match="--digit 7: no classifier knows the classes"):
            recogniser(ended.run, read_config(ended.run), 7, lambda _: None)
