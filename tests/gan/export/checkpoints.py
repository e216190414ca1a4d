"""A run with a checkpoint of real networks that nobody has trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_config
from gan.run.creation import create_run
from gan.training.build import build_gan
from gan.training.state import state_of
from tests.gan.small import tiny

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

STEP = 40


def run_of(folder: Path, preset: str) -> RunDirectory:
    """A run of a preset, whose statistics and biases are not what they are at the start."""
    config = tiny(preset=preset)
    run = create_run(folder / preset)
    write_config(run, config, environment={}, command_line=["gan-tui", "--preset", preset])
    rng = np.random.default_rng(0)
    arrays = {
        name: array + rng.uniform(0.1, 0.5, array.shape).astype(array.dtype)
        if array.ndim == 1
        else array
        for name, array in state_of(build_gan(config, 10)).items()
    }
    point = ResumePoint(fingerprint="f" * 64, step=STEP, draw=0, train_seconds=1.5, log_offset=0)
    CheckpointStore(run, keep=3).save(arrays, point)
    return run
