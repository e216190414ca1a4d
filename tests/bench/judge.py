"""How good the images of a run's checkpoints are, by a classifier of MNIST that does not ship.

The figures of `docs/quality.md` come from here. The judge is trained once, in about two minutes,
and kept in the file of `--judge`. It describes an image by its 64 last hidden values. The distance
is that of 10,000 images from MNIST's 10,000 test images, multiplied by a constant by which the
first 10,000 training images are at a distance of 0.59.

    python -m tests.bench.judge --mnist FOLDER --judge FILE.keras RUN [RUN ...] [--epochs 5,10,30]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gan.session.environment import prepare_xla

prepare_xla()

import keras  # noqa: E402 - XLA's flags come first
import numpy as np  # noqa: E402

from gan.data.data_file import DiskFile  # noqa: E402
from gan.data.idx import read_idx_file  # noqa: E402
from gan.data.image_set import ImageSet  # noqa: E402
from gan.quality.frechet import Moments, frechet_distance  # noqa: E402
from gan.run.checkpoints.store import CheckpointStore  # noqa: E402
from gan.run.config_file import read_config  # noqa: E402
from gan.run.directory import RunDirectory  # noqa: E402
from gan.session.generating import generate  # noqa: E402
from tests.bench.measure import ignore  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.config import RunConfig
    from gan.data.image_set import Arrays
    from gan.events import Images

COUNT: Final = 10_000
"""Images that are judged, and test images that they are compared with."""

REAL: Final = 0.59
"""The distance of training images from test images, by which all others are scaled."""

CONFIDENT: Final = 0.9
SEED: Final = 77
EPOCHS: Final = 6
BATCH_SIZE: Final = 128
LEARNING_RATE: Final = 1.5e-3


class Verdict(NamedTuple):
    """What the judge says of images."""

    distance: float
    confident: float
    """Share of images whose likeliest class has a probability above `CONFIDENT`."""

    rarest: float
    """Share of the images in the class that has the fewest."""


class Judge:
    """A trained classifier and the test images as it describes them."""

    def __init__(self, model: Any, train: Arrays, test: Arrays) -> None:
        """Describe the test images, and find the scale of the distances."""
        features = model.get_layer("features").output
        self._model = keras.Model(model.inputs, [features, model.outputs[0]])
        self._test = Moments.of(self._describe(test.images)[0])
        real = Moments.of(self._describe(train.images[:COUNT])[0])
        self._scale = REAL / frechet_distance(real, self._test)
        self.accuracy = float(np.mean(self._describe(test.images)[1].argmax(axis=1) == test.labels))

    def judge(self, images: Images) -> Verdict:
        """Judge images, uint8, n x 28 x 28."""
        features, probabilities = self._describe(images)
        counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
        return Verdict(
            self._scale * frechet_distance(Moments.of(features), self._test),
            float(np.mean(probabilities.max(axis=1) > CONFIDENT)),
            float(counts.min() / len(images)),
        )

    def _describe(self, images: Images) -> tuple[Any, Any]:
        pixels = images[..., None].astype(np.float32) / 255.0
        described: tuple[Any, Any] = self._model.predict(pixels, batch_size=1_000, verbose=0)
        return described


def main() -> None:
    """Print a row for each checkpoint."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--mnist", type=Path, required=True, help="a folder of the four IDX files")
    parser.add_argument("--judge", type=Path, required=True, help="where the judge is kept")
    parser.add_argument("--epochs", help="epochs to judge; all that have a checkpoint if not given")
    parser.add_argument("runs", nargs="+", type=Path)
    options = parser.parse_args()
    train, test = (
        read_idx_file(DiskFile(next(options.mnist.glob(f"{part}-images*"))), ignore)
        for part in ("train", "t10k")
    )
    if not options.judge.exists():
        _train(train).save(options.judge)
    judge = Judge(keras.saving.load_model(options.judge), train, test)
    real = judge.judge(test.images)
    print(f"judge: {judge.accuracy:.2%} of the test images right, {real.confident:.1%} confident")
    wanted = {int(epoch) for epoch in options.epochs.split(",")} if options.epochs else None
    images = ImageSet.of("mnist", train.images, train.labels)
    for run in map(RunDirectory, options.runs):
        for epoch, generated in _generated(run, images, wanted):
            verdict = judge.judge(generated)
            row = {"run": run.path.name, "epoch": epoch, **verdict._asdict()}
            print(json.dumps(row), flush=True)


def _generated(
    run: RunDirectory, images: ImageSet, wanted: set[int] | None
) -> Iterator[tuple[int, Images]]:
    """The images of each kept checkpoint that ends an epoch."""
    # The judge has started TensorFlow already, with as many threads as it likes.
    config: RunConfig = replace(read_config(run), threads=None)
    store = CheckpointStore(run, keep=config.keep)
    steps_per_epoch = len(images) // config.batch_size
    for step in store.steps():
        epoch, rest = divmod(step, steps_per_epoch)
        if not rest and (wanted is None or epoch in wanted):
            yield epoch, generate(config, store.load(step), COUNT, "cpu")


def _train(data: Arrays) -> Any:
    """A classifier of the training images."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(24, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(48, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(64, activation="relu", name="features"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    steps = EPOCHS * (len(data.images) // BATCH_SIZE)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy())
    pixels = data.images[..., None].astype(np.float32) / 255.0
    model.fit(pixels, data.labels, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=2)
    return model


if __name__ == "__main__":
    main()
