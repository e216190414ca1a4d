"""`gan-tui help WORD` explains whatever has a name."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from gan import events
from gan.errors import EXIT_CODES, UsageError
from gan.text import glossary
from gan.text.glossary import ALERTS, SERIES
from tests.tui.composing import ROOT, program
from tui.commands.help import main
from tui.commands.help_entries import entries, found


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("y", "key y in the dashboard, copy in keys.toml"),
        ("[", "key [ in the dashboard, grid-before in keys.toml"),
        ("grid-before", "key [ in the dashboard, grid-before in keys.toml"),
        ("--steps", "option --steps N of gan-tui [train]"),
        ("steps", "option --steps N of gan-tui [train]"),
        ("BATCH_SIZE", "option --batch-size N of gan-tui [train]"),
        ("--theme", "option --theme NAME of gan-tui [train]"),
        ("75", "exit code 75"),
        ("139", "exit code 139"),
        ("d_loss_near_zero", "alert d_loss_near_zero"),
        ("g_loss", "series g_loss, on the screen G loss"),
    ],
)
def test_a_word_is_explained(word: str, title: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", word]) == 0

    printed = capsys.readouterr().out
    assert title in printed.splitlines()
    assert re.search(r"^  [A-Z].*\.$", printed, re.DOTALL | re.MULTILINE)


def test_the_letter_case_of_a_key_counts() -> None:
    assert [entry.title for entry in found("E")] == [
        "key E in the dashboard, evaluate in keys.toml"
    ]
    assert [entry.title for entry in found("e")] == ["key e in the dashboard, export in keys.toml"]


def test_of_several_things_of_one_name_all_are_explained() -> None:
    assert [entry.title for entry in found("copies")] == ["alert copies", "series copies"]


@pytest.mark.parametrize(
    ("word", "meant"), [("lr", "learning-rate"), ("stepz", "steps"), ("d_los", "d_loss")]
)
def test_a_near_name_is_suggested(word: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"received '{word}', .* Did you mean {meant}\\?"):
        main(["help", word])


@pytest.mark.parametrize("word", ["nonsense", "300", "128", "9" * 5000, "--", "\x1b[2J"])
def test_what_nothing_is_called_is_a_usage_error(word: str) -> None:
    with pytest.raises(UsageError, match="expected a key, an option, an exit code"):
        main(["help", word])


def test_a_subcommand_is_explained_by_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "attach"]) == 0
    assert capsys.readouterr().out.startswith("usage: gan-tui attach")


def test_without_a_word_it_is_the_help_of_the_program() -> None:
    done = program("help")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: gan-tui [train]")


def test_every_entry_has_a_name_and_a_sentence() -> None:
    for entry in entries():
        assert all(entry.names), entry
        assert entry.text[0].isupper() or not entry.text[0].isalpha(), entry
        assert entry.text.endswith("."), entry


def test_every_alert_of_the_program_is_explained() -> None:
    """Those that the code names in `Alert` or as a constant of `gan.events`."""
    code = "".join(path.read_text() for path in sorted(Path(ROOT / "gan").rglob("*.py")))
    named = set(re.findall(r'\bAlert\(\s*"(\w+)"', code))
    watched = set(re.findall(r'_Watch\(\s*name="(\w+)"', code))

    assert named
    assert watched
    assert named | watched | {events.GPU_IDLE, events.STALLED} == set(ALERTS)


def test_every_series_of_the_log_is_explained() -> None:
    steps = {f.name for f in dataclasses.fields(events.StepsCompleted) if f.type == "Floats"}
    others = {"time", "step", "features", "images", "seconds", "is_best", "classes"}
    quality = {f.name for f in dataclasses.fields(events.QualityMeasured)} - others

    assert steps | quality == set(SERIES)


def test_every_exit_code_is_explained() -> None:
    assert list(glossary.EXIT_CODES) == list(EXIT_CODES)


def test_a_series_is_found_by_what_the_screen_calls_it() -> None:
    (entry,) = found("D(G(z))")

    assert entry.names == ("fake_score", "D(G(z))")


def test_the_readme_explains_every_exit_code() -> None:
    rows = re.findall(r"^\| ([0-9n +]+) \| ", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert [row.replace(" ", "") for row in rows] == list(EXIT_CODES)
