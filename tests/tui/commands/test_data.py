"""`gan-tui data`: what it says of a source, how it draws it, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.description import Description, ImageClass
from gan.data.image_set import Note
from gan.data.original import Original, Size
from tests.gan.data.making import digits, npz_bytes, write
from tui.cli import main
from tui.commands import data_table
from tui.commands.data_table import classes_line, facts

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[3]
DESCRIPTION = Description(
    name="digits.npz",
    reason="a NumPy archive",
    images=60_000,
    original=Original(
        smallest=Size(32, 32), largest=Size(32, 32), element="float32", low=-1, high=1
    ),
    low=0,
    high=255,
    mean=33.318,
    classes=(ImageClass("0", 20_000), ImageClass("1", 40_000)),
    notes=(Note("they were fitted into 28 x 28"), Note("labels were left out", is_warning=True)),
    fingerprint="ab" * 32,
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    labels = np.array([0, 1, 1, 3, 3], np.uint8)
    return write(tmp_path / "digits.npz", npz_bytes(x_train=digits(5), y_train=labels))


def test_each_fact_is_a_line() -> None:
    assert facts(DESCRIPTION, None) == [
        "data         digits.npz: a NumPy archive",
        "images       60,000",
        "stored as    32 x 32 of float32, -1 to 1",
        "used as      28 x 28 of uint8, 0 to 255, mean 33.3",
        "classes      2 of 20,000 to 40,000 images each; 0: 20,000, 1: 40,000",
        "note         they were fitted into 28 x 28",
        "warning      labels were left out",
        f"fingerprint  {'ab' * 32}",
    ]


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_on_a_terminal_lines_are_folded_and_a_count_stays_with_its_class(columns: int) -> None:
    lines = facts(DESCRIPTION, columns)

    assert all(len(line) <= columns for line in lines if "abab" not in line)
    assert not any(line.endswith(":") for line in lines)
    assert any("ab" * 32 in line for line in lines)


def test_of_very_many_classes_the_first_are_named() -> None:
    line = classes_line(tuple(ImageClass(f"U+{n}", 1) for n in range(300)))

    assert line.startswith("300 of 1 image each; U+0: 1, U+1: 1, ")
    assert line.endswith("U+9: 1, and 290 more (--json)")


def test_a_source_without_labels_has_no_classes() -> None:
    assert classes_line(()) == "none: the source has no labels that can be used"


def test_a_pipe_gets_the_facts_and_a_sheet_in_plain_characters(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", str(source)]) == 0

    printed = capsys.readouterr().out
    assert "images       5\n" in printed
    assert "classes      3 of 1 to 2 images each; 0: 1, 1: 2, 3: 2\n" in printed
    sheet = printed.partition("\n\n")[2]
    assert sheet.isascii()
    assert "\x1b" not in printed
    assert "#" in sheet


@pytest.mark.parametrize(
    ("environ", "is_coloured", "is_plain"),
    [({"TERM": "xterm-256color"}, True, False), ({"NO_COLOR": "1"}, False, True)],
    ids=["colours", "no-colours"],
)
def test_a_terminal_gets_blocks_in_greys_unless_it_has_no_colours(
    source: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    is_coloured: bool,
    is_plain: bool,
) -> None:
    for name in ("NO_COLOR", "LC_ALL", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"LANG": "C.UTF-8", "FORCE_COLOR": "1", **environ}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(data_table, "output_width", lambda: 80)

    assert main(["data", str(source)]) == 0

    sheet, _, facts = capsys.readouterr().out.partition("\n\n")
    assert "images       5\n" in facts
    assert ("\x1b[" in sheet) == is_coloured
    assert sheet.isascii() == is_plain


def test_json_has_every_fact_and_nothing_else_is_on_stdout(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", str(source), "--json"]) == 0

    record = json.loads(capsys.readouterr().out)
    assert record["images"] == 5
    assert record["classes"] == [
        {"name": "0", "images": 1}, {"name": "1", "images": 2}, {"name": "3", "images": 2},
    ]  # fmt: skip
    assert record["original"]["element"] == "uint8"
    assert len(record["fingerprint"]) == 64


def test_the_options_of_a_run_that_decide_how_it_is_read_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "large.npz", npz_bytes(images=np.pad(digits(5), ((0, 0), (2, 2), (2, 2))))
    )

    assert main(["data", str(path), "--json"]) == 0
    assert "fitted" in json.loads(capsys.readouterr().out)["notes"][0]
    assert main(["data", str(path), "--exact-size"]) == 4
    assert "--exact-size" in capsys.readouterr().err


def test_without_a_source_it_shows_what_a_run_would_take(
    monkeypatch: pytest.MonkeyPatch, source: Path
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "tui.commands.data.absolute_source", lambda word: asked.append(word) or str(source)
    )

    assert main(["data", "--json"]) == 0
    assert asked == ["auto"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["/nowhere"], 4, "/nowhere: received neither the name of a data set nor a path"),
        (["--glyphs", "round"], 2, "--glyphs: received 'round'"),
        (["a", "b"], 2, "unrecognized arguments: b"),
    ],
    ids=["no such path", "no such glyphs", "two sources"],
)
def test_what_cannot_be_shown_is_one_line_and_an_exit_code(
    words: Sequence[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", *words]) == code

    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_ctrl_c_ends_it_at_once_with_130(tmp_path: Path) -> None:
    """GIVEN a source that takes long, WHEN Ctrl-C comes while it is read."""
    rows = b"0," * 783 + b"0\n"
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        for _ in range(400):
            file.write(rows * 500)
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "data", str(path)],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("reading large.csv")

    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert err.endswith("gan-tui data: stopped\n")
    assert out == ""
    assert time.monotonic() - began < 5
