"""Every random draw of a run, keyed by what it is for and at which step, with no state to lose.

A draw is a pure function of (run seed, purpose, branch, step): it is the same in one long run and
in any number of resumed ones, whatever the size of an execution. The generators are counter based
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

if TYPE_CHECKING:
    import numpy.typing as npt

Algorithm = Literal["threefry", "philox"]
"""`threefry` is nearly free where XLA compiles it (its 32-bit additions and rotations vectorise,
Philox's wide products do not: 27 ms against 0.1 ms for 512 x 512 numbers on two CPU cores), but
TensorFlow has it in compiled programs only."""

_PURPOSES: Final = 65_536
"""Room for purposes under one run seed; both together fit an int64."""

# A key is two words, and XLA takes the low 32 bits of each: the first is left with 16 bits of the
# run seed, the second with a circle of 2**32 steps. What does not fit the first moves round that
# circle, so far that no run comes near where another branch or seed of the same first word draws.

_BRANCH: Final = 0x9E37_79B9
"""Steps from one branch to the next: the golden section, whose multiples keep away from all."""

_SEEDS: Final = 0x85EB_CA6B
"""Steps from a run seed to that plus 2**16."""

_NORMAL_BITS: Final = 23
"""Of each word, for a normal draw: the middle between two of so many bits needs one more, which is
all that float32 has."""


class Purpose(IntEnum):
    """What a draw is for. The numbers are part of a run's identity and never change."""

    LATENTS = 1
    """The batch of latents of a training step."""

    FIXED_LATENTS = 2
    """The sixteen latents that the samples are drawn from."""

    SHUFFLE = 3
    """The order of the images in an epoch."""

    GENERATOR_WEIGHTS = 4
    DISCRIMINATOR_WEIGHTS = 5

    TARGET_LATENTS = 6
    """The sixteen latents at the far end of an interpolation."""

    REAL_DROPOUT = 256
    """The first dropout layer over real images, or over both at once; the n-th is this plus n."""

    FAKE_DROPOUT = 512
    """The same over fake images where they are judged apart."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws of one training step, in the graph."""

    run_seed: int
    """From 0 to 2**31 - 1."""

    step: Any
    """Steps completed before this one, a scalar int64 tensor."""

    algorithm: Algorithm

    branch: Any = 0
    """How many times the run was rolled back, a scalar int64 tensor or a number.

    Without it a run that diverged would draw the same numbers again and diverge again.
    """

    def normal(self, purpose: int, shape: tuple[int, ...]) -> Any:
        """Float32 draws from the standard normal distribution, none beyond 5.3 in size.

        By the inverse of its distribution function, which XLA makes one pass of on all cores;
        TensorFlow's own, of Box and Muller, stays on one (a step of `mlp` on two cores took
        10.5 ms with this and 11.0 ms with that).
        """
        words = tf.bitwise.right_shift(self._words(purpose, shape), 32 - _NORMAL_BITS)
        # The middles of equal parts of (-1, 1), all exact in float32, so that neither end is drawn.
        middles = tf.cast(tf.cast(words, tf.int32), tf.float32) + 0.5
        return math.sqrt(2.0) * tf.math.erfinv(middles * 2.0 ** (1 - _NORMAL_BITS) - 1.0)

    def random_bytes(self, purpose: int, shape: tuple[int, ...]) -> Any:
        """Uint8 draws, every value as likely as any other; four of each number that is drawn."""
        count = math.prod(shape)
        words = self._words(purpose, (-(-count // 4),))
        return tf.reshape(tf.reshape(tf.bitcast(words, tf.uint8), (-1,))[:count], shape)

    def _words(self, purpose: int, shape: tuple[int, ...]) -> Any:
        """Uint32 draws, every value as likely as any other."""
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
        begins = tf.cast(self.branch, tf.int64) * _BRANCH + (self.run_seed >> 16) * _SEEDS
        return tf.stack([first, self.step + begins])


def fixed_latents(run_seed: int, draw: int, count: int, latent_dim: int) -> npt.NDArray[np.float32]:
    """The latents that samples come from, float32, count x latent_dim, standard normal.

    Args:
        run_seed: The run's seed.
        draw: 0 for the run's own latents, n for those of the n-th resample.
        count: How many.
        latent_dim: Length of each.
    """
    generator = _host_generator(run_seed, Purpose.FIXED_LATENTS, draw)
    return generator.standard_normal((count, latent_dim), np.float32)


def target_latents(
    run_seed: int, draw: int, count: int, latent_dim: int
) -> npt.NDArray[np.float32]:
    """The latents that the `draw`-th interpolation (from 0) goes to; never those of a resample."""
    generator = _host_generator(run_seed, Purpose.TARGET_LATENTS, draw)
    return generator.standard_normal((count, latent_dim), np.float32)


def permutation(run_seed: int, epoch: int, count: int) -> npt.NDArray[np.int32]:
    """The order of `count` images in an epoch (from 0), int32, drawn on the host once an epoch."""
    generator = _host_generator(run_seed, Purpose.SHUFFLE, epoch)
    return generator.permutation(count).astype(np.int32)


def weights_seed(run_seed: int, purpose: Purpose, layer: int) -> int:
    """The seed, from 0 to 2**31 - 1, of the first weights of a network's `layer`-th Dense layer."""
    words = np.random.SeedSequence([run_seed, purpose, layer]).generate_state(1)
    return int(words[0]) >> 1


def _first_word(run_seed: int, purpose: int) -> int:
    return run_seed * _PURPOSES + purpose


def _host_generator(run_seed: int, purpose: Purpose, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[_first_word(run_seed, purpose), index]))
