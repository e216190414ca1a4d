"""The presets' networks as one would write them in JAX, with XLA's own convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from tests.bench.on_a_gpu.products import multiplier

if TYPE_CHECKING:
    from collections.abc import Callable

    Layer = tuple[Any, ...]
    """Its kind and its numbers."""

SIDE: Final = 28
_EPSILON: Final = 1e-3
_LAYOUT: Final = ("NHWC", "HWIO", "NHWC")
_KERNEL: Final = 4

LAYERS: Final[dict[str, tuple[list[Layer], list[Layer]]]] = {
    "mlp": (
        [
            *[("dense", 384), ("norm",), ("rectify", 0.0)],
            *[("dense", 768), ("norm",), ("rectify", 0.0)],
            *[("dense", SIDE * SIDE), ("tanh",)],
        ],
        [
            *[("dense", 512), ("rectify", 0.0), ("dense", 256), ("rectify", 0.0)],
            *[("dense", 1), ("bias",)],
        ],
    ),
    "tutorial": (
        [
            *[("dense", 256), ("norm",), ("rectify", 0.3)],
            *[("dense", 512), ("norm",), ("rectify", 0.3)],
            *[("dense", SIDE * SIDE), ("tanh",), ("norm",)],
        ],
        [
            *[("dense", 512), ("norm",), ("rectify", 0.3)],
            *[("dense", 256), ("norm",), ("rectify", 0.3)],
            *[("dense", 1), ("bias",)],
        ],
    ),
    "dcgan": (
        [
            *[("signs",), ("dense", 256), ("norm",), ("rectify", 0.0)],
            *[("dense", 7 * 7 * 64), ("shape", 7, 7, 64), ("norm",), ("rectify", 0.0)],
            *[("up", 32), ("norm",), ("rectify", 0.0), ("up", 1), ("tanh",)],
        ],
        [
            *[("shape", SIDE, SIDE, 1), ("down", 32), ("bias",), ("rectify", 0.0)],
            *[("down", 64), ("bias",), ("rectify", 0.0), ("shape", 7 * 7 * 64)],
            *[("dense", 256), ("bias",), ("rectify", 0.0), ("dense", 1), ("bias",)],
        ],
    ),
}
"""Generator and discriminator of each preset: `gan.models` has the same in Keras."""


class Network(NamedTuple):
    """A pure function of (parameters, inputs), and its first parameters."""

    apply: Callable[[Any, Any], Any]
    parameters: list[dict[str, Any]]


def network(layers: list[Layer], precision: str, inputs: int, key: Any) -> Network:
    """Build a network.

    Args:
        layers: As in `LAYERS`.
        precision: How the factors of products are rounded.
        inputs: Features of the first layer.
        key: JAX's, for the first weights (Glorot's).
    """
    multiply = multiplier(precision)
    parameters = _parameters(layers, inputs, key)

    def apply(parameters: list[dict[str, Any]], values: Any) -> Any:
        values = values.reshape(values.shape[0], -1)
        for (kind, *numbers), own in zip(layers, parameters, strict=True):
            values = _APPLY[kind](own, values, numbers, multiply, precision)
        return values

    return Network(apply, parameters)


def _parameters(layers: list[Layer], features: int, key: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for place, (kind, *numbers) in enumerate(layers):
        own = {}
        if kind in ("dense", "up", "down"):
            area = 1 if kind == "dense" else _KERNEL * _KERNEL
            scale = (6.0 / (area * (features + numbers[0]))) ** 0.5
            shape = () if kind == "dense" else (_KERNEL, _KERNEL)
            place_key = jax.random.fold_in(key, place)
            own["kernel"] = jax.random.uniform(
                place_key, (*shape, features, numbers[0]), jnp.float32, -scale, scale
            )
            features = numbers[0]
        elif kind == "norm":
            own["gamma"], own["beta"] = jnp.ones(features), jnp.zeros(features)
        elif kind == "bias":
            own["bias"] = jnp.zeros(features)
        elif kind == "signs":
            features *= 2
        elif kind == "shape":
            features = numbers[-1]
        made.append(own)
    return made


def _norm(own: Any, values: Any, *_: Any) -> Any:
    axes = tuple(range(values.ndim - 1))
    mean = values.mean(axes)
    scale = lax.rsqrt(values.var(axes) + _EPSILON) * own["gamma"]
    return (values - mean) * scale + own["beta"]


def _down(own: Any, values: Any, _: Any, __: Any, precision: str) -> Any:
    return _convolved(values, own["kernel"], precision, lax.conv_general_dilated, (2, 2), "SAME")


def _up(own: Any, values: Any, _: Any, __: Any, precision: str) -> Any:
    return _convolved(values, own["kernel"], precision, lax.conv_transpose, (2, 2), "SAME")


def _convolved(
    values: Any, kernel: Any, precision: str, convolve: Callable[..., Any], *how: Any
) -> Any:
    if precision == "bfloat16":
        values, kernel = values.astype(jnp.bfloat16), kernel.astype(jnp.bfloat16)
    kept = lax.Precision.HIGHEST if precision == "float32" else lax.Precision.DEFAULT
    made = convolve(values, kernel, *how, dimension_numbers=_LAYOUT, precision=kept)
    return made.astype(jnp.float32)


_APPLY: Final[dict[str, Callable[..., Any]]] = {
    "dense": lambda own, values, _, multiply, __: multiply(values, own["kernel"]),
    "bias": lambda own, values, *_: values + own["bias"],
    "norm": _norm,
    "rectify": lambda _, values, numbers, *__: jnp.where(values > 0, values, numbers[0] * values),
    "tanh": lambda _, values, *__: jnp.tanh(values),
    "signs": lambda _, values, *__: jnp.concatenate([values, jnp.tanh(4.0 * values)], axis=-1),
    "shape": lambda _, values, numbers, *__: values.reshape(values.shape[0], *numbers),
    "down": _down,
    "up": _up,
}
