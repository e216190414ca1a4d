"""`gan-tui compare`: what it refuses, and the table, the Markdown and the JSON that it prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import fakes
from tests.tui.comparing import make_run, story
from tui.cli import main
from tui.commands import compare
from tui.commands.compare_table import markdown, table

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs that differ by seed alone, one other, and the present folder around them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    folder.mkdir()
    for number, fd in enumerate((4.0, 5.0, 6.0), 1):
        happened = story(100, d_loss=float(number), fds=[(50, fd), (100, fd + 1)])
        make_run(folder / f"0000{number}-mlp-mnist", happened, seed=number)
    other = story(100, fds=[(100, 2.0)], images=100)
    make_run(folder / "00004-dcgan-mnist", other, preset="dcgan", seed=1)
    return folder


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["compare", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit code, and the one line."""
    code = main(["compare", *words])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gan-tui: ")
    assert err.count("\n") == 1
    return code, err


def row_of(text: str, label: str) -> list[str]:
    """The cells after a label, where it stands first."""
    line = next(line for line in text.splitlines() if line.startswith(label))
    return [cell.strip() for cell in line.removeprefix(label).split("  ") if cell.strip()]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ([], 2, "received none, expected two runs or more"),
        (["1"], 2, "received only '1', expected two runs or more"),
        (["1", "00001-mlp-mnist"], 2, "'1' and '00001-mlp-mnist' are the same run"),
        (["1", "runs/../runs/00001-mlp-mnist"], 2, "are the same run"),
        (["1", "00002-mlp-mnits"], 4, "Did you mean 00002-mlp-mnist?"),
        (["1", "7"], 4, "no run '7'"),
        (["1", "runs"], 4, "no run 'runs'"),
        (["1", ""], 2, "RUN: received ''"),
        (["1", "2", "--jsn"], 2, "Did you mean --json?"),
        (["1", "2", "--json", "--markdown"], 2, "received --json and --markdown"),
        (["1", "2", "--theme", "pink"], 2, "--theme"),
    ],
)
def test_what_can_not_be_compared_is_refused_in_a_line(
    capsys: pytest.CaptureFixture[str], words: list[str], code: int, reason: str
) -> None:
    found, line = refused(capsys, *words)

    assert reason in line
    assert found == code


def test_a_link_to_a_run_is_the_same_run(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (runs / "link").symlink_to(runs / "00001-mlp-mnist")

    assert "are the same run" in refused(capsys, "1", "link")[1]


@pytest.mark.usefixtures("runs")
def test_the_table_has_a_column_for_each_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "1", "2")

    assert text.splitlines()[0].split() == ["A", "00001-mlp-mnist", "B", "00002-mlp-mnist"]
    assert row_of(text, "state") == ["finished", "finished"]
    assert row_of(text, "step") == ["100 of 2,000", "100 of 2,000"]
    assert row_of(text, "D loss, mean of last 100 steps") == ["1.0000", "2.0000"]
    assert row_of(text, "FD last") == ["5.00 at step 100", "6.00 at step 100"]
    assert row_of(text, "FD best") == ["4.00 at step 50", "5.00 at step 50"]
    assert row_of(text, "images/s of training") == ["400", "400"]
    assert row_of(text, "train time") == ["1 min 04 s", "1 min 04 s"]
    assert row_of(text, "seed") == ["1", "2"]
    assert "batch-size" not in text


@pytest.mark.usefixtures("runs")
def test_repeats_by_seed_have_a_mean_and_a_spread(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "1", "4", "2", "3")
    group = text.partition("A, C, D differ by seed alone: mean ± sample deviation")[2]

    assert row_of(group, "D loss") == ["2.0000", "1.0000", "3"]
    assert row_of(group, "FD best") == ["5.00", "1.00", "3"]


@pytest.mark.usefixtures("runs")
def test_distances_that_can_not_be_compared_say_so_where_they_stand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, "1", "4")

    assert row_of(text, "FD last") == [
        "5.00 at step 100 [not comparable: mnist-1, 10,000 images]",
        "2.00 at step 100 [not comparable: mnist-1, 100 images]",
    ]
    assert "- FD can't be compared between these runs: A by mnist-1, 10,000 images" in text


