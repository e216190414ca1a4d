"""The configuration of a run: defaults, validation, JSON, and what a resume may change."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.config import AUTO_PRECISION, PRECISIONS, RECIPE, RunConfig, recorded
from gan.errors import UsageError
from gan.models.presets import LOSSES, PRESETS, Recipe
from gan.options import option_name, options_of

VALID = {
    "preset": st.sampled_from(sorted(PRESETS)),
    "data": st.text(min_size=1),
    "epochs": st.integers(1, 10**9),
    "steps": st.integers(1, 10**12),
    "batch_size": st.integers(1, 65_536),
    "latent_dim": st.integers(1, 65_536),
    "learning_rate": st.floats(1e-12, 9.9),
    "beta_1": st.floats(0.0, 0.999),
    "horizon": st.integers(0, 10**9),
    "loss": st.sampled_from(sorted(LOSSES)),
    "gradient_penalty": st.floats(0.0, 1000.0),
    "max_shift": st.integers(0, 8),
    "shift_share": st.floats(0.0, 1.0),
    "ema_half_life": st.integers(0, 10**9),
    "precision": st.sampled_from((AUTO_PRECISION, *PRECISIONS)),
    "seed": st.integers(0, 2**31 - 1),
    "sample_every": st.sampled_from(["500", "2ep", "30s", "5m", "off"]),
    "checkpoint_every": st.sampled_from(["500", "2ep", "30s", "5m", "off"]),
    "evaluate_every": st.sampled_from(["auto", "500", "2ep", "30s", "5m", "off"]),
    "keep": st.integers(1, 100),
    "device": st.sampled_from(["auto", "cpu", "gpu", "gpu:1"]),
    "threads": st.none() | st.integers(1, 64),
}


@given(st.fixed_dictionaries({}, optional=VALID))
def test_a_configuration_survives_json(options: dict[str, Any]) -> None:
    config = RunConfig.resolve(options)

    assert RunConfig.resolve(json.loads(json.dumps(config.to_json()))) == config


OTHERS = {
    "epochs": 7,
    "batch_size": 77,
    "latent_dim": 33,
    "learning_rate": 0.0123,
    "beta_1": 0.123,
    "precision": "tf32",
    "horizon": 4321,
    "loss": "relativistic",
    "gradient_penalty": 12.5,
    "max_shift": 7,
    "shift_share": 0.123,
    "ema_half_life": 54_321,
}
"""A value of each recipe's field that no preset has."""


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_not_given_is_the_presets(preset: str) -> None:
    config = RunConfig.resolve({"preset": preset})

    for name, value in dataclasses.asdict(PRESETS[preset].recipe).items():
        assert getattr(config, name) == value, name


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", OTHERS)
def test_an_option_wins_over_the_preset_and_leaves_the_others_alone(preset: str, name: str) -> None:
    config = RunConfig.resolve({"preset": preset, name: OTHERS[name]})

    expected = dataclasses.replace(RunConfig.resolve({"preset": preset}), **{name: OTHERS[name]})
    assert config == expected


def test_the_options_of_a_recipe_are_the_recipes_fields() -> None:
    assert set(OTHERS) == RECIPE == {field.name for field in dataclasses.fields(Recipe)}


def test_the_help_says_that_a_recipes_defaults_are_the_presets() -> None:
    described = options_of(RunConfig)

    by_preset = {name for name in described if described[name].default_text == "the preset's"}
    assert by_preset == RECIPE


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("preset", "vae"),
        ("preset", ["mlp"]),
        ("data", ""),
        ("data", 7),
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", True),
        ("steps", -1),
        ("batch_size", 0),
        ("batch_size", 65_537),
        ("latent_dim", "100"),
        ("learning_rate", 0.0),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", 10**400),
        ("learning_rate", None),
        ("beta_1", 1.0),
        ("beta_1", -0.1),
        ("beta_1", False),
        ("horizon", -1),
        ("horizon", 1.5),
        ("loss", "wasserstein"),
        ("loss", None),
        ("gradient_penalty", -0.1),
        ("gradient_penalty", 1001),
        ("gradient_penalty", math.nan),
        ("max_shift", -1),
        ("max_shift", 9),
        ("shift_share", -0.1),
        ("shift_share", 1.1),
        ("shift_share", math.nan),
        ("ema_half_life", -1),
        ("ema_half_life", 0.5),
        ("precision", "float16"),
        ("precision", None),
        ("seed", -1),
        ("seed", 2**31),
        ("sample_every", "sometimes"),
        ("sample_every", 500),
        ("checkpoint_every", "0"),
        ("checkpoint_every", "auto"),
        ("evaluate_every", "0ep"),
        ("keep", 0),
        ("threads", 0),
        ("device", "tpu"),
        ("device", "gpu:"),
        ("device", "gpu:x"),
        ("device", "cpu:1"),
        ("device", None),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_options_name(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"^{option_name(option)}: "):
        RunConfig.resolve({option: value})


def test_an_unknown_option_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown option lr\. Known: .*learning_rate"):
        RunConfig.resolve({"lr": 1e-4})


def test_a_run_needs_an_end() -> None:
    with pytest.raises(UsageError, match="neither --epochs nor --steps"):
        RunConfig.resolve({"epochs": None})


