"""What doctor says of terminals that lack something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tui.doctor.questions import MOUSE_MODE, SAMPLES, SYNCHRONIZED_MODE, Answers
from tui.doctor.reading import tmux_facts
from tui.doctor.terminal import TerminalFacts, TmuxFacts, lost_kinds, rows

if TYPE_CHECKING:
    from gan.doctor.row import Row

GOOD_ANSWERS: dict[str, Any] = {
    "round_trips": (0.002, 0.004, 0.003),
    "widths": dict.fromkeys(SAMPLES, 2),
    "modes": {MOUSE_MODE: 2, SYNCHRONIZED_MODE: 2},
    "bytes_per_second": 2e6,
    "bytes_sent": 131_072,
}
XTERM: dict[str, Any] = {
    "environ": {"TERM": "xterm-256color", "LANG": "de_DE.UTF-8"},
    "terminfo_colors": 256,
    "terminfo_mouse": True,
}


def found(answers: dict[str, Any] | None = None, **facts: Any) -> dict[str, Row]:
    """The rows of a good terminal but for what is given, by name."""
    given = Answers(**GOOD_ANSWERS | (answers or {}))
    return {row.name: row for row in rows(TerminalFacts(**XTERM | {"answers": given} | facts))}


def test_a_terminal_that_lacks_nothing_is_ok_throughout() -> None:
    verdicts = {row.name: row.verdict for row in found().values()}

    assert verdicts == dict.fromkeys(
        (
            *("terminal", "colours", "unicode", "glyphs", "mouse", "frames"),
            *("round trip", "bandwidth"),
        ),
        "ok",
    )


def test_the_linux_console_has_sixteen_colours_and_no_mouse() -> None:
    seen = found(
        {"modes": {}},
        environ={"TERM": "linux", "LANG": "C.UTF-8"},
        terminfo_colors=8,
        terminfo_mouse=True,
        used_colors=16,
    )

    assert seen["colours"].verdict == "warn"
    assert seen["colours"].text == "16 colours: digits in four greys"
    assert "terminal emulator" in seen["colours"].fix
    assert seen["mouse"].verdict == "warn"
    assert "keys" in seen["mouse"].fix
    assert seen["frames"].verdict == "warn"


@pytest.mark.parametrize(
    ("facts", "fix"),
    [
        ({"environ": {"TERM": "xterm"}, "terminfo_colors": 8}, "export TERM=xterm-256color"),
        (
            {"environ": {"TERM": "xterm-kitty"}, "terminfo_colors": 256},
            "export COLORTERM=truecolor",
        ),
        (
            {
                "environ": {"TERM": "screen"},
                "terminfo_colors": 8,
                "tmux": TmuxFacts(version="3.4", is_utf8=True, outer="xterm"),
            },
            "tmux set -g default-terminal tmux-256color, then open a new window.",
        ),
    ],
    ids=["xterm", "kitty-over-ssh", "tmux-as-screen"],
)
def test_sixteen_colours_have_the_command_that_brings_more(facts: dict[str, Any], fix: str) -> None:
    seen = found(used_colors=16, **facts)["colours"]

    assert seen.verdict == "warn"
    assert seen.text.startswith("16 colours")
    assert seen.fix == fix


def test_no_colours_by_choice_are_named_as_such() -> None:
    seen = found(environ={"TERM": "xterm", "NO_COLOR": "1"}, used_colors=2)["colours"]

    assert (seen.text, seen.fix) == ("no colours: NO_COLOR is set", "unset NO_COLOR")


def test_a_terminal_that_the_system_does_not_know_gets_a_name_that_it_does() -> None:
    seen = found(environ={"TERM": "xterm-ghostty"}, terminfo_colors=None)["terminal"]

    assert seen.verdict == "warn"
    assert seen.fix == "export TERM=xterm-256color"


@pytest.mark.parametrize(
    ("columns", "lines", "verdict", "words"),
    [
        (80, 24, "ok", "80x24"),
        (79, 24, "warn", "charts"),
        (80, 23, "warn", "charts"),
        (59, 24, "warn", "one digit"),
        (200, 17, "warn", "one digit"),
    ],
)
def test_a_small_window_says_what_it_costs(
    columns: int, lines: int, verdict: str, words: str
) -> None:
    seen = found(columns=columns, rows=lines)["terminal"]

    assert seen.verdict == verdict
    assert words in seen.text


@pytest.mark.parametrize(
    ("environ", "encoding"),
    [
        ({"LANG": "de_DE.ISO-8859-1"}, "iso-8859-1"),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8"),
        ({"LANG": "C"}, "ascii"),
    ],
    ids=["latin1", "lc-all-c", "ascii"],
)
def test_a_locale_without_utf8_has_a_command(environ: dict[str, str], encoding: str) -> None:
    seen = found(environ={"TERM": "xterm", **environ}, encoding=encoding)

    assert seen["unicode"].verdict == "warn"
    assert seen["unicode"].fix == "export LC_ALL=C.UTF-8"
    assert lost_kinds(TerminalFacts(environ=environ, encoding=encoding)) == [
        *("half", "quad", "braille", "sextant", "octant")
    ]


def test_a_terminal_that_shows_bytes_is_told_from_its_widths() -> None:
    seen = found({"widths": {**dict.fromkeys(SAMPLES, 6), "octant": 8, "sextant": 8}})

    assert seen["unicode"].verdict == "warn"
    assert "two blocks take 6 columns" in seen["unicode"].text
    assert seen["glyphs"].verdict == "warn"
    assert seen["glyphs"].fix == "gan-tui --glyphs ascii"


def test_a_terminal_with_wide_blocks_is_told_what_to_set() -> None:
    seen = found({"widths": {**dict.fromkeys(SAMPLES, 4)}})["unicode"]

    assert "ambiguous width" in seen.fix


def test_octants_that_are_lost_are_named_but_not_missed() -> None:
    seen = found({"widths": {**dict.fromkeys(SAMPLES, 2), "octant": 0}})["glyphs"]

    assert seen.verdict == "ok"
    assert seen.text.endswith("octant not")


def test_terminfo_counts_for_a_mouse_where_the_terminal_is_not_asked() -> None:
    assert found({"modes": {}})["mouse"].verdict == "ok"
    assert found({"modes": {}}, terminfo_mouse=False)["mouse"].verdict == "warn"
    assert found(terminfo_mouse=False)["mouse"].verdict == "ok"
    assert found({"modes": {MOUSE_MODE: 0}}, terminfo_mouse=False)["mouse"].verdict == "warn"


def test_a_terminal_that_answers_nothing_has_one_row_for_all_of_it() -> None:
    seen = found({"round_trips": (), "widths": {}, "modes": {}, "bytes_per_second": None})

    assert seen["answers"].verdict == "warn"
    assert {"glyphs", "frames", "round trip", "bandwidth"} & set(seen) == set()
    assert seen["unicode"].verdict == "ok"
    assert "not measured" in seen["unicode"].text


def test_gnu_screen_is_named() -> None:
    assert "older glyphs" in found(in_gnu_screen=True)["screen"].text


def test_tmux_without_utf8_has_a_command() -> None:
    old = TmuxFacts(version="3.3a", is_utf8=False, outer="xterm")

    seen = found(tmux=old)["tmux"]

    assert (seen.verdict, seen.fix) == ("warn", "tmux -u attach")


def test_inside_tmux_the_figures_are_said_to_be_those_to_tmux() -> None:
    seen = found(tmux=TmuxFacts(version="3.4", is_utf8=True, outer="foot"))

    assert seen["tmux"].verdict == "ok"
    assert "to tmux, which answers itself" in seen["round trip"].text
    assert "to tmux" in seen["bandwidth"].text


def test_what_tmux_prints_is_read_or_refused() -> None:
    assert tmux_facts("3.4|1|xterm-256color\n") == TmuxFacts(
        version="3.4", is_utf8=True, outer="xterm-256color"
    )
    assert tmux_facts("no server running") is None


def test_a_slow_link_is_told_what_helps() -> None:
    seen = found({"round_trips": (0.4, 0.5, 0.6), "bytes_per_second": 8_000.0})

    assert (seen["round trip"].verdict, seen["round trip"].fix) == ("warn", "gan-tui --fps 2")
    assert seen["round trip"].text.startswith("500 ms")
    assert seen["bandwidth"].verdict == "warn"


def test_every_row_that_is_not_ok_says_what_mends_it_and_fits_in_80_columns() -> None:
    seen = [
        *found().values(),
        *found(
            {"modes": {}, "round_trips": (9.0,), "bytes_per_second": 1.0},
            environ={"TERM": "linux"},
            columns=20,
            used_colors=16,
            in_gnu_screen=True,
            terminfo_mouse=False,
        ).values(),
        *found({"widths": dict.fromkeys(SAMPLES, 4)}, used_colors=2).values(),
    ]

    for row in seen:
        assert bool(row.fix) == (row.verdict != "ok"), row
        assert len(row.text) <= 61, row
        assert len(row.fix) <= 70, row


def test_a_terminal_without_a_size_is_told_how_to_get_one() -> None:
    seen = found(columns=0, rows=0)["terminal"]

    assert (seen.verdict, seen.text) == ("warn", "xterm-256color, 0x0: it does not tell its size")
    assert seen.fix == "stty rows 24 columns 80"


def test_without_utf8_one_row_says_it_with_what_mends_it() -> None:
    seen = found(environ={"TERM": "xterm-256color", "LC_ALL": "C"})

    assert seen["unicode"].fix == "export LC_ALL=C.UTF-8"
    assert "glyphs" not in seen
