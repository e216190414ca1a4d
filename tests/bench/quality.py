"""What a precision does to the digits, judged by a classifier trained on MNIST.

The program trains a run of each precision from each seed. From each run's generator some thousand
digits are drawn, and the classifier reports how confident it is of each and how evenly they are
spread over the ten classes. MNIST's own test digits are judged for comparison. Thirty epochs of two
seeds in two precisions take about ten minutes on two cores.

    python -m tests.bench.quality --data FOLDER [--epochs 30] [--seeds 0,1] [--preset mlp]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import keras
import numpy as np

from gan.data.data_file import DiskFile
from gan.data.idx import read_idx_file
from gan.data.layouts.source import read_source
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import read_config
from gan.run.directory import RunDirectory
from gan.training.build import build_gan
from gan.training.state import restore_state

if TYPE_CHECKING:
    import numpy.typing as npt

    from gan.data.image_set import Arrays

    Scaled = npt.NDArray[np.float32]

DIGITS: Final = 5000
"""Drawn from each generator."""


class Judgement(NamedTuple):
    """The classifier's judgement of some digits."""

    confidence: float
    """The probability of the most likely class, the mean of all digits."""

    sure: float
    """The share of digits whose most likely class has a probability above 0.9."""

    evenness: float
    """Entropy of the most likely classes, as a share of the entropy of ten even ones."""


def main() -> None:
    """Print a row for each run, and one for real digits."""
    options = _options()
    classifier = _classifier(_labelled(read_source(options.data, _ignore)[0]))
    test = _labelled(read_idx_file(DiskFile(_test_images(options.data)), _ignore))
    right = float(np.mean(np.argmax(classifier.predict(test[0], verbose=0), axis=1) == test[1]))
    print(f"the classifier's accuracy on MNIST's test digits: {right:.2%}")
    print(f"{'':<18}{'confidence':>11}{'above 0.9':>11}{'evenness':>10}{'seconds':>9}")
    _print_row("real digits", _judged(classifier, test[0]))
    for seed in options.seeds.split(","):
        for precision in options.precisions.split(","):
            images, seconds = _trained(options, precision, seed)
            _print_row(f"{precision}, seed {seed}", _judged(classifier, images), seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="MNIST's four files")
    parser.add_argument("--epochs", default="30")
    parser.add_argument("--preset", default="mlp")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--precisions", default="float32,bfloat16")
    return parser.parse_args()


def _ignore(*_: object) -> None:
    """Nobody waits for progress here."""


def _test_images(folder: Path) -> Path:
    return next(path for path in sorted(folder.glob("t10k-images*")) if path.is_file())


def _labelled(digits: Arrays) -> tuple[Scaled, npt.NDArray[np.uint8]]:
    assert digits.labels is not None
    return digits.images.astype(np.float32) / 127.5 - 1.0, digits.labels


def _classifier(training: tuple[Scaled, npt.NDArray[np.uint8]]) -> Any:
    """A small convolutional network, trained to about 99 % accuracy."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(*training, batch_size=128, epochs=3, verbose=0)
    return model


def _trained(options: argparse.Namespace, precision: str, seed: str) -> tuple[Scaled, float]:
    """Digits of a generator that the program has trained, and how many seconds that took."""
    words = ["--no-ui", "--data", str(options.data), "--epochs", options.epochs, "--seed", seed]
    words += ["--preset", options.preset, "--precision", precision, "--sample-every", "off"]
    with tempfile.TemporaryDirectory() as folder:
        run = RunDirectory(Path(folder) / "run")
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "tui", *words, "--run-dir", str(run.path)],
            check=True,
            capture_output=True,
        )
        seconds = time.monotonic() - begun
        return _drawn(run), seconds


def _drawn(run: RunDirectory) -> Scaled:
    checkpoint = CheckpointStore(run, keep=1).newest(_ignore)
    assert checkpoint is not None
    # A run's learning rates don't matter here, and its schedule alone needs the steps.
    gan = build_gan(read_config(run), steps_per_epoch=1)
    restore_state(gan, checkpoint.arrays)
    latents = np.random.default_rng(1).standard_normal((DIGITS, gan.latent_dim), np.float32)
    images = np.asarray(gan.sampled_generator(latents, training=False))
    return np.clip(images, -1.0, 1.0)


def _judged(classifier: Any, images: Scaled) -> Judgement:
    probabilities = classifier.predict(images, verbose=0, batch_size=500)
    most = probabilities.max(axis=1)
    shares = np.bincount(probabilities.argmax(axis=1), minlength=10) / len(images)
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-12)))
    return Judgement(float(most.mean()), float(np.mean(most > 0.9)), float(entropy / np.log(10)))


def _print_row(name: str, judged: Judgement, seconds: float | None = None) -> None:
    took = "" if seconds is None else f"{seconds:9.0f}"
    print(
        f"{name:<18}{judged.confidence:11.1%}{judged.sure:11.1%}{judged.evenness:10.3f}{took}",
        flush=True,
    )


if __name__ == "__main__":
    main()
