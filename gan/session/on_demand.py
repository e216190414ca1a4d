"""Evaluates a checkpoint of a run, whether the run is training or not. Nothing is written.

TensorFlow is imported by `evaluate_checkpoint` alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from gan.errors import CheckpointError, DataError
from gan.events import IMAGE_SIDE
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import read_config
from gan.run.reference import BEST, best_step
from gan.session.devices import Telling, pick_device, take_device
from gan.session.environment import require_temporary_folder, tensorflow_imports
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
    checkpoint = _checkpoint(run, at, config)
    images = _loaded(data or config.data, config, report)
    require_same_images(checkpoint.resume_point.fingerprint, run, images)
    measure = _measure(images, count, or_fewer=or_fewer)
    count = min(count, measure.count)
    report(f"generating {count:,} images at step {checkpoint.step:,}")
    begun = time.monotonic()
    generated = generate(config, checkpoint, images, count, device, report)
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


def _checkpoint(run: RunDirectory, at: At, config: RunConfig) -> Checkpoint:
    """The checkpoint; a damaged one stays where it is, since the run may be training."""
    store = CheckpointStore(run, keep=config.keep)
    if at == BEST:
        return store.load(best_step(run, store))
    if at is not None:
        return store.load(at)
    steps = store.steps()
    if not steps:
        raise CheckpointError(f"{run.path} has no checkpoint yet.")
    return store.load(steps[-1])


def _loaded(source: str, config: RunConfig, report: Callable[[str], None]) -> ImageSet:
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


def generate(
    config: RunConfig,
    checkpoint: Checkpoint,
    images: ImageSet,
    count: int,
    device: str,
    report: Callable[[str], None] = lambda _: None,
) -> Images:
    """Images from a checkpoint's generator: uint8, count x 28 x 28.

    Args:
        config: The run's configuration.
        checkpoint: What is drawn from.
        images: The real ones.
        count: How many.
        device: What to draw on, as `RunConfig.device`.
        report: Receives a sentence about the device.

    Raises:
        DeviceError: The device can't be used, or has not enough memory.
    """
    require_temporary_folder()
    wanted = replace(config, device=device)
    telling = Telling(
        note=report, trying=lambda what: report(f"trying {what}"), on_wait=lambda: None
    )
    with tensorflow_imports():
        picked = pick_device(device, config.gpu_memory, telling)
        from gan.training.device import limit_threads

        # Keras is imported with it.
        import_module("gan.training.build")

    limit_threads(config.threads)
    _, idle = take_device(wanted, picked)
    if idle:
        report(idle)
    return _generated(config, checkpoint, len(images) // config.batch_size, count)


def _generated(
    config: RunConfig, checkpoint: Checkpoint, steps_per_epoch: int, count: int
) -> Images:
    """Images from a checkpoint's generator, on the device that was taken."""
    from gan.models.keras_settings import own_keras_settings
    from gan.training.build import build_gan
    from gan.training.device import device_at_start
    from gan.training.measuring import BLOCK, latents_of_block
    from gan.training.sampling import Sampler
    from gan.training.state import restore_state

    generated = np.empty((count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    with device_at_start(BLOCK), own_keras_settings():
        gan = build_gan(config, steps_per_epoch)
        restore_state(gan, checkpoint.arrays)
        sampler = Sampler(gan.sampled_generator, latent_dim=config.latent_dim, seed=config.seed)
        for begin in range(0, count, BLOCK):
            end = min(begin + BLOCK, count)
            generated[begin:end] = sampler.generate(latents_of_block(config, begin, end))
    return generated
