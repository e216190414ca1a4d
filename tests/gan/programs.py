"""Compiled programs, each compiled once for the whole suite and given out as good as new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gan.config import RunConfig
from gan.models.presets import PRESETS
from gan.training.build import Program, compile_program
from gan.training.saver import restore_state, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images

BATCH = 32
"""Images in a step: few, so that a step is short."""

COUNT = 600
"""Images in the data set: eighteen steps an epoch, and 24 images over."""

STEPS_PER_EPOCH = COUNT // BATCH


def tiny(**options: Any) -> RunConfig:
    """A configuration of small batches and one seed."""
    return RunConfig.resolve({"batch_size": BATCH, "seed": 5, **options})


_ANY_DEVICE = RunConfig.resolve({}).device


class Programs:
    """Stands in for `compile_program`, at a thousandth of its cost."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._compiled: dict[tuple[Any, ...], tuple[Program, dict[str, Any]]] = {}

    def __call__(self, config: RunConfig, images: Images, warn: Callable[[str], None]) -> Program:
        """What `compile_program` gives, every variable as it was when it was built."""
        assert np.array_equal(images, self._images)
        preset = PRESETS[config.preset]
        # A program is made of these too, and they are not in the key. Threads are the process's.
        assert (config.learning_rate, config.beta_1) == (preset.learning_rate, preset.beta_1)
        assert config.device == _ANY_DEVICE
        key = (config.preset, config.precision, config.batch_size, config.seed, config.latent_dim)
        if key not in self._compiled:
            program = compile_program(config, images, warn)
            self._compiled[key] = (program, state_of(program.gan))
        program, fresh = self._compiled[key]
        restore_state(program.gan, fresh)
        program.sampler.resample(0)
        return program

    def of(self, preset: str, **options: Any) -> Program:
        """A preset's program over the shared images."""
        return self(tiny(preset=preset, **options), self._images, _refuse_warnings)


def _refuse_warnings(text: str) -> None:
    raise AssertionError(text)
