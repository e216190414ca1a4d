"""Preferences remembered from one time to the next, whatever is in the file."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from tui.model.view import Preferences
from tui.settings.preferences import VERSION, load, save

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN = Preferences(
    glyphs="octant", log_axis=False, smoothing=0.9, history="epoch", theme="high-contrast"
)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state" / "view.json"
    save(path, CHOSEN)

    assert load(path) == (CHOSEN, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["view.json"]


def test_no_file_is_no_warning(tmp_path: Path) -> None:
    assert load(tmp_path / "view.json") == (Preferences(), "")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "nonsense", '"x"', "[" * 100_000, '{"version": 99}', '{"glyphs": "half"}', "\xff"],
    ids=["empty", "list", "words", "string", "deep", "newer", "unversioned", "bytes"],
)
def test_a_file_that_cannot_be_read_is_reported_and_the_defaults_apply(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "view.json"
    path.write_text(text, encoding="latin-1")
    preferences, warning = load(path)

    assert preferences == Preferences()
    assert str(path) in warning


@pytest.mark.parametrize(
    "field",
    [{"glyphs": "braille"}, {"log_axis": 1}, {"smoothing": "0.9"}, {"theme": ["dark"]}],
    ids=str,
)
def test_a_field_that_cannot_be_is_left_out_and_the_others_hold(
    tmp_path: Path, field: dict[str, object]
) -> None:
    path = tmp_path / "view.json"
    path.write_text(json.dumps({"version": VERSION, "history": "recent", **field}))
    preferences, warning = load(path)

    assert preferences == Preferences(history="recent")
    assert next(iter(field)) in warning


def test_a_theme_saved_under_its_former_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "view.json"
    path.write_text(json.dumps({"version": VERSION, "look": "light"}))

    assert load(path) == (Preferences(theme="light"), "")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(OSError, match="state"):
        save(tmp_path / "state" / "view.json", CHOSEN)


@pytest.mark.parametrize("kind", ["pipe", "device", "too large"])
def test_what_is_no_small_file_is_ignored_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "view.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(b" " * 70_000)

    found, warning = load(path)

    assert found == Preferences()
    assert warning.startswith(f"ignoring {path}")


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    save(tmp_path / "real.json", Preferences(log_axis=False))
    (tmp_path / "view.json").symlink_to(tmp_path / "real.json")

    assert load(tmp_path / "view.json") == (Preferences(log_axis=False), "")
