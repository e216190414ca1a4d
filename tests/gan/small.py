"""The sizes and options of runs in tests: small, short, and the same bits on every machine."""

from __future__ import annotations

from typing import Any

from gan.config import RunConfig
from gan.models.presets import DEFAULT_PRESET, PRESETS

BATCH = 32
"""Images in a step: few, so that a step is short."""

COUNT = 600
"""Images in the data set: eighteen steps an epoch, and 24 images over."""

STEPS_PER_EPOCH = COUNT // BATCH

HORIZON = 2
"""Epochs until the learning rates have fallen, if the preset has a schedule."""


def small(options: dict[str, Any]) -> dict[str, Any]:
    """Options with the defaults of runs in tests.

    The precision doesn't depend on the processor, and rates that fall do so within an epoch.
    """
    recipe = PRESETS[options.get("preset", DEFAULT_PRESET)].recipe
    defaults: dict[str, Any] = {"batch_size": BATCH, "seed": 5, "precision": "float32"}
    # A measure takes seconds to make.
    defaults["evaluate_every"] = "off"
    if recipe.horizon:
        defaults["horizon"] = HORIZON
    return {**defaults, **options}


def tiny(**options: Any) -> RunConfig:
    """A configuration of small batches and one seed."""
    return RunConfig.resolve(small(options))
