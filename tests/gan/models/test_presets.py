"""The table of presets: what each row builds, and the names of older versions."""

from __future__ import annotations

from importlib import import_module

import pytest

from gan.models.presets import DEFAULT_PRESET, FORMER_NAMES, PRESETS
from tests.gan.models.describing import describe


@pytest.mark.parametrize("name", PRESETS)
def test_each_name_builds_the_networks_of_its_own_module(name: str) -> None:
    module = import_module(f"gan.models.{name}")

    built, wanted = PRESETS[name].build(7, 1), module.build(7, 1)

    assert describe(built.generator) == describe(wanted.generator)
    assert describe(built.discriminator) == describe(wanted.discriminator)


def test_mlp_is_the_default() -> None:
    assert DEFAULT_PRESET == "mlp"


def test_every_former_name_has_a_preset_today() -> None:
    assert set(FORMER_NAMES.values()) <= set(PRESETS)
    assert set(FORMER_NAMES).isdisjoint(PRESETS)
