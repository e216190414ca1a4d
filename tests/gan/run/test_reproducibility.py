"""What makes a resumed run compute other bits is named, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from gan.run.reproducibility import caution, mismatches
from gan.session.environment import environment

HERE: dict[str, Any] = {
    **environment(),
    "tensorflow": "2.21.0",
    "keras": "3.12.0",
    "numpy": "2.4.0",
    "processors": 2,
    "TF_ENABLE_ONEDNN_OPTS": None,
    "device": "CPU",
    "threads": None,
    "jit_compiled": True,
    "settings": {"XLA_FLAGS": "--a", "TF_NUM_INTRAOP_THREADS": "1"},
}


def test_the_same_environment_promises_the_same_bits() -> None:
    assert mismatches(HERE, dict(HERE)) == []
    assert caution([]) == ""


@pytest.mark.parametrize(
    ("name", "value", "phrase"),
    [
        ("tensorflow", "2.21.1", "TensorFlow 2.21.1, was 2.21.0"),
        ("keras", "3.13.0", "Keras 3.13.0, was 3.12.0"),
        ("numpy", "2.4.1", "NumPy 2.4.1, was 2.4.0"),
        ("device", "NVIDIA H200", "device NVIDIA H200, was CPU"),
        ("processors", 4, "processors 4, was 2"),
        ("threads", 2, "threads 2, was automatic"),
        ("TF_ENABLE_ONEDNN_OPTS", "0", "TF_ENABLE_ONEDNN_OPTS 0, was not set"),
        ("jit_compiled", False, "jit_compile off, was on"),
    ],
)
def test_what_changes_bits_is_named(name: str, value: object, phrase: str) -> None:
    assert mismatches(HERE, {**HERE, name: value}) == [phrase]


@pytest.mark.parametrize("name", ["python", "platform", "textual", "gan-tui"])
def test_what_changes_no_bits_is_not_named(name: str) -> None:
    assert mismatches(HERE, {**HERE, name: "another"}) == []


def test_settings_that_came_went_or_changed_are_named() -> None:
    other = {**HERE, "settings": {"XLA_FLAGS": "--b", "OMP_NUM_THREADS": "4"}}

    assert mismatches(HERE, other) == [
        "OMP_NUM_THREADS 4, was not set",
        "TF_NUM_INTRAOP_THREADS not set, was 1",
        "XLA_FLAGS --b, was --a",
    ]


@pytest.mark.parametrize("damaged", [None, [], "x", 1])
def test_settings_that_are_missing_or_damaged_are_not_compared(damaged: object) -> None:
    assert mismatches({**HERE, "settings": damaged}, HERE) == []
    assert mismatches({name: HERE[name] for name in HERE if name != "settings"}, HERE) == []


def test_what_only_one_of_them_tells_is_not_called_a_difference() -> None:
    without = {name: value for name, value in HERE.items() if name != "jit_compiled"}

    assert mismatches(without, HERE) == []
    assert mismatches(HERE, without) == []
    assert mismatches({}, HERE) == []


def test_all_differences_are_one_line() -> None:
    differences = mismatches({**HERE, "threads": 1, "keras": None}, {**HERE, "threads": 2})

    assert caution(differences) == (
        "state exact, trajectory may differ: Keras 3.12.0, was unknown; threads 2, was 1."
    )
