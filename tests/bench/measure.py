"""What the measure of generated images says about real ones, changed in known ways.

Half of a data set's training images are the measure's real images; ten draws from the other half
are measured as they are and changed: one class left out, a tenth replaced by images of the first
half, blurred by one pixel, one image of each class repeated. A second table shows how the figures
of unchanged and of blurred images vary with their number, and what a measurement costs. One or two
minutes on two cores.

    python -m tests.bench.measure --data FOLDER [--draws 10]
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.data.image_set import ImageSet
from gan.data.loader import load
from gan.quality.measure import DEFAULT_COUNT, Quality, QualityMeasure

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gan.events import Images

    Labels = npt.NDArray[np.uint8]
    Change = Callable[[Images, Labels], Images]

LEFT_OUT: Final = 4
"""The class that is left out."""

COPIES: Final = 0.1
SIGMA: Final = 1.0
"""Standard deviation of the blur, in pixels."""

COUNTS: Final = (1_000, 2_000, 5_000, 10_000)
FIGURES: Final = ("fd", "fd_real", "kid", "density", "coverage", "confident", "copies")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", required=True, help="as gan-tui's --data; with labels")
    parser.add_argument("--draws", type=int, default=10)
    options = parser.parse_args()
    known, others = halves(load(options.data, progress=ignore).images)
    measure = QualityMeasure(known)
    print(f"features {measure.features}, {measure.count:,} images; mean (standard deviation)\n")
    _print_changes(measure, _changes(known.images), others, options.draws)
    _print_counts(known, others, options.draws)


def ignore(*_: object) -> None:
    """Nobody waits for progress here."""


def halves(images: ImageSet) -> tuple[ImageSet, ImageSet]:
    """A data set in two at random, both with labels."""
    assert images.labels is not None
    order = np.random.default_rng(0).permutation(len(images))
    parts = np.array_split(order, 2)
    first, second = (
        ImageSet.of(images.name, images.images[part], images.labels[part]) for part in parts
    )
    return first, second


def _changes(known: Images) -> dict[str, Change]:
    def copied(images: Images, _labels: Labels) -> Images:
        share = int(COPIES * len(images))
        return np.random.default_rng(1).permutation(np.concatenate([known[:share], images[share:]]))

    return {
        "real": lambda images, _: images,
        f"without class {LEFT_OUT}": lambda images, labels: images[labels != LEFT_OUT],
        f"{COPIES:.0%} copies": copied,
        "blurred by 1 pixel": lambda images, _: blurred(images),
        "one image a class": _collapsed,
    }


def _collapsed(images: Images, labels: Labels) -> Images:
    one = np.stack([images[labels == label][0] for label in np.unique(labels)])
    return one[np.arange(len(images)) % len(one)]


def blurred(images: Images) -> Images:
    """Images after a Gaussian filter with a standard deviation of `SIGMA` pixels."""
    offsets = np.arange(-3, 4)
    kernel = np.exp(-(offsets**2) / (2 * SIGMA**2))
    kernel /= kernel.sum()
    values = images.astype(np.float32)
    for axis in (1, 2):
        margins = [(0, 0)] * 3
        margins[axis] = (3, 3)
        padded = np.pad(values, margins)
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=axis)
        values = windows @ kernel.astype(np.float32)
    result: Images = np.rint(values).astype(np.uint8)
    return result


def _print_changes(
    measure: QualityMeasure, changes: dict[str, Change], others: ImageSet, draws: int
) -> None:
    print(f"{'':<20}" + "".join(f"{name:>17}" for name in (*FIGURES, f"share of {LEFT_OUT}")))
    for name, change in changes.items():
        results = [
            measure.measure(change(*drawn(others, measure.count, draw))) for draw in range(draws)
        ]
        columns = [[getattr(result, figure) for result in results] for figure in FIGURES]
        columns.append([float(result.census[LEFT_OUT]) for result in results])
        print(f"{name:<20}" + "".join(map(_cell, columns)), flush=True)


def drawn(images: ImageSet, count: int, draw: int) -> tuple[Images, Labels]:
    """Images drawn without replacement, and their labels."""
    assert images.labels is not None
    chosen = np.random.default_rng(draw).permutation(len(images))[:count]
    return images.images[chosen], images.labels[chosen]


def _cell(values: list[float]) -> str:
    return f"{np.mean(values):9.4f} ({np.std(values):.4f})".rjust(17)


def _print_counts(known: ImageSet, others: ImageSet, draws: int) -> None:
    print(f"\n{'images':<20}{'FD of real':>17}{'FD of blurred':>17}{'KID of real':>17}", end="")
    print(f"{'coverage of real':>17}{'processor s':>13}")
    for count in COUNTS:
        measure = QualityMeasure(known, count)
        drawn = [drawn(others, count, draw)[0] for draw in range(draws)]
        begun = time.process_time()
        real = [measure.measure(images) for images in drawn]
        seconds = (time.process_time() - begun) / draws
        blurry = [measure.measure(blurred(images)) for images in drawn]
        columns = [_of("fd", real), _of("fd", blurry), _of("kid", real), _of("coverage", real)]
        default = " (default)" if count == DEFAULT_COUNT else ""
        row = f"{count:,}{default}"
        print(f"{row:<20}" + "".join(map(_cell, columns)) + f"{seconds:13.2f}", flush=True)


def _of(figure: str, results: list[Quality]) -> list[float]:
    return [getattr(result, figure) for result in results]


if __name__ == "__main__":
    main()
