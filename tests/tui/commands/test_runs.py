"""`gan-tui runs`: the table, the JSON, and what it says where there are no runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gan.events import Phase
from gan.run.catalogue import Catalogue
from gan.run_facts.summary import RunSummary
from tests.gan.run.recorded import GONE, HERE, TRAINING, recorded, write_status
from tests.tui.summaries import summary
from tui.cli import main
from tui.commands import runs_live
from tui.model.run_list import RunList

if TYPE_CHECKING:
    from tui.app.runs_app import RunsApp

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "run-directory.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three runs: one trains, one died, one failed."""
    found = tmp_path / "runs"
    recorded(found, age=1000.0)
    recorded(found, TRAINING, GONE, age=100.0)
    failed = replace(TRAINING, phase=Phase.FAILED, exit_code=1, error="out of memory")
    recorded(found, failed, age=50.0, label="dcgan-mnist")
    recorded(found, TRAINING, HERE)
    return found


def test_the_table_has_a_line_for_each_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--runs", str(folder)]) == 0
    titles, *lines = capsys.readouterr().out.splitlines()
    assert titles.split()[:4] == ["run", "state", "preset", "data"]
    assert [line.split()[:2] for line in lines] == [
        ["00004-mlp-mnist", "training"],
        ["00003-dcgan-mnist", "failed"],
        ["00002-mlp-mnist", "died"],
        ["00001-mlp-mnist", "finished"],
    ]
    assert "24.1k" in lines[0]
    assert lines[1].endswith("out of memory")
    assert "1,200 of 11,700   10%" in lines[2]
    assert "9.77  8.21" in lines[3]