def test_a_group_whose_distances_can_not_be_compared_has_no_mean_of_them(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    happened = story(40, fds=[(40, 2.0)], fingerprint="a" * 64)
    make_run(runs / "00005-mlp-mnist", happened, seed=5)

    group = printed(capsys, "1", "5").partition("by seed alone")[2]

    assert row_of(group, "FD") == ["not comparable"]
    assert "at different steps: 40 to 100" in group
    assert "FD best" not in group.partition("Notes")[0]


@pytest.mark.usefixtures("runs")
def test_the_markdown_is_one_table_a_section(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "1", "2", "--markdown").splitlines()

    assert lines[0] == "|  | A 00001-mlp-mnist | B 00002-mlp-mnist |"
    assert lines[1] == "| --- | --- | --- |"
    assert "### What differs" in lines
    assert "| seed | 1 | 2 |" in lines


@pytest.mark.usefixtures("runs")
def test_the_json_is_one_object_with_null_for_what_is_not_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found: dict[str, Any] = json.loads(printed(capsys, "1", "2", "4", "--json"))

    assert [run["name"] for run in found["runs"]] == [
        "00001-mlp-mnist",
        "00002-mlp-mnist",
        "00004-dcgan-mnist",
    ]
    assert found["runs"][0]["fd"] == 5.0
    assert found["runs"][0]["fd_basis"]["features"] == "mnist-1"
    assert found["differences"]["seed"] == [1, 2, 1]
    assert found["quality_comparable"] is False
    [group] = found["seed_groups"]
    assert group["runs"] == [0, 1]
    assert group["figures"]["best_fd"] == pytest.approx(
        {"mean": 4.5, "deviation": 0.5**0.5, "count": 2}
    )
    assert any("can't be compared" in note for note in found["notes"])


def test_a_run_that_has_only_begun_is_compared_with_dashes(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    young = make_run(runs / "00005-mlp-mnist", seed=9)
    young.status_path.unlink()

    text = printed(capsys, "1", "5")

    assert row_of(text, "state") == ["finished", "no status"]
    assert row_of(text, "FD best") == ["4.00 at step 50", "-"]
    assert json.loads(printed(capsys, "1", "5", "--json"))["runs"][1]["d_loss"] is None


def damaged(run: RunDirectory, kind: str) -> None:
    log = run.log_path
    if kind == "gone":
        log.unlink()
    elif kind == "torn":
        log.write_bytes(log.read_bytes()[:-9])
    elif kind == "noise":
        log.write_bytes(b"\0\xff\x1b[2J\n" * 40 + log.read_bytes())
    elif kind == "folder":
        log.unlink()
        log.mkdir()
    elif kind == "status":
        run.status_path.write_text("[]")
    else:
        run.config_path.write_text("{")


@pytest.mark.parametrize("kind", ["gone", "torn", "noise", "folder", "status", "config"])
@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"]])
def test_a_damaged_run_is_compared_as_far_as_it_can_be_read(
    runs: Path, capsys: pytest.CaptureFixture[str], kind: str, form: list[str]
) -> None:
    damaged(runs_directory(runs), kind)

    text = printed(capsys, "1", "2", *form)

    assert "00001-mlp-mnist" in text
    assert "\x1b" not in text
    if kind != "torn":
        assert "B: " in text


def runs_directory(runs: Path) -> RunDirectory:
    [run] = compare.find_runs(runs, ["2", "1"])[:1]
    return run


def test_names_and_values_from_outside_are_safe_to_print() -> None:
    from tests.tui.comparing import FakeRun
    from tui.model.compared_run import ComparedRun

    evil = FakeRun("\x1b[2J|*b*\n", fakes.training()).description
    runs = [ComparedRun(description=evil), ComparedRun(description=evil)]

    for line in (*table(runs), *markdown(runs)):
        assert line.isprintable() or line == ""
    assert "\\|\\*b\\*" in markdown(runs)[0]


def test_more_runs_than_a_screen_shows_become_a_table_and_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.isatty", lambda _: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("tui.terminal.stderr_capture._is_open", lambda _: True)

    assert compare._has_screen(8)
    assert not compare._has_screen(9)
    assert "received 9 runs, the screen has room for 8" in capsys.readouterr().err


def test_in_a_pipe_there_is_no_screen_and_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.isatty", lambda descriptor: descriptor != 1)

    assert not compare._has_screen(2)
    assert capsys.readouterr().err == ""


class FailingScreen:
    """Stands in for the screen: it fails as soon as it runs."""

    failure = None
    ended_by = None
    _driver = None

    def __init__(self, sources: Any, **_: Any) -> None:
        self.sources = sources

    def run(self) -> None:
        raise RuntimeError("broken \x1b[2J screen")


class LeftScreen(FailingScreen):
    """One that a signal ends."""

    def run(self) -> None:
        type(self).ended_by = 15


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(("screen", "code"), [(FailingScreen, 1), (LeftScreen, 143)])
def test_how_the_screen_ends_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    screen: type[FailingScreen],
    code: int,
) -> None:
    monkeypatch.setattr(compare, "_has_screen", lambda _: True)
    monkeypatch.setattr("tui.app.compare_app.CompareApp", screen)

    assert main(["compare", "1", "2"]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert "\x1b[2J" not in err
    assert ("the screen failed: RuntimeError: broken" in err) == (code == 1)
