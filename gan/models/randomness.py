"""Every random draw of a run, keyed by its purpose and step, without any state.

A draw is a pure function of (run seed, purpose, branch, step): it is the same in one long run and
in any number of resumed ones, whatever the size of an execution. The generators are counter-based
(Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), so neighbouring keys give
unrelated numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import tensorflow as tf

from gan.models.threefry import threefry
from gan.strategy.topology import WHOLE, Share

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    RandomBytes = Callable[[int, tuple[int, ...]], Any]
    """Random bytes for the n-th dropout layer of a network, from 0: uint8 of the given shape."""

Algorithm = Literal["threefry", "fused_threefry", "philox"]
"""`threefry` is nearly free if XLA compiles it: its 32-bit additions and rotations vectorise, and
Philox's wide multiplications don't (0.1 ms against 27 ms for 512 x 512 numbers on two CPU cores).
TensorFlow has `threefry` in compiled programs only. `fused_threefry` gives the same numbers in
fewer kernels on a GPU; see `gan.models.threefry`."""

_PURPOSES: Final = 65_536
"""Number of purposes per run seed; a seed and a purpose together fit an int64."""

# A key is two words, and XLA uses the low 32 bits of each: that leaves 16 bits of the run seed in
# the first, and 2**32 steps in the second. The rest of the seed and the branch shift the steps,
# modulo 2**32, so far that no run reaches the steps of another branch or seed with the same first
# word.

_BRANCH: Final = 0x9E37_79B9
"""Steps from one branch to the next: 2**32 divided by the golden ratio, whose multiples modulo
2**32 stay far apart."""

_SEEDS: Final = 0x85EB_CA6B
"""Steps from a run seed to that plus 2**16."""

_NORMAL_BITS: Final = 23
"""Bits of each word that a normal draw uses. The midpoint between two such numbers needs one bit
more, which makes the 24 of a float32."""


class Purpose(IntEnum):
    """What a draw is for. The numbers are part of a run's identity and never change."""

    LATENTS = 1
    """The batch of latents of a training step."""

    FIXED_LATENTS = 2
    """The latents that samples are generated from."""

    SHUFFLE = 3
    """The order of the images in an epoch."""

    GENERATOR_WEIGHTS = 4
    DISCRIMINATOR_WEIGHTS = 5

    TARGET_LATENTS = 6
    """The latents at the end of an interpolation."""

    REAL_SHIFTS = 7
    """How far each real image is shifted before the discriminator."""

    FAKE_SHIFTS = 8

    EVALUATION = 9
    """The latents whose images are measured."""

    REAL_SHIFTED = 10
    """Which real images are shifted."""

    FAKE_SHIFTED = 11

    MORE_SAMPLES = 12
    """The latents of images that are drawn from a checkpoint, besides the fixed ones."""

    REAL_DROPOUT = 256
    """Dropout layer 0 over real images, or over real and fake ones at once; layer n is this plus n.
    """

    FAKE_DROPOUT = 512
    """The same over fake images, if they have a pass of their own."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws of one training step, in the graph.

    A replica asks for as many as its share of the batch needs, and gets those that the same images
    have on one device: they are drawn for the whole batch, and it takes its rows.
    """

    run_seed: int
    """From 0 to 2**31 - 1."""

    step: Any
    """Steps completed before this one, a scalar int64 tensor."""

    algorithm: Algorithm

    branch: Any = 0
    """How many times the run was rolled back, a scalar int64 tensor or a number.

    Without it, a run that diverged would draw the same numbers again and diverge again.
    """

    share: Share = WHOLE
    """Whose draws they are."""

    def normal(self, purpose: int, shape: tuple[int, ...]) -> Any:
        """Float32 draws from the standard normal distribution, at most 5.3 in magnitude.

        The first axis is the batch.

        Computed by the inverse of the distribution function, which XLA runs on all cores.
        TensorFlow's own, by Box and Muller, runs on one: a step of `mlp-dropout` on two cores took
        11.0 ms with it and 10.5 ms with this.
        """
        rows = self._words(purpose, self._of_batch(shape))[self.share.rows]
        words = tf.bitwise.right_shift(rows, 32 - _NORMAL_BITS)
        # The midpoints of equal parts of (-1, 1), all exact in float32; neither end is drawn.
        midpoints = tf.cast(tf.cast(words, tf.int32), tf.float32) + 0.5
        return math.sqrt(2.0) * tf.math.erfinv(midpoints * 2.0 ** (1 - _NORMAL_BITS) - 1.0)

    def integers(self, purpose: int, shape: tuple[int, ...], count: int) -> Any:
        """Uniform int32 draws from 0 to `count` - 1, for a count up to 256.

        The last of two axes is the batch. No value is likelier than another by more than one part
        in 256.
        """
        axes, batch = shape
        whole = self._words(purpose, (axes, batch * self.share.replicas))
        halves = tf.bitwise.right_shift(whole[:, self.share.rows], 16)
        return tf.bitwise.right_shift(tf.cast(halves, tf.int32) * count, 16)

    def random_bytes(self, purpose: int, shape: tuple[int, ...]) -> Any:
        """Uniform uint8 draws, four from each 32-bit word; the first axis is the batch.

        It may be that of real images and of as many fake ones after them: the rows of a replica are
        the same in both, because all replicas take equally many.
        """
        whole = self._of_batch(shape)
        count = math.prod(whole)
        words = self._words(purpose, (-(-count // 4),))
        drawn = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint8), (-1,))[:count], whole)
        return drawn[self.share.rows]

    def dropout(self, first: Purpose) -> RandomBytes:
        """Random bytes for the dropout layers of one pass.

        Args:
            first: The purpose of the first layer's; the n-th layer's is this plus n.
        """
        return lambda place, shape: self.random_bytes(first + place, shape)

    def _of_batch(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape for the whole batch, of one for this share."""
        rows, *others = shape
        return (rows * self.share.replicas, *others)

    def _words(self, purpose: int, shape: tuple[int, ...]) -> Any:
        """Uniform uint32 draws."""
        if self.algorithm == "fused_threefry":
            return threefry(self._key(purpose), shape)
        return tf.random.stateless_uniform(
            shape,
            self._key(purpose),
            minval=None,
            maxval=None,
            dtype=tf.uint32,
            alg=self.algorithm,
        )

    def _key(self, purpose: int) -> Any:
        first = tf.constant(_first_word(self.run_seed, purpose), tf.int64)
        shift = tf.cast(self.branch, tf.int64) * _BRANCH + (self.run_seed >> 16) * _SEEDS
        return tf.stack([first, self.step + shift])


def fixed_latents(run_seed: int, draw: int, count: int, latent_dim: int) -> npt.NDArray[np.float32]:
    """The latents that samples are generated from: float32, count x latent_dim, standard normal.

    Args:
        run_seed: The run's seed.
        draw: 0 for the run's own latents, n for those of resample n.
        count: Number of latents.
        latent_dim: Length of each.
    """
    generator = _host_generator(run_seed, Purpose.FIXED_LATENTS, draw)
    return generator.standard_normal((count, latent_dim), np.float32)


def target_latents(
    run_seed: int, draw: int, count: int, latent_dim: int
) -> npt.NDArray[np.float32]:
    """The latents at the end of interpolation `draw` (from 0); never those of a resample."""
    generator = _host_generator(run_seed, Purpose.TARGET_LATENTS, draw)
    return generator.standard_normal((count, latent_dim), np.float32)


def evaluation_latents(
    run_seed: int, block: int, count: int, latent_dim: int
) -> npt.NDArray[np.float32]:
    """The latents of block `block` (from 0) of the images that are measured, as `fixed_latents`.

    They are the same at every evaluation of a run, so its figures differ by the generator alone.
    """
    generator = _host_generator(run_seed, Purpose.EVALUATION, block)
    return generator.standard_normal((count, latent_dim), np.float32)


def more_latents(seed: int, block: int, count: int, latent_dim: int) -> npt.NDArray[np.float32]:
    """The latents of block `block` (from 0) of images from a checkpoint, as `fixed_latents`."""
    generator = _host_generator(seed, Purpose.MORE_SAMPLES, block)
    return generator.standard_normal((count, latent_dim), np.float32)


def permutation(run_seed: int, epoch: int, count: int) -> npt.NDArray[np.int32]:
    """The order of `count` images in an epoch (from 0): int32, drawn on the host once per epoch."""
    order = np.arange(count, dtype=np.int32)
    # The order of `Generator.permutation`, without its copy of twice the size.
    _host_generator(run_seed, Purpose.SHUFFLE, epoch).shuffle(order)
    return order


def weights_seed(run_seed: int, purpose: Purpose, layer: int) -> int:
    """The seed, from 0 to 2**31 - 1, of the initial weights of a network's Dense layer `layer`."""
    words = np.random.SeedSequence([run_seed, purpose, layer]).generate_state(1)
    return int(words[0]) >> 1


def _first_word(run_seed: int, purpose: int) -> int:
    return run_seed * _PURPOSES + purpose


def _host_generator(run_seed: int, purpose: Purpose, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[_first_word(run_seed, purpose), index]))
