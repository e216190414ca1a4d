"""Remapped keys: what applies, and what is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from textual.app import App
from textual.binding import Binding

from tui.keys.bindings import BINDINGS
from tui.keys.keymap import load_keymap, remapped

if TYPE_CHECKING:
    from pathlib import Path

IDS = {"pause", "resume", "grid-before"}
DEFAULTS = {"pause": "space,p", "resume": "space,p", "save": "s", "grid-before": "["}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def test_keys_by_the_bindings_name(path: Path) -> None:
    path.write_text('pause = "x"\ngrid-before = "comma, f2"\n')

    assert load_keymap(path, IDS) == ({"pause": "x", "grid-before": "comma,f2"}, [])


def test_no_file_is_no_warning(path: Path) -> None:
    assert load_keymap(path, IDS) == ({}, [])


@pytest.mark.parametrize(
    "keys", ["ctrl+x", "R", "?", "é", "f12", "shift+left", "full_stop", "minus", "space", "escape"]
)
def test_every_key_that_textual_knows_can_be_had(path: Path, keys: str) -> None:
    path.write_text(f'pause = "{keys}"\n')

    assert load_keymap(path, IDS)[1] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('pasue = "y"', "pasue ignored: there is no such action. Did you mean pause?"),
        ('[resume]\nx = "y"', "resume ignored: received {'x': 'y'}"),
        ("resume = 3", "resume ignored: received 3"),
        ('resume = ""', "resume ignored: received ''"),
        ('resume = "y,"', "resume ignored"),
        ('resume = ","', "resume ignored"),
        ('resume = "spcae"', "resume ignored: received 'spcae', expected key names"),
        ('resume = "ctrl+"', "resume ignored"),
        ('resume = "control+y"', "resume ignored"),
        ('resume = "x"', "x is already used by pause"),
    ],
)
def test_an_entry_that_cannot_be_is_reported_and_the_others_hold(
    path: Path, line: str, said: str
) -> None:
    path.write_text(f'pause = "x"\n{line}\n')
    keymap, warnings = load_keymap(path, IDS)

    assert keymap == {"pause": "x"}
    assert len(warnings) == 1
    assert said in warnings[0]


@pytest.mark.parametrize(
    "text", ["pause: x\n", "a = " + "[" * 100_000], ids=["no TOML", "too deep"]
)
def test_what_is_no_toml_is_reported(path: Path, text: str) -> None:
    path.write_text(text)
    keymap, (warning,) = load_keymap(path, IDS)

    assert keymap == {}
    assert str(path) in warning
    assert "\n" not in warning


def test_what_is_no_text_is_reported(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    _, (warning,) = load_keymap(path, IDS)

    assert str(path) in warning


class TestKeysThatOthersHave:
    def load(self, path: Path, text: str) -> tuple[dict[str, str], list[str]]:
        path.write_text(text)
        return load_keymap(path, DEFAULTS, DEFAULTS)

    def test_a_key_of_an_action_that_keeps_it_is_not_taken(self, path: Path) -> None:
        keymap, (warning,) = self.load(path, 'grid-before = "s"')

        assert keymap == {}
        assert "grid-before ignored: s is already used by save" in warning

    @pytest.mark.parametrize("keys", ["?", "question_mark"])
    def test_one_key_under_two_names_is_one_key(self, path: Path, keys: str) -> None:
        keymap, warnings = self.load(path, f'save = "question_mark"\ngrid-before = "{keys}"')

        assert keymap == {"save": "question_mark"}
        assert len(warnings) == 1

    def test_two_may_change_places(self, path: Path) -> None:
        text = 'save = "left_square_bracket"\ngrid-before = "s"'

        assert self.load(path, text) == (
            {"save": "left_square_bracket", "grid-before": "s"},
            [],
        )

    def test_who_wanted_a_key_that_its_owner_then_keeps_goes_without(self, path: Path) -> None:
        """The entry of `save` cannot be, so `s` stays its own, which `grid-before` wanted."""
        keymap, warnings = self.load(path, 'grid-before = "s"\nsave = "space"')

        assert keymap == {}
        assert len(warnings) == 2

    def test_pause_and_resume_may_share_a_key_as_they_do_by_default(self, path: Path) -> None:
        assert self.load(path, 'pause = "x"\nresume = "x"') == ({"pause": "x", "resume": "x"}, [])

    def test_the_one_that_shared_a_key_keeps_it_when_the_other_moves(self, path: Path) -> None:
        assert self.load(path, 'pause = "x"') == ({"pause": "x", "resume": "space,p"}, [])


class TestUnderTextual:
    """What a keymap does to the keys that an application has in the end."""

    class Keys(App[None]):
        BINDINGS: ClassVar[list[Any]] = [
            Binding("space,p", "pause", "Pause", id="pause"),
            Binding("space,p", "resume", "Unpause", id="resume"),
            Binding("s", "save", "Save", id="save"),
        ]
        paused = False

        def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
            del parameters
            return action not in {"pause", "resume"} or (action == "resume") == self.paused

    async def keys(self, keymap: dict[str, str], *, paused: bool) -> dict[str, str]:
        app = self.Keys()
        async with app.run_test():
            app.set_keymap(keymap)
            app.paused = paused
            active = app.screen.active_bindings.values()
            return {one.binding.key: one.binding.action for one in active if one.binding.id}

    @pytest.fixture(params=['pause = "x"', 'pause = "x"\nresume = "x"'])
    def keymap(self, request: pytest.FixtureRequest, path: Path) -> dict[str, str]:
        path.write_text(request.param)
        return load_keymap(path, DEFAULTS, DEFAULTS)[0]

    async def test_no_action_is_without_a_key(self, keymap: dict[str, str]) -> None:
        assert "pause" in (await self.keys(keymap, paused=False)).values()
        assert {"resume", "save"} <= set((await self.keys(keymap, paused=True)).values())


def test_a_list_of_keys_shows_the_remapped_ones() -> None:
    bindings = [
        Binding("space,p", "pause", "Pause", id="pause", key_display="space"),
        Binding("s", "save", "Save", id="save"),
    ]
    shown = remapped(bindings, {"pause": "x"})

    assert [(one.key, one.key_display) for one in shown] == [("x", None), ("s", None)]


def test_the_dashboards_own_keys_do_not_clash(path: Path) -> None:
    """Or an entry for one of them would be refused for what it never did."""
    defaults = {binding.id: binding.key for binding in BINDINGS if binding.id}
    path.write_text("".join(f'{id_} = "{keys}"\n' for id_, keys in defaults.items()))

    assert load_keymap(path, defaults, defaults)[1] == []


def test_a_number_that_python_does_not_print_is_reported(path: Path) -> None:
    path.write_text("pause = 0x" + "f" * 5000)

    keymap, (warning,) = load_keymap(path, IDS)

    assert keymap == {}
    assert "pause ignored: received a number of thousands of digits" in warning


def test_a_file_that_is_no_file_is_reported_at_once(path: Path) -> None:
    path.symlink_to("/dev/zero")

    keymap, (warning,) = load_keymap(path, IDS)

    assert keymap == {}
    assert "it is not a regular file" in warning


def test_of_very_many_entries_only_some_are_looked_at(path: Path) -> None:
    path.write_text("".join(f"n{number} = 'x'\n" for number in range(4000)))
    warnings = load_keymap(path, IDS)[1]

    assert len(warnings) == 201
    assert warnings[-1] == f"{path}: received 4,000 entries, expected 200 or fewer"
