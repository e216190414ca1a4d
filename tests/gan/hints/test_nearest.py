"""What a person may have meant with a word that is no name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gan.config import RunConfig
from gan.data.sources import DATA_NAMES, nearest_name
from gan.hints import aliases
from gan.hints.nearest import hint, nearest
from gan.models.presets import LOSSES, PRESETS
from gan.options import options_of
from tui.commands import SUBCOMMANDS
from tui.commands.train_options import Arguments

NAMES = ("batch-size", "learning-rate", "seed", "steps")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("--batch_size", "batch-size"),
        ("BATCH SIZE", "batch-size"),
        ("--seeds", "seed"),
        ("--step", "steps"),
        ("leraning-rate", "learning-rate"),
        ("learningrate", "learning-rate"),
        ("colour", None),
        ("", None),
        ("\x1b[2J", None),
        ("seed" * 1000, None),
    ],
)
def test_the_nearest_name_is_found_by_its_spelling(word: str, name: str | None) -> None:
    assert nearest(word, NAMES) == name


def test_what_a_name_is_called_elsewhere_comes_before_a_similar_spelling() -> None:
    assert nearest("--lr", NAMES, {"lr": "learning-rate"}) == "learning-rate"
    assert nearest("step", ["steps", "epochs"], {"step": "epochs"}) == "epochs"


def test_a_hint_is_a_question_or_nothing() -> None:
    assert hint("seed") == " Did you mean seed?"
    assert hint(None) == ""


def test_a_word_of_a_megabyte_costs_no_time() -> None:
    begun = time.perf_counter()

    assert nearest("seed" * 250_000, NAMES) is None
    assert time.perf_counter() - begun < 0.1


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (
            aliases.OPTIONS,
            [n.replace("_", "-") for r in (RunConfig, Arguments) for n in options_of(r)],
        ),
        (aliases.COMMANDS, [*SUBCOMMANDS, "--help", "--version", "--resume"]),
        (aliases.DATA, DATA_NAMES),
        (aliases.LOSSES, LOSSES),
        (aliases.PRECISIONS, ["float32", "bfloat16"]),
    ],
    ids=["options", "commands", "data", "losses", "precisions"],
)
def test_every_alias_leads_to_a_valid_name_and_is_none_itself(
    table: dict[str, str], names: list[str]
) -> None:
    assert set(table.values()) <= set(names)
    assert not set(table) & set(names)
    assert all(alias == alias.lower() and "_" not in alias for alias in table)


@pytest.mark.parametrize(
    ("field", "word", "meant"),
    [
        ("device", "cuda", "gpu"),
        ("device", "cuda:0", "gpu:0"),
        ("device", "CUDA:1", "gpu:1"),
        ("device", "gpu0", "gpu:0"),
        ("device", "gpu-1", "gpu:1"),
        ("device", "/device:GPU:1", "gpu:1"),
        ("device", "CPU", "cpu"),
        ("device", "cpus", "cpu"),
        ("preset", "DCGAN", "dcgan"),
        ("preset", "dc-gan", "dcgan"),
        ("preset", "mlp_dropout", "mlp-dropout"),
        ("preset", "tutorail", "tutorial"),
        ("loss", "relativstic", "relativistic"),
        ("loss", "bce", "classic"),
        ("precision", "bf16", "bfloat16"),
        ("precision", "fp32", "float32"),
    ],
)
def test_a_refused_value_names_what_may_be_meant(field: str, word: str, meant: str) -> None:
    values = options_of(RunConfig)[field].values

    assert values is not None
    assert values.refusal(word).endswith(f" Did you mean {meant}?")
    assert values.refusal(meant) == ""


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("MNIST", "mnist"),
        ("fashion-mnist", "fashion_mnist"),
        ("Fashion_MNIST", "fashion_mnist"),
        ("FashionMNIST", "fashion_mnist"),
        ("fashion", "fashion_mnist"),
        ("mnits", "mnist"),
        ("Synthetic", "synthetic"),
        ("cifar10", None),
        ("kmnst", "kmnist"),
        ("emnist/leters", "emnist/letters"),
        ("kuzushiji", "kmnist"),
    ],
)
def test_a_source_has_a_nearest_name(word: str, name: str | None) -> None:
    assert nearest_name(Path("/somewhere") / word) == name


def test_every_preset_is_valid_as_it_is() -> None:
    assert [nearest(name, PRESETS) for name in PRESETS] == list(PRESETS)
