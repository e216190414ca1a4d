"""Draws as many images as anybody likes from a checkpoint's generator, a block at a time.

A block is always generated whole, whatever number of images is asked for: an image has the same
bits among sixteen and among a million. The first block of a run is its fixed latents alone, so its
images are those that the trainer's samples have at that step.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain, count
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.errors import GanTuiError, UsageError
from gan.events import SAMPLES
from gan.session.generating import opened_generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gan.config import RunConfig
    from gan.events import Floats, Images
    from gan.run.checkpoints.reading import Checkpoint
    from gan.session.generating import Generate

    Accepts = Callable[[Images], npt.NDArray[np.bool_]]
    """Which of some images are wanted."""

BLOCK: Final = 500
"""Images that are generated at once."""

FRAMES: Final = 24
"""Frames of a film from one image to the next: two seconds at 12 frames a second."""

PATIENCE: Final = 50_000
"""Images in a row, none of them wanted, after which no more are generated."""


class Drawn(NamedTuple):
    """Some images and what they were made of."""

    images: Images
    """uint8, n x 28 x 28."""

    latents: Floats
    """float32, n x latent_dim."""


class Block(NamedTuple):
    """A block of latents that was tried."""

    drawn: Drawn
    """Those that are wanted, perhaps none."""

    tried: int
    """How many latents it had."""


class CheckpointSampler:
    """Draws from one checkpoint. Each call begins with the first latents again."""

    def __init__(
        self, generate: Generate, latents: Callable[[], Iterable[Floats]], accepts: Accepts | None
    ) -> None:
        """Begin with nothing drawn.

        Args:
            generate: The generator.
            latents: Makes the blocks of latents, float32, any number x latent_dim each.
            accepts: Which images are wanted; `None` for all.
        """
        self._generate, self._latents, self._accepts = generate, latents, accepts

    def draw(self, wanted: int) -> Iterator[Drawn]:
        """Draw images; as many as are wanted, in blocks of up to `BLOCK`.

        Raises:
            UsageError: There are not so many latents.
            GanTuiError: `PATIENCE` images in a row were not accepted.
        """
        left, refused = wanted, 0
        for (images, latents), tried in self.blocks():
            if len(images):
                yield Drawn(images[:left], latents[:left])
                left, refused = max(left - len(images), 0), 0
            else:
                refused += tried
            if not left:
                return
            if refused >= PATIENCE:
                raise GanTuiError(
                    f"none of the last {refused:,} images is wanted, after {wanted - left:,} of "
                    f"{wanted:,}. Ask for fewer, or draw from another checkpoint."
                )
        found = wanted - left
        raise UsageError(
            f"the latents give {found:,} images, expected {wanted:,}. "
            + (f"Ask for -n {found}." if found else "Give other latents.")
        )

    def blocks(self) -> Iterator[Block]:
        """All images that are wanted, by the block of latents; without end unless those have one.

        Raises:
            UsageError: As the latents do.
        """
        for latents in self._latents():
            images = self._generate(latents)
            chosen = self._chosen(images)
            yield Block(Drawn(images[chosen], latents[chosen]), len(latents))

    def film(self, stops: int, tiles: int) -> Iterator[Images]:
        """Draw a film that leads each tile through some images and back to the first.

        The stops are the images that `draw` gives, `tiles` of them each.

        Args:
            stops: Images of a tile that it passes through, at least 2.
            tiles: How many images are side by side.

        Yields:
            The frames, `FRAMES` from one stop to the next: uint8, tiles x 28 x 28.

        Raises:
            UsageError: As `draw`; and `GanTuiError`.
        """
        # TensorFlow is imported with it, which it is already where there is a generator.
        from gan.training.sampling import slerp

        drawn = list(self.draw(stops * tiles))
        latents = np.concatenate([block.latents for block in drawn])
        points = latents.reshape(stops, tiles, latents.shape[1])
        for number in range(stops):
            path = slerp(points[number], points[(number + 1) % stops], FRAMES + 1)
            # The last point is the first of the next arc.
            yield from map(self._generate, path[:FRAMES])

    def _chosen(self, images: Images) -> npt.NDArray[np.intp]:
        if self._accepts is None:
            return np.arange(len(images))
        return np.flatnonzero(self._accepts(images))


@contextmanager
def opened_sampler(
    config: RunConfig,
    checkpoint: Checkpoint,
    *,
    seed: int | None = None,
    latents: npt.NDArray[np.floating] | None = None,
    accepts: Accepts | None = None,
    raw: bool = False,
    device: str = "auto",
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[CheckpointSampler]:
    """A sampler of a checkpoint, within the block.

    Args:
        config: The run's configuration.
        checkpoint: What is drawn from.
        seed: The seed of the latents; `None` for the run's fixed latents and then others of its
            seed.
        latents: The latents themselves, n x latent_dim of any float dtype and finite in float32;
            they win over a seed.
        accepts: Which images are wanted; `None` for all.
        raw: Whether to draw from the generator that is trained, not from its average.
        device: What to draw on, as `RunConfig.device`.
        report: Receives a sentence about the device.

    Raises:
        CheckpointError: The checkpoint is not that of such networks.
        DeviceError: The device can't be used, or has not enough memory.
    """
    draw, dim = checkpoint.resume_point.draw, config.latent_dim

    def blocks() -> Iterable[Floats]:
        if latents is not None:
            return _given(latents)
        if seed is not None:
            return _seeded(seed, dim)
        return _of_run(config.seed, draw, dim)

    opened = opened_generator(config, checkpoint, device=device, raw=raw, report=report)
    with opened as generate:
        yield CheckpointSampler(generate, blocks, accepts)


def _of_run(run_seed: int, draw: int, latent_dim: int) -> Iterator[Floats]:
    """The latents of the run's samples, then others without end."""
    from gan.models.randomness import fixed_latents

    yield from chain(
        [fixed_latents(run_seed, draw, SAMPLES, latent_dim)], _seeded(run_seed, latent_dim)
    )


def _seeded(seed: int, latent_dim: int) -> Iterator[Floats]:
    from gan.models.randomness import more_latents

    return (more_latents(seed, block, BLOCK, latent_dim) for block in count())


def _given(latents: npt.NDArray[np.floating]) -> Iterator[Floats]:
    return (
        np.asarray(latents[begin : begin + BLOCK], np.float32)
        for begin in range(0, len(latents), BLOCK)
    )
