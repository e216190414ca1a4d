"""Remapped keys: what holds, and what is told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tui.keymap import load_keymap

if TYPE_CHECKING:
    from pathlib import Path

IDS = {"pause", "resume", "grid-before"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def test_keys_by_the_bindings_name(path: Path) -> None:
    path.write_text('pause = "x"\ngrid-before = "comma, f2"\n')

    assert load_keymap(path, IDS) == ({"pause": "x", "grid-before": "comma,f2"}, [])


def test_no_file_is_no_warning(path: Path) -> None:
    assert load_keymap(path, IDS) == ({}, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('pasue = "y"', "pasue is not used: there is no such key"),
        ("resume = 3", "resume is not used: received 3"),
        ('resume = ""', "resume is not used: received ''"),
        ('resume = "x,"', "resume is not used"),
        ('resume = "x"', "pause has x already"),
    ],
)
def test_an_entry_that_cannot_be_is_told_of_and_the_others_hold(
    path: Path, line: str, said: str
) -> None:
    path.write_text(f'pause = "x"\n{line}\n')
    keymap, warnings = load_keymap(path, IDS)

    assert keymap == {"pause": "x"}
    assert len(warnings) == 1
    assert said in warnings[0]


def test_what_is_no_toml_is_told_of(path: Path) -> None:
    path.write_text("pause: x\n")
    keymap, (warning,) = load_keymap(path, IDS)

    assert keymap == {}
    assert str(path) in warning


def test_what_is_no_text_is_told_of(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    _, (warning,) = load_keymap(path, IDS)

    assert str(path) in warning
