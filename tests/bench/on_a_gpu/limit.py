"""The matrix products of a step alone, in JAX: what `gan.bench.limit` is in TensorFlow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from tests.bench.on_a_gpu.products import product_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.on_a_gpu.folder import Exported
    from tests.bench.on_a_gpu.xla import Device

_TINY: Final = 1e-30
"""Makes each step depend on the one before, or the compiler would compute only one."""


def limit_loop(exported: Exported, device: Device) -> Callable[[int], None]:
    """A function that makes that many steps' products and waits for them.

    Args:
        exported: A program of dense layers alone.
        device: As `xla.present`.

    Raises:
        ValueError: Its networks multiply patches of images.
    """
    if exported.dense is None:
        raise ValueError(f"received {exported.name}, expected networks of dense layers alone")
    separately = exported.preset == "tutorial"
    product = product_of(exported.precision)
    with jax.default_device(device.device):
        weights = {name: _matrices(sizes) for name, sizes in exported.dense.items()}
        latents = _normal(exported.batch_size, exported.dense["generator"][0])
        images = _normal(exported.batch_size, exported.dense["discriminator"][0])
        before = [jnp.zeros_like(one) for network in weights.values() for one in network]

    def loop(steps: Any, before: list[Any], latents: Any, images: Any, weights: Any) -> Any:
        def body(_: Any, before: list[Any]) -> list[Any]:
            one = 1.0 + _TINY * before[0][0, 0]
            return _step(product, latents * one, images * one, **weights, separately=separately)

        return jax.lax.fori_loop(0, steps, body, before)

    compiled = jax.jit(loop)

    def run(steps: int) -> None:
        jax.block_until_ready(compiled(steps, before, latents, images, weights))

    return run


def _normal(*shape: int) -> Any:
    return jnp.asarray(np.random.default_rng(0).standard_normal(shape, np.float32))


def _matrices(sizes: list[int]) -> list[Any]:
    return [_normal(*pair) * pair[0] ** -0.5 for pair in pairwise(sizes)]


def _step(
    product: Callable[..., Any],
    latents: Any,
    images: Any,
    generator: list[Any],
    discriminator: list[Any],
    *,
    separately: bool,
) -> list[Any]:
    """The gradients of every kernel of two linear networks, for one step."""
    g_inputs, fakes = _forward(product, latents, generator)
    batches = [images, fakes] if separately else [jnp.concatenate([images, fakes])]
    d_gradients = [jnp.zeros_like(matrix) for matrix in discriminator]
    for batch in batches:
        d_inputs, logits = _forward(product, batch, discriminator)
        computed = _backward(product, logits, d_inputs, discriminator)
        d_gradients = [total + one for total, one in zip(d_gradients, computed, strict=True)]
    by_outputs = logits[-latents.shape[0] :]
    for matrix in reversed(discriminator):
        by_outputs = product(by_outputs, matrix, tb=True)
    return [*_backward(product, by_outputs, g_inputs, generator), *d_gradients]


def _forward(
    product: Callable[..., Any], inputs: Any, matrices: list[Any]
) -> tuple[list[Any], Any]:
    """The inputs of each layer, and the outputs of the last."""
    layer_inputs = []
    for matrix in matrices:
        layer_inputs.append(inputs)
        inputs = product(inputs, matrix)
    return layer_inputs, inputs


def _backward(
    product: Callable[..., Any], by_outputs: Any, layer_inputs: list[Any], matrices: list[Any]
) -> list[Any]:
    """The gradients of the kernels."""
    gradients = []
    for place in reversed(range(len(matrices))):
        gradients.append(product(layer_inputs[place], by_outputs, ta=True))
        if place:
            by_outputs = product(by_outputs, matrices[place], tb=True)
    return gradients[::-1]
