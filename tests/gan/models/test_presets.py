"""The table of presets: what each row builds, and the names of older versions."""

from __future__ import annotations

import dataclasses
from importlib import import_module

import pytest

from gan.config import RunConfig
from gan.models.presets import (
    DEFAULT_PRESET,
    FORMER_NAMES,
    LOSSES,
    NAMES_BEFORE_RECIPES,
    PRESETS,
    Recipe,
)
from tests.gan.models.describing import describe


@pytest.mark.parametrize("name", PRESETS)
def test_each_name_builds_the_networks_of_its_own_module(name: str) -> None:
    module = import_module(f"gan.models.{name.replace('-', '_')}")

    built, wanted = PRESETS[name].build(7, 1), module.build(7, 1)

    assert describe(built.generator) == describe(wanted.generator)
    assert describe(built.discriminator) == describe(wanted.discriminator)


def test_mlp_is_the_default() -> None:
    assert DEFAULT_PRESET == "mlp"


def test_every_former_name_has_a_preset_today() -> None:
    assert set(FORMER_NAMES.values()) <= set(PRESETS)
    assert set(FORMER_NAMES).isdisjoint(PRESETS)


def test_every_preset_that_had_other_networks_before_recipes_is_kept_under_another_name() -> None:
    assert set(NAMES_BEFORE_RECIPES) <= set(PRESETS)
    assert set(NAMES_BEFORE_RECIPES.values()) <= set(PRESETS)
    for name in NAMES_BEFORE_RECIPES.values():
        recipe = PRESETS[name].recipe
        plain = (recipe.horizon, recipe.gradient_penalty, recipe.max_shift, recipe.ema_half_life)
        assert (plain, recipe.loss) == ((0, 0.0, 0, 0), "classic")


def test_the_tutorial_has_the_tutorials_recipe_and_nothing_more() -> None:
    assert PRESETS["tutorial"].recipe == Recipe(
        batch_size=256, learning_rate=1e-4, beta_1=0.9, precision="float32"
    )


def test_a_recipe_alone_is_the_classic_loss_with_constant_rates_and_nothing_else() -> None:
    plain = Recipe(batch_size=1, learning_rate=1.0, beta_1=0.0, precision="float32")

    assert plain.loss == next(iter(LOSSES)) == "classic"
    assert plain.horizon == plain.gradient_penalty == plain.max_shift == plain.ema_half_life == 0


def test_every_field_of_a_recipe_is_an_option_of_a_run() -> None:
    options = {field.name for field in dataclasses.fields(RunConfig)}

    assert {field.name for field in dataclasses.fields(Recipe)} <= options


@pytest.mark.parametrize("name", PRESETS)
def test_every_recipe_is_one_that_a_run_accepts(name: str) -> None:
    assert RunConfig.resolve(dataclasses.asdict(PRESETS[name].recipe))
