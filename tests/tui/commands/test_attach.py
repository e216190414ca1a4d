"""`gan-tui attach` and `gan-tui watch`: the command line, and what can't be shown."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from gan.errors import CheckpointError, UsageError
from gan.events import Phase
from gan.export.request import ExportRequest
from gan.export.writer import export
from gan.progress import RunProgress
from gan.run_facts.sighting import Liveness, Sighting, Viewing
from tests import fakes
from tests.fakes import squares
from tests.tui.composing import make_run, program
from tui.app.app import GanTuiApp
from tui.commands import attach, watch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.terminal.stderr_capture.unusable_reason", lambda *_: None)


@pytest.mark.parametrize("command", [attach, watch])
def test_without_a_terminal_there_is_nothing_to_show(command: object) -> None:
    with pytest.raises(UsageError, match=r"no dashboard: .* gan-tui runs prints the state"):
        command.main(["attach", "somewhere"])  # type: ignore[attr-defined]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("command", [attach, watch])
def test_what_is_no_run_is_refused(tmp_path: Path, command: object) -> None:
    make_run(tmp_path / "00001-mlp-mnist")

    with pytest.raises(CheckpointError, match=r"no run '00001-mlp-mnits'.*Did you mean"):
        command.main(["attach", "00001-mlp-mnits", "--runs", str(tmp_path)])  # type: ignore[attr-defined]


@pytest.mark.usefixtures("terminal")
def test_without_a_live_run_attach_names_those_that_there_are(tmp_path: Path) -> None:
    make_run(tmp_path / "00001-mlp-mnist")

    with pytest.raises(CheckpointError, match=r"There is 00001-mlp-mnist: gan-tui watch /.* shows"):
        attach.main(["attach", "--runs", str(tmp_path)])


@pytest.mark.usefixtures("terminal")
def test_watch_speaks_of_no_resume_where_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^no run in .* Start one with gan-tui"):
        watch.main(["watch", "--runs", str(tmp_path)])


@pytest.mark.parametrize(
    ("liveness", "words"),
    [
        (Liveness.LIVE, "the training goes on. gan-tui attach runs/7 comes back."),
        (
            Liveness.SILENT,
            (
                "nothing was heard of it for 43.0 s; its process may have died or be stopped. "
                "gan-tui attach runs/7 comes back."
            ),
        ),
        (
            Liveness.UNKNOWN,
            "it is not known whether its process lives. gan-tui attach runs/7 comes back.",
        ),
        (Liveness.DIED, "its process is gone. gan-tui --resume runs/7 goes on with it."),
        (Liveness.ENDED, "the run has ended. gan-tui --resume runs/7 resumes it."),
    ],
)
def test_leaving_says_what_is_known_of_the_process(liveness: Liveness, words: str) -> None:
    assert attach.outlook("runs/7", Sighting(liveness, 43.0), RunProgress()) == words


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (RunProgress(phase=Phase.PAUSED), "the run stays paused. "),
        (
            RunProgress(phase=Phase.PAUSED, diverged_step=7),
            "the run has diverged, and waits 10 minutes for a decision. ",
        ),
    ],
)
def test_leaving_says_what_a_live_run_does(progress: RunProgress, words: str) -> None:
    assert attach.outlook("runs/7", Sighting(Liveness.LIVE), progress).startswith(words)


def test_leaving_says_which_step_is_saved(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "00001-mlp-mnist")
    app = GanTuiApp(fakes.FakeSource())
    app.state = replace(app.state, progress=RunProgress(step=6_807, checkpoint_step=3_944))
    viewer = SimpleNamespace(viewing=Viewing(sighting=Sighting(Liveness.LIVE)))

    attach._say_how_it_stands(run, app, viewer)  # type: ignore[arg-type]  # all that it asks

    said = capfd.readouterr().err
    assert said.startswith("00001-mlp-mnist, step 6,807 (last saved at step 3,944): the training")


def test_a_run_of_another_user_is_only_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if they may write there, as root may: the run takes no message of theirs."""
    run = make_run(tmp_path / "00001-mlp-mnist")
    owner = os.geteuid()
    assert attach.why_it_is_only_watched(run) == ""

    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    why = f"00001-mlp-mnist belongs to user {owner}, so it is only watched"
    assert attach.why_it_is_only_watched(run) == why


def test_watch_has_no_option_to_steer() -> None:
    assert "read_only" in attach.OPTIONS
    assert "read_only" not in watch.OPTIONS
    with pytest.raises(UsageError, match="unrecognized arguments: --read-only"):
        watch.main(["watch", "--read-only"])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["attach", "watch"])
def test_the_help_lists_every_option(command: str) -> None:
    answer = program(command, "--help")

    assert answer.returncode == 0
    assert {"--runs", "--fps", "--glyphs", "--theme"} <= set(answer.stdout.split())


def test_what_a_watcher_exports_goes_where_they_are(tmp_path: Path) -> None:
    run = make_run(tmp_path / "00001-mlp-mnist")
    before = sorted(run.path.rglob("*"))
    request = ExportRequest(kind="grid", step=5, images=squares())

    path = export(run, request, tmp_path)

    assert path == tmp_path / "00001-mlp-mnist-grid-000005.png"
    assert path.stat().st_size
    assert sorted(run.path.rglob("*")) == before
