"""The limit of a training step: its matrix products and nothing else.

What a step multiplies follows from the networks: each Dense layer is applied once forward, and in
the backward pass multiplied once for its weights and once for what came before it. Nothing between
the products is counted: no activation, no normalisation, no noise, no optimizer. So no step of the
same networks in the same framework can be faster, and the share of this that a step reaches says
how much of its time is spent on the inevitable.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.bfloat16 import Product
    from gan.models.networks import Networks

_NEARLY_NOTHING = 1e-30
"""Makes each turn of the loop depend on the one before, or the compiler would make it once."""


_TRIED_STEPS: Final = 10
_TRIES: Final = 5


class Shapes(NamedTuple):
    """The sizes of a pair of networks: the units of each layer, the input's first."""

    generator: tuple[int, ...]
    discriminator: tuple[int, ...]


def shapes_of(networks: Networks) -> Shapes:
    """The sizes of the Dense layers of both networks."""
    return Shapes(_sizes(networks.generator), _sizes(networks.discriminator))


def flop_per_step(shapes: Shapes, batch_size: int) -> int:
    """Floating-point operations in the products of one step, a multiplication and an addition each.

    The generator: forward, and back for every layer's weights and all inputs but the latents. The
    discriminator: forward on real and fake images; back for its own loss on both, for weights and
    all inputs but the images; and back for the generator's loss on the fakes, for inputs alone.
    """
    generator = [before * after for before, after in pairwise(shapes.generator)]
    discriminator = [before * after for before, after in pairwise(shapes.discriminator)]
    back_to_inputs = sum(generator[1:]) + 2 * sum(discriminator[1:]) + sum(discriminator)
    products = 2 * sum(generator) + 4 * sum(discriminator) + back_to_inputs
    return 2 * batch_size * products


def matmul_loop(networks: Networks, batch_size: int) -> Callable[[int], None]:
    """Compile the products of a step as a loop; calling it makes so many steps of them.

    They are made as the networks make theirs while they train, or by `tf.matmul`, whichever takes
    less time here.
    """
    products = {networks.product or tf.matmul, tf.matmul}
    loops = [_loop_of(product, networks, batch_size) for product in products]
    return min(loops, key=_seconds)


def _seconds(loop: Callable[[int], None]) -> float:
    """What some steps take, the least of a few times, once they are compiled."""
    loop(_TRIED_STEPS)
    times = []
    for _ in range(_TRIES):
        begun = time.perf_counter()
        loop(_TRIED_STEPS)
        times.append(time.perf_counter() - begun)
    return min(times)


def _loop_of(product: Product, networks: Networks, batch_size: int) -> Callable[[int], None]:
    shapes = shapes_of(networks)
    weights = [_matrices(sizes) for sizes in shapes]
    latents = tf.random.normal((batch_size, shapes.generator[0]))
    images = tf.random.normal((batch_size, shapes.discriminator[0]))
    apart = networks.normalises_batches

    def loop(steps: Any) -> Any:
        def body(index: Any, *before: Any) -> tuple[Any, ...]:
            nothing = 1.0 + _NEARLY_NOTHING * before[0][0, 0]
            inputs = latents * nothing, images * nothing
            products = _step(*inputs, *weights, product=product, apart=apart)
            return (index + 1, *products)

        empty = [tf.zeros_like(matrix) for network in weights for matrix in network]
        return tf.while_loop(
            lambda index, *_: index < steps, body, (tf.constant(0), *empty), parallel_iterations=1
        )

    compiled = tf.function(loop, jit_compile=True)

    def run(steps: int) -> None:
        compiled(tf.constant(steps))[1].numpy()

    return run


def _sizes(network: Any) -> tuple[int, ...]:
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    return (int(layers[0].kernel.shape[0]), *(layer.units for layer in layers))


def _matrices(sizes: tuple[int, ...]) -> list[Any]:
    return [tf.random.normal(pair, stddev=pair[0] ** -0.5) for pair in pairwise(sizes)]


def _step(
    latents: Any,
    images: Any,
    generator: list[Any],
    discriminator: list[Any],
    *,
    product: Product,
    apart: bool,
) -> list[Any]:
    """Every product of one step of linear networks; the weights' gradients are what is kept."""
    g_inputs, fakes = _forward(latents, generator, product)
    batches = [images, fakes] if apart else [tf.concat([images, fakes], axis=0)]
    d_gradients = [tf.zeros_like(matrix) for matrix in discriminator]
    for batch in batches:
        d_inputs, logits = _forward(batch, discriminator, product)
        made = _backward(logits, d_inputs, discriminator, product)
        d_gradients = [total + one for total, one in zip(d_gradients, made, strict=True)]
    back = logits[-latents.shape[0] :]
    for matrix in reversed(discriminator):
        back = product(back, matrix, transpose_b=True)
    g_gradients = _backward(back, g_inputs, generator, product)
    return [*g_gradients, *d_gradients]


def _forward(inputs: Any, matrices: list[Any], product: Product) -> tuple[list[Any], Any]:
    """What went into each layer, and what came out of the last."""
    seen = []
    for matrix in matrices:
        seen.append(inputs)
        inputs = product(inputs, matrix)
    return seen, inputs


def _backward(outputs: Any, inputs: list[Any], matrices: list[Any], product: Product) -> list[Any]:
    """The gradients of the weights."""
    gradients = []
    for place in reversed(range(len(matrices))):
        gradients.append(product(inputs[place], outputs, transpose_a=True))
        if place:
            outputs = product(outputs, matrices[place], transpose_b=True)
    return gradients[::-1]
