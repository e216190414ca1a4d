"""The presets by name are those that can be asked for."""

from __future__ import annotations

from gan.config import PRESETS
from gan.models import mlp, tutorial
from gan.models.presets import BUILDERS


def test_every_preset_that_can_be_asked_for_can_be_built() -> None:
    assert set(BUILDERS) == set(PRESETS)


def test_each_name_builds_its_own_module() -> None:
    assert (BUILDERS["mlp"], BUILDERS["tutorial"]) == (mlp.build, tutorial.build)
