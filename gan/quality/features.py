"""Feature networks: small classifiers in NumPy whose last hidden layer describes an image.

Two convolutions with strides, a dense layer of 64 features, and a dense layer of classes, all but
the last with ReLU. Ten thousand images take 0.16 s of one core. The networks that ship classify
MNIST, Fashion-MNIST and the built-in digits; `python -m tests.train_features` trains them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from gan.disk.arrays import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.disk.arrays import Layout
    from gan.events import Images

Matrix = npt.NDArray[np.float32]

FEATURES: Final = 64
"""Features of an image."""

FILTERS: Final = (16, 40)
"""Channels of the two convolutions."""

_KERNELS: Final = (5, 3)
_STRIDE: Final = 2

FLAT: Final = 5 * 5 * FILTERS[1]
"""Values of an image behind the second convolution."""

_CHUNK: Final = 250
"""Images at a time: their values stay in the processor's cache."""

SHIPPED_FOLDER: Final = Path(__file__).parent / "weights"
SHIPPED: Final = {"mnist-1": 0.97, "fashion-1": 0.86, "synthetic-1": 0.97}
"""The networks that ship, each for the classes 0 to 9, and the accuracy that shows their data.

On test images it is a little higher: 99.3 % for MNIST, 90.4 % for Fashion-MNIST and 99.9 % for the
built-in digits.
"""


def layout(classes: int) -> Layout:
    """The shapes and dtypes of the arrays that a network with `classes` classes is kept as."""
    first, second = FILTERS
    shapes: dict[str, tuple[int, ...]] = {
        "first/kernel": (_KERNELS[0], _KERNELS[0], 1, first),
        "first/bias": (first,),
        "second/kernel": (_KERNELS[1], _KERNELS[1], first, second),
        "second/bias": (second,),
        "features/kernel": (FLAT, FEATURES),
        "features/bias": (FEATURES,),
        "classes/kernel": (FEATURES, classes),
        "classes/bias": (classes,),
    }
    return {name: (shape, "<f2") for name, shape in shapes.items()}


class FeatureNet:
    """A feature network. Its weights don't change."""

    def __init__(
        self,
        name: str,
        arrays: Mapping[str, npt.NDArray[Any]],
        classes: tuple[int, ...],
        *,
        is_linear: bool = False,
    ) -> None:
        """Prepare a network for use.

        Args:
            name: What figures of this network are labelled with, such as `mnist-1`.
            arrays: The weights, by the names and shapes of `layout`.
            classes: The label of each class, in the order of the probabilities; may be empty.
            is_linear: Whether the features are taken without ReLU.
        """
        self.name = name
        self.classes = classes
        self.weights = {key: array.astype(np.float32) for key, array in arrays.items()}
        self._is_linear = is_linear

    def describe(self, images: Images) -> tuple[Matrix, Matrix]:
        """Features and class probabilities.

        Args:
            images: uint8, n x 28 x 28.

        Returns:
            Float32, n x `FEATURES`, and float32, n x classes.
        """
        features = np.empty((len(images), FEATURES), np.float32)
        weights = self.weights
        for start in range(0, len(images), _CHUNK):
            chunk = self.convolved(images[start : start + _CHUNK])
            part = chunk @ weights["features/kernel"] + weights["features/bias"]
            features[start : start + _CHUNK] = part if self._is_linear else np.maximum(part, 0.0)
        logits = features @ weights["classes/kernel"] + weights["classes/bias"]
        return features, softmax(logits)

    def convolved(self, images: Images) -> Matrix:
        """What the two convolutions make of images: float32, n x `FLAT`."""
        weights = self.weights
        pixels = images[..., None].astype(np.float32) * np.float32(1 / 255)
        first = _convolve(pixels, weights["first/kernel"], weights["first/bias"])
        second = _convolve(first, weights["second/kernel"], weights["second/bias"])
        return second.reshape(len(images), FLAT)

    def accuracy(self, images: Images, labels: npt.NDArray[np.integer[Any]]) -> float:
        """The share of images whose likeliest class is their label."""
        _, probabilities = self.describe(images)
        return float(np.mean(np.asarray(self.classes)[probabilities.argmax(axis=1)] == labels))


@cache
def shipped_net(name: str) -> FeatureNet:
    """A network that ships, by its name in `SHIPPED`.

    Raises:
        OSError: The file can't be read: the installation is damaged.
        ValueError: It doesn't hold such a network.
    """
    data = (SHIPPED_FOLDER / f"{name}.npz").read_bytes()
    return FeatureNet(name, unpack(data, layout(10)), tuple(range(10)))


def softmax(logits: Matrix) -> Matrix:
    """Probabilities, row by row."""
    if not logits.size:
        return logits
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Matrix = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _convolve(values: Matrix, kernel: Matrix, bias: Matrix) -> Matrix:
    """A convolution with stride `_STRIDE` and ReLU, as one product over patches.

    Args:
        values: n x rows x columns x channels.
        kernel: k x k x channels x filters.
        bias: One value a filter.

    Returns:
        n x fewer rows x fewer columns x filters.
    """
    size, _, channels, filters = kernel.shape
    windows = np.lib.stride_tricks.sliding_window_view(values, (size, size), axis=(1, 2))
    taken = windows[:, ::_STRIDE, ::_STRIDE].transpose(0, 1, 2, 4, 5, 3)
    patches = taken.reshape(-1, size * size * channels)
    result = patches @ kernel.reshape(-1, filters)
    result += bias
    np.maximum(result, 0.0, out=result)
    convolved: Matrix = result.reshape(*taken.shape[:3], filters)
    return convolved
