"""The limit of a training step's speed: its matrix multiplications and nothing else.

What a step multiplies follows from the networks: each Dense layer once in the forward pass, and
twice in the backward pass, for the gradients of its kernel and of its inputs. Nothing in between
is computed: no activations, normalisation, random numbers or optimizer. No step of the same
networks in the same framework can be faster.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import tensorflow as tf

from gan.bench.processes import BenchError
from gan.models.networks import dense_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.layers import Matmul
    from gan.models.networks import Networks

_TINY: Final = 1e-30
"""Makes each step depend on the one before, or the compiler would compute only one."""

_VECTORS: Final = 2
"""Axes of a batch of vectors."""

_TRIAL_STEPS: Final = 10
_TRIALS: Final = 5


class Shapes(NamedTuple):
    """The features of a pair of networks' Dense layers: the first's inputs, then the outputs."""

    generator: tuple[int, ...]
    discriminator: tuple[int, ...]


def shapes_of(networks: Networks) -> Shapes:
    """The features of both networks' Dense layers.

    Raises:
        BenchError: They multiply patches of images, not one vector an image; what that costs at
            least is not known here.
    """
    for network in (networks.generator, networks.discriminator):
        if any(len(layer.input.shape) > _VECTORS for layer in dense_layers(network)):
            raise BenchError(
                "the limit is known for networks of dense layers alone. Choose another --preset, "
                "such as mlp."
            )
    return Shapes(_sizes(networks.generator), _sizes(networks.discriminator))


def flop_per_step(shapes: Shapes, batch_size: int) -> int:
    """Floating-point operations of one step's matrix multiplications.

    A multiplication and an addition count as two. The generator: forward, and the gradients of
    every kernel and of all inputs except the latents. The discriminator: forward on real and fake
    images; for its own loss on both, the gradients of kernels and of all inputs except the images;
    for the generator's loss on the fakes, the gradients of inputs only.
    """
    generator = [before * after for before, after in pairwise(shapes.generator)]
    discriminator = [before * after for before, after in pairwise(shapes.discriminator)]
    by_inputs = sum(generator[1:]) + 2 * sum(discriminator[1:]) + sum(discriminator)
    forward_and_by_kernels = 2 * sum(generator) + 4 * sum(discriminator)
    return 2 * batch_size * (forward_and_by_kernels + by_inputs)


def matmul_loop(networks: Networks, batch_size: int) -> Callable[[int], None]:
    """Compile a step's matrix multiplications as a loop; call it with a number of steps.

    They are computed as the networks do it in training, or by `tf.matmul`, whichever is faster
    here.
    """
    layers = dense_layers(networks.generator)
    matmuls = {tf.matmul, *(layer.matmul for layer in layers)}
    loops = [_loop_of(matmul, networks, batch_size) for matmul in matmuls]
    return min(loops, key=_seconds)


def _seconds(loop: Callable[[int], None]) -> float:
    """How long some steps take, once compiled: the minimum of a few trials."""
    loop(_TRIAL_STEPS)
    times = []
    for _ in range(_TRIALS):
        begun = time.perf_counter()
        loop(_TRIAL_STEPS)
        times.append(time.perf_counter() - begun)
    return min(times)


def _loop_of(matmul: Matmul, networks: Networks, batch_size: int) -> Callable[[int], None]:
    shapes = shapes_of(networks)
    weights = [_matrices(sizes) for sizes in shapes]
    latents = tf.random.normal((batch_size, shapes.generator[0]))
    images = tf.random.normal((batch_size, shapes.discriminator[0]))
    separately = networks.normalises_batches

    def loop(steps: Any) -> Any:
        def body(index: Any, *before: Any) -> tuple[Any, ...]:
            one = 1.0 + _TINY * before[0][0, 0]
            inputs = latents * one, images * one
            gradients = _step(*inputs, *weights, matmul=matmul, separately=separately)
            return (index + 1, *gradients)

        zeros = [tf.zeros_like(matrix) for network in weights for matrix in network]
        return tf.while_loop(
            lambda index, *_: index < steps, body, (tf.constant(0), *zeros), parallel_iterations=1
        )

    compiled = tf.function(loop, jit_compile=True)

    def run(steps: int) -> None:
        compiled(tf.constant(steps))[1].numpy()

    return run


def _sizes(network: Any) -> tuple[int, ...]:
    layers = dense_layers(network)
    return (int(layers[0].kernel.shape[0]), *(layer.units for layer in layers))


def _matrices(sizes: tuple[int, ...]) -> list[Any]:
    return [tf.random.normal(pair, stddev=pair[0] ** -0.5) for pair in pairwise(sizes)]


def _step(
    latents: Any,
    images: Any,
    generator: list[Any],
    discriminator: list[Any],
    *,
    matmul: Matmul,
    separately: bool,
) -> list[Any]:
    """Every matrix multiplication of one step of linear networks; returns the kernels' gradients.

    Args:
        latents: Float32, batch x latent_dim.
        images: Float32, batch x pixels.
        generator: Its kernels.
        discriminator: Its kernels.
        matmul: How matrices are multiplied.
        separately: Whether the discriminator sees real and fake images in separate passes.
    """
    g_inputs, fakes = _forward(latents, generator, matmul)
    batches = [images, fakes] if separately else [tf.concat([images, fakes], axis=0)]
    d_gradients = [tf.zeros_like(matrix) for matrix in discriminator]
    for batch in batches:
        d_inputs, logits = _forward(batch, discriminator, matmul)
        computed = _backward(logits, d_inputs, discriminator, matmul)
        d_gradients = [total + one for total, one in zip(d_gradients, computed, strict=True)]
    by_outputs = logits[-latents.shape[0] :]
    for matrix in reversed(discriminator):
        by_outputs = matmul(by_outputs, matrix, transpose_b=True)
    g_gradients = _backward(by_outputs, g_inputs, generator, matmul)
    return [*g_gradients, *d_gradients]


def _forward(inputs: Any, matrices: list[Any], matmul: Matmul) -> tuple[list[Any], Any]:
    """The inputs of each layer, and the outputs of the last."""
    layer_inputs = []
    for matrix in matrices:
        layer_inputs.append(inputs)
        inputs = matmul(inputs, matrix)
    return layer_inputs, inputs


def _backward(
    by_outputs: Any, layer_inputs: list[Any], matrices: list[Any], matmul: Matmul
) -> list[Any]:
    """The gradients of the kernels."""
    gradients = []
    for place in reversed(range(len(matrices))):
        gradients.append(matmul(layer_inputs[place], by_outputs, transpose_a=True))
        if place:
            by_outputs = matmul(by_outputs, matrices[place], transpose_b=True)
    return gradients[::-1]
