"""Threefry's random words, each computed from its own place, for XLA to draw where they are used.

XLA's own generator, which `tf.random.stateless_uniform` uses, computes words by the pair, as two
arrays that it joins. On a GPU these are kernels of their own, several for each draw, and so small
that launching them is most of what they cost. Here every word is computed from its place in the
array, and half of each pair is thrown away: twice the arithmetic, and no array of words at all. On
a CPU, where arithmetic is what costs, XLA's own is faster. Both give the same words.
"""

from __future__ import annotations

import math
from typing import Any, Final

import tensorflow as tf

_ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY: Final = 0x1BD1_1BDA
_GROUPS: Final = 5
"""Of four rounds each: the 20 rounds of Threefry-2x32-20."""

_WORD: Final = 32
_LOW: Final = 0xFFFF_FFFF


def threefry(seed: Any, shape: tuple[int, ...]) -> Any:
    """Uniform uint32 words, the same as XLA draws from a seed.

    Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.

    Args:
        seed: Two int64 numbers, of which the low 32 bits count.
        shape: How many words; at least one.
    """
    counter, is_second = _places(shape)
    words = tf.cast(tf.bitwise.bitwise_and(seed, _LOW), tf.uint32)
    first, second = _rounds((words[0], words[1]), (counter, tf.zeros(shape, tf.uint32)))
    return tf.where(is_second, second, first)


def _places(shape: tuple[int, ...]) -> tuple[Any, Any]:
    """For each word, the number of its pair, and whether it is the second of it.

    XLA pairs neighbours along the first axis of even length, or else along the longest one, where
    the last word has no partner.
    """
    even = (axis for axis, length in enumerate(shape) if length % 2 == 0)
    axis = next(even, max(range(len(shape)), key=lambda axis: shape[axis]))
    inner = math.prod(shape[axis + 1 :])
    pairs = -(-shape[axis] // 2)
    place = tf.range(math.prod(shape))
    along = place // inner % shape[axis]
    number = (place // (inner * shape[axis]) * pairs + along // 2) * inner + place % inner
    numbers = tf.cast(tf.reshape(number, shape), tf.uint32)
    return numbers, tf.reshape(along % 2 == 1, shape)


def _rounds(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Threefry-2x32 of a counter, with 20 rounds."""
    keys = (
        *key,
        tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(*key), tf.constant(_PARITY, tf.uint32)),
    )
    first, second = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(_GROUPS):
        for turn in _ROTATIONS[group % 2]:
            first = first + second
            second = tf.bitwise.bitwise_xor(_rotated(second, turn), first)
        first = first + keys[(group + 1) % 3]
        second = second + keys[(group + 2) % 3] + tf.constant(group + 1, tf.uint32)
    return first, second


def _rotated(words: Any, turn: int) -> Any:
    left = tf.bitwise.left_shift(words, tf.constant(turn, tf.uint32))
    right = tf.bitwise.right_shift(words, tf.constant(_WORD - turn, tf.uint32))
    return tf.bitwise.bitwise_or(left, right)