def test_in_a_terminal_no_line_is_longer_than_it_is_wide(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["runs", "--runs", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[1].split()[:2] == ["00004-mlp-mnist", "training"]
    assert " 10% " in lines[1]


def test_columns_without_room_are_named_below_the_table(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["runs", "--runs", str(folder)]) == 0
    captured = capsys.readouterr()
    titles = captured.out.splitlines()[0].split()
    said = re.fullmatch(r"not shown: (.*) \(needs (\d+) columns, or --json\)\n", captured.err)
    assert said
    assert {"preset", "data", "step", "note"} <= set(said[1].split(", "))
    assert not {*said[1].split(", ")} & {*titles}

    monkeypatch.setenv("COLUMNS", said[2])
    assert main(["runs", "--runs", str(folder)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert {"preset", "data", "step", "note"} <= set(captured.out.splitlines()[0].split())


def test_json_is_one_array_of_objects(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [record["name"][:5] for record in found] == ["00004", "00003", "00002", "00001"]
    first = found[0]
    assert first["path"] == str(folder / "00004-mlp-mnist")
    assert (first["state"], first["liveness"]) == ("training", "live")
    assert (first["step"], first["images_per_second"]) == (1200, 24_064.0)
    assert found[1]["error"] == "out of memory"
    assert found[2]["images_per_second"] is None


def test_every_field_of_the_json_is_documented() -> None:
    (section,) = re.findall(
        r"^## gan-tui runs --json\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.DOTALL | re.MULTILINE
    )
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {field.name for field in fields(RunSummary)}


def test_a_name_that_no_terminal_should_see_is_exact_in_json_and_safe_in_the_table(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    run = recorded(tmp_path)
    name = os.fsdecode(b"a\x1b[2Jb\xff")
    run.path.rename(tmp_path / name)

    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert rb"a\x1b[2Jb\udcff" in capsysbinary.readouterr().out
    assert main(["runs", "--runs", str(tmp_path), "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)[0]["name"] == name


def test_a_damaged_run_is_a_row_and_the_exit_code_is_zero(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recorded(folder)
    write_status(run, "{")
    assert main(["runs", "--runs", str(folder)]) == 0
    out = capsys.readouterr().out
    assert re.search(rf"{run.name} +damaged .*status.json is not JSON", out)


@pytest.mark.parametrize("json_too", [True, False])
def test_no_runs_is_a_line_that_says_how_to_start_one(
    tmp_path: Path, json_too: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--json"] if json_too else []
    assert main(["runs", "--runs", str(tmp_path), *words]) == 0
    read = capsys.readouterr()
    assert read.out == ("[]\n" if json_too else "")
    assert read.err.startswith(f"no runs in {tmp_path}. Start one with gan-tui")


def test_a_folder_that_does_not_exist_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--runs", str(tmp_path / "typo")]) == 0
    assert f"there is no folder {tmp_path}/typo" in capsys.readouterr().err


def test_a_run_given_as_the_folder_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--runs", str(folder / "00001-mlp-mnist")]) == 0
    assert f"is a run itself. See it with gan-tui runs --runs {folder}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["--runs", ""], 2, "--runs: received '', expected a path"),
        (["--live"], 2, "--live: standard"),
        (["--live", "--json"], 2, "--live: received --json too"),
        (["7"], 2, "unrecognized arguments: 7"),
        (["--jsn"], 2, "Did you mean --json?"),
        (["--runs", "/dev/null"], 74, "cannot read /dev/null: Not a directory"),
    ],
)
def test_what_it_cannot_do_is_an_error_in_one_line(
    words: list[str], code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", *words]) == code
    read = capsys.readouterr()
    assert complaint in read.err
    assert (len(read.err.splitlines()), read.out) == (1, "")


class TestLive:
    @pytest.fixture
    def called(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """The command lines that other subcommands were called with."""
        lines: list[list[str]] = []

        class Fake:
            def main(self, words: list[str]) -> int:
                lines.append(words)
                return 7

        monkeypatch.setattr(runs_live, "import_module", lambda name: lines.append([name]) or Fake())
        return lines

    def leaves(self, monkeypatch: pytest.MonkeyPatch, **left: Any) -> None:
        """Have the screen left with this."""

        def run(app: RunsApp) -> None:
            for name, value in left.items():
                setattr(app, name, value)

        monkeypatch.setattr("tui.app.runs_app.RunsApp.run", run)

    def test_the_table_opens_again_where_it_was(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown: list[int] = []

        def run(app: RunsApp) -> None:
            shown.append(app.list.cursor)
            if len(shown) == 1:
                app.list = RunList(runs=[summary(3), summary(2), summary(1)], text="00001")
                app.asked = ["attach", "/runs/1"]

        monkeypatch.setattr("tui.app.runs_app.RunsApp.run", run)
        monkeypatch.setattr(runs_live, "import_module", lambda _: SimpleNamespace(main=lambda _: 0))

        assert runs_live.show_live(folder) == 0
        assert shown == [0, 2]

    @pytest.mark.parametrize("command", ["attach", "compare"])
    def test_what_was_asked_for_begins_when_the_screen_has_closed(
        self,
        folder: Path,
        command: str,
        called: list[list[str]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.leaves(monkeypatch, asked=[command, "/runs/1", "/runs/2"])
        assert runs_live.show_live(folder) == 7
        assert called == [[f"tui.commands.{command}"], [command, "/runs/1", "/runs/2"]]

    def test_nothing_asked_for_is_zero(
        self, folder: Path, called: list[list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.leaves(monkeypatch)
        assert runs_live.show_live(folder) == 0
        assert called == []

    def test_a_signal_is_the_exit_code(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.leaves(monkeypatch, ended_by=15)
        assert runs_live.show_live(folder) == 143

    def test_an_error_of_the_screen_is_said(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(app: RunsApp) -> None:
            raise KeyError(app.title)

        monkeypatch.setattr("tui.app.runs_app.RunsApp.run", broken)
        assert runs_live.show_live(folder) == 1
        assert (
            capsys.readouterr()
            .err.splitlines()[-1]
            .startswith("gan-tui: the table of runs failed: KeyError")
        )

    def test_the_screen_has_the_folder_and_its_runs(self, folder: Path) -> None:
        app = runs_live._compose(Catalogue(folder))
        found = app._source.look()
        assert app._source.folder == folder
        assert [run.name for run in found][:1] == ["00004-mlp-mnist"]
        ended = found[-1]
        assert app._source.discard(ended) == folder / "trash" / ended.name


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is in /proc")
def test_it_starts_in_half_a_second_and_stays_below_120_mb(folder: Path) -> None:
    """Seconds of processor time: other programs don't count."""
    script = (
        "import re, sys, time; from tui.cli import main; main(sys.argv[1:]); "
        # `ru_maxrss` would hold the peak of the process that has started this one.
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1]; "
        "print(time.process_time(), peak, file=sys.stderr)"
    )
    words = [sys.executable, "-c", script, "runs", "--runs", str(folder)]

    done = [
        subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in range(3)
    ]

    seconds, kib = zip(*(map(float, one.stderr.split()) for one in done), strict=True)
    assert min(seconds) < 0.5
    assert max(kib) < 120_000
