"""The configuration of a run: defaults, validation, JSON, and what a resume may change."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.config import PRECISIONS, RunConfig
from gan.errors import UsageError
from gan.models.presets import PRESETS
from gan.options import option_name

VALID = {
    "preset": st.sampled_from(sorted(PRESETS)),
    "data": st.text(min_size=1),
    "epochs": st.integers(1, 10**9),
    "steps": st.integers(1, 10**12),
    "batch_size": st.integers(1, 65_536),
    "latent_dim": st.integers(1, 65_536),
    "learning_rate": st.floats(1e-12, 9.9),
    "beta_1": st.floats(0.0, 0.999),
    "precision": st.sampled_from(PRECISIONS),
    "seed": st.integers(0, 2**31 - 1),
    "sample_every": st.sampled_from(["500", "2ep", "30s", "5m", "off"]),
    "checkpoint_every": st.sampled_from(["500", "2ep", "30s", "5m", "off"]),
    "keep": st.integers(1, 100),
    "device": st.sampled_from(["auto", "cpu", "gpu", "gpu:1"]),
    "threads": st.none() | st.integers(1, 64),
}


@given(st.fixed_dictionaries({}, optional=VALID))
def test_a_configuration_survives_json(options: dict[str, Any]) -> None:
    config = RunConfig.resolve(options)

    assert RunConfig.resolve(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    ("preset", "learning_rate", "beta_1"), [("mlp", 2e-4, 0.5), ("tutorial", 1e-4, 0.9)]
)
def test_adam_is_the_presets_unless_it_is_given(
    preset: str, learning_rate: float, beta_1: float
) -> None:
    config = RunConfig.resolve({"preset": preset})
    given_one = RunConfig.resolve({"preset": preset, "beta_1": 0.1})

    assert (config.learning_rate, config.beta_1) == (learning_rate, beta_1)
    assert (given_one.learning_rate, given_one.beta_1) == (learning_rate, 0.1)


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
        ("precision", "float16"),
        ("precision", None),
        ("seed", -1),
        ("seed", 2**31),
        ("sample_every", "sometimes"),
        ("sample_every", 500),
        ("checkpoint_every", "0"),
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
