"""Evaluates a checkpoint of a run, whether the run is training or not. Nothing is written.

TensorFlow is imported by `evaluate_checkpoint` alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan.errors import DataError
from gan.run.config_file import read_config
from gan.run.reference import load_checkpoint
from gan.session.generating import generate
from gan.session.resuming import require_same_images

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.data.image_set import ImageSet
    from gan.events import Images
    from gan.quality.measure import Quality, QualityMeasure
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.reference import At


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedCheckpoint:
    """The result of an evaluation on demand."""

    step: int
    quality: Quality
    classes: tuple[int, ...]
    """The label of each class of the census."""

    limits: tuple[str, ...]
    """What can't be measured with this data, in sentences."""

    seconds: float
    """How long generating and measuring took."""


def evaluate_checkpoint(
    run: RunDirectory,
    at: At,
    *,
    count: int,
    or_fewer: bool = False,
    data: str | None = None,
    device: str = "auto",
    report: Callable[[str], None],
) -> EvaluatedCheckpoint:
    """Generate images from a checkpoint and measure them.

    The latents are those of the run's own evaluations, and more of them.

    Args:
        run: The run.
        at: Which checkpoint.
        count: Images to generate.
        or_fewer: Whether fewer will do if there are too few real images to compare them with.
        data: Where the run's images are now; `None` for where they were.
        device: As `RunConfig.device`.
        report: Called with what is being done, in a few words.

    Raises:
        CheckpointError: There is no such checkpoint, or another version wrote it.
        DataError: The images are not those of the run, or too few for `count`.
        GanTuiError: The data can't be read, or there is no such device.
    """
    config = read_config(run)
    checkpoint = load_checkpoint(run, at, report)
    images = load_images(data or config.data, config, report)
    require_same_images(checkpoint.resume_point.fingerprint, run, images)
    measure = _measure(images, count, or_fewer=or_fewer)
    count = min(count, measure.count)
    report(f"generating {count:,} images at step {checkpoint.step:,}")
    begun = time.monotonic()
    generated = generate(config, checkpoint, count, device, report)
    return _evaluated(checkpoint, measure, generated, begun)


def _evaluated(
    checkpoint: Checkpoint, measure: QualityMeasure, generated: Images, begun: float
) -> EvaluatedCheckpoint:
    quality = measure.measure(generated)
    return EvaluatedCheckpoint(
        step=checkpoint.step,
        quality=quality,
        classes=measure.classes,
        limits=measure.limits,
        seconds=time.monotonic() - begun,
    )


def load_images(source: str, config: RunConfig, report: Callable[[str], None]) -> ImageSet:
    """The images of a source, read as the run reads them."""
    from gan.data.loader import load
    from gan.data.reading_options import ReadingOptions

    report(f"loading {source}")
    loaded = load(source, progress=lambda *_: None, options=ReadingOptions.of(config))
    for note in loaded.notes:
        report(f"data: {note.text}")
    return loaded.images


def _measure(images: ImageSet, count: int, *, or_fewer: bool) -> QualityMeasure:
    """What compares generated images with these: `count` of them, or as many as there can be."""
    from gan.quality.measure import QualityMeasure

    measure = QualityMeasure(images, count)
    if measure.count < count and not or_fewer:
        raise DataError(
            f"-n {count}: the {len(images):,} real images of {images.name} can be compared with at "
            f"most {measure.count:,} generated ones. Give a smaller number."
        )
    return measure
