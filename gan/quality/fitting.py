"""Feature networks for data that no shipped network knows.

With labels, one is trained in a few seconds: the convolutions are those of the shipped network for
Fashion-MNIST, whose filters see edges and textures of any kind, and only the dense layers learn.
Without, its features are a fixed random projection.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gan.disk.arrays import pack
from gan.quality.features import FEATURES, FLAT, FeatureNet, layout, shipped_net, softmax

if TYPE_CHECKING:
    from gan.data.stored_images import AnyImages

    Matrix = npt.NDArray[np.float32]
    Labels = npt.NDArray[np.integer[Any]]

FIT_VERSION: Final = 1
"""Part of the cache's file name. Increase it if the same data would give another network."""

PROJECTION: Final = "projection-1"

_BASE: Final = "fashion-1"
_IMAGES: Final = 20_000
"""Maximum number of images that are trained on."""

_EPOCHS: Final = 8
_BATCH: Final = 100
_LEARNING_RATE: Final = 0.05
_MOMENTUM: Final = 0.9
_SEED: Final = 0


class _Dense(NamedTuple):
    """The weights that learn."""

    features: Matrix
    features_bias: Matrix
    classes: Matrix
    classes_bias: Matrix


def fit_arrays(
    images: AnyImages,
    labels: Labels,
    classes: tuple[int, ...],
    *,
    among: npt.NDArray[np.intp] | None = None,
) -> dict[str, Any]:
    """Train a classifier; the same data give the same weights on the same machine.

    Stochastic gradient descent with momentum on the cross-entropy, the rate falling to 0 as a
    half cosine.

    Args:
        images: uint8, n x 28 x 28.
        labels: n, each one of `classes`.
        classes: The different labels, sorted.
        among: The numbers of the images that may be trained on; `None` for all.

    Returns:
        The weights, by the names and shapes of `gan.quality.features.layout`.
    """
    rng = np.random.default_rng(_SEED)
    chosen = rng.permutation(len(images) if among is None else len(among))[:_IMAGES]
    if among is not None:
        chosen = among[chosen]
    base = shipped_net(_BASE)
    inputs = np.concatenate([base.convolved(images[part]) for part in _batches(chosen, 500)])
    targets = np.searchsorted(np.asarray(classes), labels[chosen])
    mean = inputs.mean(axis=0)
    scale = np.float32(1.0) / np.float32(inputs.std() + 1e-3)
    inputs -= mean
    inputs *= scale
    weights = _descended(_initial(len(classes), rng), inputs, targets, rng)
    kernel = weights.features * scale
    return _arrays(base, kernel, weights.features_bias - mean @ kernel, *weights[2:])


def _descended(
    weights: _Dense, inputs: Any, targets: npt.NDArray[np.intp], rng: np.random.Generator
) -> _Dense:
    """The weights after `_EPOCHS` epochs of gradient descent, in place."""
    speeds = _Dense(*(np.zeros_like(array) for array in weights))
    steps = _EPOCHS * max(1, len(inputs) // _BATCH)
    step = 0
    for _ in range(_EPOCHS):
        for part in _batches(rng.permutation(len(inputs)), _BATCH)[: steps // _EPOCHS]:
            rate = _LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            gradients = _gradients(weights, inputs[part], targets[part])
            for weight, speed, gradient in zip(weights, speeds, gradients, strict=True):
                np.subtract(_MOMENTUM * speed, np.float32(rate) * gradient, out=speed)
                np.add(weight, speed, out=weight)
            step += 1
    return weights


def fitted_net(arrays: dict[str, Any], classes: tuple[int, ...]) -> FeatureNet:
    """The network of fitted weights, named after them: another machine's may differ a little."""
    return FeatureNet(f"trained-{hashlib.sha256(pack(arrays)).hexdigest()[:6]}", arrays, classes)


def projection_net() -> FeatureNet:
    """A network without classes: random projections of what convolutions make of an image.

    The weights are signs (Achlioptas 2003, "Database-friendly Random Projections").
    """
    base = shipped_net(_BASE)
    # Uniform numbers, because NumPy guarantees that they stay the same between releases.
    uniforms = np.random.Generator(np.random.PCG64(_SEED)).random((FLAT, FEATURES))
    signs = np.sign(uniforms - 0.5) / np.sqrt(FEATURES)
    bias = np.zeros(FEATURES)
    arrays = _arrays(base, signs, bias, np.zeros((FEATURES, 0)), np.zeros(0))
    return FeatureNet(PROJECTION, arrays, (), is_linear=True)


def _arrays(base: FeatureNet, *dense: npt.NDArray[Any]) -> dict[str, Any]:
    """All weights of a network on the convolutions of another."""
    names = list(layout(0))
    arrays = {name: base.weights[name] for name in names[:4]} | dict(
        zip(names[4:], dense, strict=True)
    )
    return {name: np.asarray(array).astype(np.float16) for name, array in arrays.items()}


def _initial(classes: int, rng: np.random.Generator) -> _Dense:
    """He et al. 2015."""
    features = rng.standard_normal((FLAT, FEATURES), np.float32) * np.sqrt(2 / FLAT)
    outputs = rng.standard_normal((FEATURES, classes), np.float32) * np.sqrt(1 / FEATURES)
    zeros = np.zeros(FEATURES, np.float32), np.zeros(classes, np.float32)
    return _Dense(features.astype(np.float32), zeros[0], outputs.astype(np.float32), zeros[1])


def _gradients(weights: _Dense, inputs: Matrix, targets: npt.NDArray[np.intp]) -> _Dense:
    """Gradients of the mean cross-entropy of a batch."""
    hidden = np.maximum(inputs @ weights.features + weights.features_bias, 0.0)
    errors = softmax(hidden @ weights.classes + weights.classes_bias)
    errors[np.arange(len(targets)), targets] -= 1.0
    errors /= np.float32(len(targets))
    back = errors @ weights.classes.T
    back *= hidden > 0.0
    return _Dense(inputs.T @ back, back.sum(axis=0), hidden.T @ errors, errors.sum(axis=0))


def _batches(indices: npt.NDArray[np.intp], size: int) -> list[npt.NDArray[np.intp]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]