def test_steps_alone_set_the_length_if_only_they_are_given() -> None:
    config = RunConfig.resolve({"steps": 300})

    assert config.epochs is None
    assert config.total_steps(234) == 300


def test_with_both_the_smaller_total_wins() -> None:
    config = RunConfig.resolve({"steps": 1000, "epochs": 2})

    assert config.total_steps(234) == 468
    assert config.total_steps(900) == 1000


def test_a_resumed_run_may_be_made_longer() -> None:
    config = RunConfig.resolve({"epochs": 10, "seed": 3})

    longer = config.with_options({"epochs": 20, "sample_every": "off"})

    assert (longer.epochs, longer.seed, longer.sample_every) == (20, 3, "off")


def test_the_newer_of_epochs_and_steps_replaces_the_other() -> None:
    config = RunConfig.resolve({"epochs": 10})

    in_steps = config.with_options({"steps": 300})

    assert (in_steps.epochs, in_steps.steps) == (None, 300)
    assert in_steps.with_options({"epochs": 4}).steps is None


def test_a_resumed_run_cannot_change_what_it_computes() -> None:
    config = RunConfig.resolve({"batch_size": 64})

    with pytest.raises(UsageError, match=r"--batch-size 128 \(the run has 64\)"):
        config.with_options({"batch_size": 128})


def test_a_resumed_run_of_a_named_set_is_refused_another_at_once() -> None:
    config = RunConfig.resolve({"data": "mnist"})

    with pytest.raises(UsageError, match=r"--data fashion_mnist \(the run has mnist\)"):
        config.with_options({"data": "fashion_mnist"})


@pytest.mark.parametrize("data", ["mnist", "/elsewhere/mnist", "auto"])
def test_a_resumed_run_may_find_its_images_anywhere(data: str) -> None:
    config = RunConfig.resolve({"data": "mnist"})

    assert config.with_options({"data": data}).data == data.replace("auto", "mnist")


def test_the_same_options_given_again_change_nothing() -> None:
    config = RunConfig.resolve({"batch_size": 64, "preset": "tutorial"})

    assert config.with_options({"batch_size": 64, "preset": "tutorial"}) == config


def test_an_unknown_option_at_resume_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown option"):
        RunConfig.resolve({}).with_options({"lr": 1})


def test_a_run_of_the_former_preset_seed_is_one_of_tutorial() -> None:
    values = {**RunConfig.resolve({"preset": "tutorial"}).to_json(), "preset": "seed"}

    assert RunConfig.resolve(values) == RunConfig.resolve({"preset": "tutorial"})


def test_a_resumed_run_may_be_given_the_former_name_of_its_preset() -> None:
    config = RunConfig.resolve({"preset": "tutorial"})

    assert config.with_options({"preset": "seed"}) == config


@pytest.mark.parametrize("name", sorted(RECIPE - {"epochs"}))
def test_a_resumed_run_keeps_its_recipe(name: str) -> None:
    config = RunConfig.resolve({"precision": "float32"})

    with pytest.raises(UsageError) as refused:
        config.with_options({name: OTHERS[name]})

    expected = f"{option_name(name)} {OTHERS[name]} (the run has {getattr(config, name)})"
    assert expected in str(refused.value)
    assert config.with_options({name: getattr(config, name)}) == config


def test_every_refused_option_is_named_at_once() -> None:
    config = RunConfig.resolve({"loss": "classic", "max_shift": 2})

    with pytest.raises(UsageError, match=r"--loss relativistic .*, --max-shift 7 \("):
        config.with_options({"loss": "relativistic", "max_shift": 7})


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_resumed_run_keeps_the_precision_that_auto_came_to(precision: str) -> None:
    config = RunConfig.resolve({"precision": precision})

    assert config.with_options({"precision": AUTO_PRECISION}) == config


def before_recipes(**options: Any) -> dict[str, Any]:
    """A configuration as runs of the first schema have it: every option of then."""
    values = RunConfig.resolve({"precision": "float32", **options}).to_json()
    new = ("horizon", "loss", "gradient_penalty", "max_shift", "ema_half_life")
    return {name: value for name, value in values.items() if name not in new}


def test_a_run_of_mlp_before_recipes_has_the_networks_and_the_training_of_then() -> None:
    values = before_recipes(preset="mlp-dropout", batch_size=128, learning_rate=3e-4, epochs=7)

    config = RunConfig.resolve(recorded(1, {**values, "preset": "mlp"}))

    assert config.preset == "mlp-dropout"
    assert {name: getattr(config, name) for name in values} == values
    assert (config.horizon, config.loss, config.gradient_penalty) == (0, "classic", 0.0)
    assert (config.max_shift, config.ema_half_life) == (0, 0)


@pytest.mark.parametrize("name", ["tutorial", "seed"])
def test_a_run_of_the_tutorial_before_recipes_is_one_today(name: str) -> None:
    values = {**before_recipes(preset="tutorial"), "preset": name}

    expected = RunConfig.resolve({"preset": "tutorial"})
    assert RunConfig.resolve(recorded(1, values)) == expected


@pytest.mark.parametrize("preset", [None, 7, ["mlp"], "vae"])
def test_an_old_configuration_with_a_bad_preset_is_refused_as_any_other(preset: object) -> None:
    with pytest.raises(UsageError, match=r"^--preset: "):
        RunConfig.resolve(recorded(1, {"preset": preset}))
