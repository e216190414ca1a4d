"""Which feature network describes a data set, and what it can't say about it."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gan.disk.arrays import pack, unpack
from gan.disk.files import read_plain, replace_file
from gan.paths import user_folder
from gan.quality.features import SHIPPED, FeatureNet, layout, shipped_net
from gan.quality.fitting import FIT_VERSION, fit_arrays, fitted_net, projection_net

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import ImageSet, Labels
    from gan.data.stored_images import AnyImages

TRIAL: Final = 2000
"""Images on which a network is tried."""

LEARNABLE: Final = 200
"""Images below which no classifier is trained."""

PER_CLASS: Final = 20
"""Images of a class on average, below which no classifier is trained."""

TRUSTED: Final = 0.8
"""Accuracy on images it wasn't trained on, below which a trained network comes with a warning."""

_DIGEST: Final = hashlib.sha256().digest_size


class Choice(NamedTuple):
    """A feature network, and what to know about it."""

    net: FeatureNet
    limits: tuple[str, ...]
    """Sentences for a person; empty if it can do everything."""


def choose_net(images: ImageSet, *, cache_dir: Path | None = None) -> Choice:
    """The shipped network that knows these images' classes, else one trained on them.

    A shipped network is recognized by its accuracy on the images, not by their names, so a part of
    MNIST is MNIST. Without labels that can be learnt, the features are a fixed projection.

    Args:
        images: The training images.
        cache_dir: Where trained networks are kept; by default in the user's cache directory.
    """
    labels = images.labels
    if labels is None:
        return _projected("the images have no labels")
    net = _shipped(images.images, labels)
    if net is not None:
        return Choice(net, ())
    classes = tuple(int(label) for label in np.unique(labels))
    if len(classes) == 1:
        return _projected("all images have the same label")
    if len(images) < max(LEARNABLE, PER_CLASS * len(classes)):
        return _projected(f"{len(images)} images of {len(classes)} classes are too few to learn")
    return _trained(images, labels, classes, cache_dir)


def _projected(reason: str) -> Choice:
    sentence = f"no census and no confidence: {reason}; features are a fixed projection"
    return Choice(projection_net(), (sentence,))


def _shipped(images: AnyImages, labels: Labels) -> FeatureNet | None:
    """The shipped network with the best accuracy, if that is nearly its stated one."""
    chosen = np.linspace(0, len(images) - 1, min(TRIAL, len(images))).astype(np.intp)
    tried = [
        (shipped_net(name).accuracy(images[chosen], labels[chosen]) - required, name)
        for name, required in SHIPPED.items()
    ]
    margin, name = max(tried)
    return shipped_net(name) if margin >= 0 else None


def _trained(
    images: ImageSet, labels: Labels, classes: tuple[int, ...], cache_dir: Path | None
) -> Choice:
    # Every tenth image, to try the network on.
    held_out = np.arange(len(images)) % 10 == 0
    folder = user_folder("cache") if cache_dir is None else cache_dir
    identity = hashlib.sha256(bytes.fromhex(images.fingerprint) + labels.tobytes()).hexdigest()
    path = folder / f"features-v{FIT_VERSION}-{identity[:32]}.bin"
    arrays = read_arrays(path, len(classes))
    if arrays is None:
        arrays = fit_arrays(images.images, labels, classes, among=np.flatnonzero(~held_out))
        write_arrays(path, arrays)
    net = fitted_net(arrays, classes)
    trial = np.flatnonzero(held_out)[:TRIAL]
    accuracy = net.accuracy(images.images[trial], labels[trial])
    if accuracy >= TRUSTED:
        return Choice(net, ())
    sentence = (
        f"the census is doubtful: a classifier trained on the labels is right about {accuracy:.0%} "
        "of other images; they may be wrong"
    )
    return Choice(net, (sentence,))


def read_arrays(path: Path, classes: int) -> dict[str, Any] | None:
    """Read a network's weights from the cache; `None` if the file is missing or not intact."""
    expected = layout(classes)
    size = len(pack({name: np.zeros(*spec) for name, spec in expected.items()}))
    try:
        content = read_plain(path, _DIGEST + size)
    except OSError:
        return None
    body = content[_DIGEST:]
    if hashlib.sha256(body).digest() != content[:_DIGEST]:
        return None
    try:
        arrays = unpack(body, expected)
    except ValueError:
        return None
    return arrays if all(np.isfinite(array).all() for array in arrays.values()) else None


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write a network's weights to the cache atomically. If that fails, do nothing."""
    body = pack(arrays)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [hashlib.sha256(body).digest(), body], durable=False)
