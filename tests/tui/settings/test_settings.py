"""What options, files and the terminal come to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tui.model.view import Preferences, View
from tui.settings.preferences import load, preferences_path, save
from tui.settings.settings import depth_of, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from tui.settings.settings import Settings

GOOD = {"TERM": "xterm-256color", "LANG": "en_US.UTF-8"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def settings(
    environ: dict[str, str] = GOOD,
    *,
    fps: float | None = None,
    glyphs: str | None = None,
    theme: str | None = None,
) -> Settings:
    return settings_for(environ, fps=fps, glyphs=glyphs, theme=theme)


def test_a_first_time_is_the_defaults_without_a_word() -> None:
    made = settings()

    assert made.view == View()
    assert made.notes == []
    assert made.keymap == {}


def test_what_was_chosen_last_holds() -> None:
    save(preferences_path(), Preferences(glyphs="octant", history="epoch", theme="light"))

    assert settings().view == View(glyphs="octant", history="epoch", theme="light")


def test_an_option_wins_over_it() -> None:
    save(preferences_path(), Preferences(glyphs="octant", theme="light"))

    assert settings(glyphs="half", theme="dark").view == View(glyphs="half", theme="dark")


def test_without_a_home_folder_nothing_is_remembered_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}["nobody"])

    settings = settings_for({}, fps=None, glyphs=None, theme=None)

    assert settings.remember is None
    assert settings.notes == [
        "there is no home folder, so view choices are not remembered. Set HOME."
    ]


def test_a_view_is_remembered() -> None:
    made = settings()
    assert made.remember is not None
    made.remember(View(smoothing=0.0, cursor=7, enlarged=True))

    assert load(preferences_path()) == (Preferences(smoothing=0.0), "")


def test_files_that_cannot_be_used_are_reported(home: Path) -> None:
    (home / "state" / "gan-tui").mkdir(parents=True)
    (home / "state" / "gan-tui" / "view.json").write_text("nonsense")
    (home / "config" / "gan-tui").mkdir(parents=True)
    (home / "config" / "gan-tui" / "keys.toml").write_text('pause = "x"\nnothing = "y"\n')
    made = settings()

    assert made.keymap == {"pause": "x"}
    assert len(made.notes) == 2


def test_a_key_that_another_action_has_is_refused(home: Path) -> None:
    """Else nobody could quit any more."""
    (home / "config" / "gan-tui").mkdir(parents=True)
    (home / "config" / "gan-tui" / "keys.toml").write_text('export = "q"\nsmoothing = "x"\n')
    made = settings()

    assert made.keymap == {"smoothing": "x"}
    assert "export" in made.notes[0]


def test_what_was_asked_for_this_once_is_not_remembered() -> None:
    save(preferences_path(), Preferences(glyphs="octant"))
    made = settings({**GOOD, "LANG": "en_US.ISO-8859-1"}, theme="light")
    assert made.remember is not None
    assert (made.view.glyphs, made.view.theme) == ("ascii", "light")

    made.remember(replace(made.view, smoothing=0.0))

    assert load(preferences_path()) == (Preferences(glyphs="octant", smoothing=0.0), "")


@pytest.mark.parametrize(
    ("environ", "depth"),
    [
        (GOOD, "greys"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "greys"),
        ({"TERM": "xterm"}, "sixteen"),
        ({"TERM": "linux"}, "sixteen"),
        ({**GOOD, "NO_COLOR": "1"}, "mono"),
        ({**GOOD, "NO_COLOR": ""}, "greys"),
    ],
    ids=["256", "truecolor", "xterm", "console", "no-color", "empty-no-color"],
)
def test_the_colours_are_those_of_the_terminal(environ: dict[str, str], depth: str) -> None:
    assert depth_of(environ) == depth


@pytest.mark.parametrize(
    ("environ", "glyphs"),
    [
        ({**GOOD, "LANG": "en_US.ISO-8859-1"}, "ascii"),
        ({**GOOD, "LC_ALL": "de_DE.utf8", "LANG": "en_US.ISO-8859-1"}, "auto"),
        ({"TERM": "xterm", "LANG": "C"}, "auto"),
        ({**GOOD, "LC_ALL": "C"}, "ascii"),
        ({"TERM": "linux"}, "half"),
    ],
    ids=["latin-1", "overridden", "LANG=C", "LC_ALL=C", "console"],
)
def test_glyphs_that_the_terminal_cannot_show_are_not_taken(
    environ: dict[str, str], glyphs: str
) -> None:
    assert settings(environ).view.glyphs == glyphs


def test_an_option_is_used_all_the_same() -> None:
    assert settings({**GOOD, "LANG": "en_US.ISO-8859-1"}, glyphs="quad").view.glyphs == "quad"
