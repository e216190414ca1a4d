"""Trains the feature networks that ship: `python -m tests.train_features --mnist FOLDER ...`.

Each is a small classifier of one data set, kept as float16 in `gan/quality/weights`. The images are
shifted a little while it learns. Each takes one to three minutes on two cores.

    python -m tests.train_features --mnist FOLDER --fashion FOLDER --synthetic

A folder holds the data set's four IDX files, training and test.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import keras
import numpy as np

from gan.data.data_file import DiskFile
from gan.data.idx import read_idx_file
from gan.data.layouts.source import read_source
from gan.data.synthetic import draw_digits
from gan.disk.arrays import pack
from gan.quality.features import FILTERS, SHIPPED_FOLDER, FeatureNet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.image_set import Arrays, Bytes

BATCH_SIZE: Final = 128
LEARNING_RATE: Final = 2e-3
SEED: Final = 1


class Task(NamedTuple):
    """A data set, and how its network is trained."""

    train: Arrays
    test: Arrays
    epochs: int = 12
    shift: int = 2
    """Maximum shift of an image in either direction, in pixels."""


def main() -> None:
    """Train every network that was asked for and print its accuracy."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--fashion", type=Path)
    parser.add_argument("--synthetic", action="store_true")
    options = parser.parse_args()
    for name, task in _tasks(options):
        arrays = train(task)
        (SHIPPED_FOLDER / f"{name}.npz").write_bytes(pack(arrays))
        net = FeatureNet(name, arrays, tuple(range(10)))
        assert task.test.labels is not None
        print(f"{name}: {net.accuracy(task.test.images, task.test.labels):.2%} of test images")


def _tasks(options: argparse.Namespace) -> Iterator[tuple[str, Task]]:
    if options.mnist:
        yield "mnist-1", Task(*_idx(options.mnist))
    if options.fashion:
        # Garments fill their images.
        yield "fashion-1", Task(*_idx(options.fashion), epochs=20, shift=1)
    if options.synthetic:
        from gan.data.image_set import Arrays

        train, test = (draw_digits(n, seed, _ignore) for n, seed in ((60_000, 0), (10_000, 1)))
        yield "synthetic-1", Task(Arrays(*train), Arrays(*test))


def _idx(folder: Path) -> tuple[Arrays, Arrays]:
    test = next(path for path in sorted(folder.glob("t10k-images*")) if path.is_file())
    return read_source(folder, _ignore)[0], read_idx_file(DiskFile(test), _ignore)


def _ignore(*_: object) -> None:
    """Nobody waits for progress here."""


def train(task: Task) -> dict[str, Any]:
    """The weights of a classifier, float16."""
    data = task.train
    assert data.labels is not None
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    first, second = FILTERS
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(first, 5, strides=2, activation="relu"),
            layers.Conv2D(second, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE, task.epochs * (len(data.images) // BATCH_SIZE)
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    rng = np.random.default_rng(SEED)
    for _ in range(task.epochs):
        images = shifted(data.images, task.shift, rng)[..., None].astype(np.float32) / 255.0
        model.fit(images, data.labels, batch_size=BATCH_SIZE, verbose=0)
    weights = iter(model.get_weights())
    names = ("first", "second", "features", "classes")
    pairs = ((f"{name}/{part}", next(weights)) for name in names for part in ("kernel", "bias"))
    return {name: array.astype(np.float16) for name, array in pairs}


def shifted(images: Bytes, most: int, rng: np.random.Generator) -> Bytes:
    """Each image moved by its own -`most` to `most` pixels in both directions; black comes in."""
    padded = np.pad(images, ((0, 0), (most, most), (most, most)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:], axis=(1, 2))
    down, right = rng.integers(0, 2 * most + 1, (2, len(images)))
    moved: Bytes = windows[np.arange(len(images)), down, right]
    return moved


if __name__ == "__main__":
    main()
