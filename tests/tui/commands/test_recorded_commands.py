"""The commands on a run of another program's loop: what they write, print and refuse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.disk.process import ProcessIdentity
from gan.events import Phase
from gan.progress import RunProgress
from gan.run_facts.sighting import Liveness, Sighting
from tests import recorded_runs
from tests.fakes import floats
from tests.gan.export.test_tensorboard_log import Read
from tui.cli import main
from tui.commands.attach import how_the_loop_stands
from tui.render.numbers import UNKNOWN

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

ROOT = Path(__file__).parents[3]
REFUSED = (
    ["sample", "1"],
    ["evaluate", "1"],
    ["--resume", "1", "--no-ui"],
    ["export", "1", "--keras", "out"],
    ["export", "1", "--safetensors", "a.safetensors"],
    ["export", "1", "--onnx", "a.onnx"],
    ["export", "1", "--card", "a.md"],
)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three stories as runs 1 to 3, and the present folder around them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    for number, (name, story) in enumerate(recorded_runs.STORIES.items(), 1):
        recorded_runs.write_run(tmp_path / "runs" / f"{number:05d}-{name}", story())
    return tmp_path / "runs"


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_needs_networks_is_refused_in_one_line(
    words: list[str], runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(words) != 0

    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "run 00001-gan was recorded by dcgan_train.py: it has no networks" in err
    assert sorted(path.name for path in runs.parent.iterdir()) == ["runs"]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_it_is_refused_before_tensorflow_is_imported(words: list[str], runs: Path) -> None:
    code = (
        "import sys\nfrom tui.cli import main\n"
        f"main({words!r})\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=runs.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert found.stdout.splitlines()[-1] == "[]"


def test_all_else_is_exported(runs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    del runs
    words = ["--csv", "a.csv", "--png", "a.png", "--gif", "a.gif", "--svg", "a.svg"]

    assert main(["export", "1", *words, "--html", "a.html", "--tensorboard", "tb"]) == 0

    assert len(capfd.readouterr().out.splitlines()) == 6
    assert Path("a.csv").read_text().startswith("step,d_loss,g_loss,gradient_penalty,wasserstein\n")
    assert "wasserstein" in Path("a.svg").read_text()


def test_an_export_of_a_run_as_far_as_a_step_has_no_later_one(runs: Path) -> None:
    del runs
    assert main(["export", "2@700", "--csv", "a.csv"]) == 0

    assert Path("a.csv").read_text().splitlines()[-1].startswith("700,")


def test_tensorboard_has_every_value_and_no_other(runs: Path) -> None:
    del runs
    assert main(["export", "2", "--tensorboard", "tb"]) == 0
    assert main(["export", "1", "--tensorboard", "tb1"]) == 0

    classifier, gan = Read(Path("tb")), Read(Path("tb1"))
    assert set(classifier.tags["scalars"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert list(classifier.values("val_loss")) == list(range(100, 1201, 100))
    assert len(classifier.values("loss")) == 1200
    assert set(gan.tags["scalars"]) == {
        *("losses/d_loss", "losses/g_loss", "gradient_penalty", "wasserstein"),
        "speed/steps_per_second",
    }


def test_the_page_has_a_chart_for_each_series_and_nothing_that_the_run_lacks(runs: Path) -> None:
    del runs
    assert main(["export", "2", "--html", "a.html"]) == 0

    page = Path("a.html").read_text()
    data = json.loads(re.findall(r'id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[0])
    charts = {chart["title"]: chart for chart in data["charts"]}
    assert list(charts) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert len(charts["val_loss"]["steps"]) == 12
    assert not any(charts["val_loss"]["lines"][0]["broken"])
    assert data["film"] == []
    for word in ("D loss", "FD last", "Scores"):
        assert word not in page


def test_a_film_of_a_run_without_images_says_why_there_is_none(
    runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    del runs
    assert main(["export", "2", "--gif", "a.gif"]) != 0

    assert "fit.py has recorded no images" in capfd.readouterr().err


def test_in_the_table_of_runs_the_program_stands_for_the_preset(
    runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    del runs
    assert main(["runs"]) == 0

    table = capfd.readouterr().out
    assert re.search(rf"00002-classifier +finished +fit\.py +{UNKNOWN} +1,200", table)
    assert "note" not in table


def test_compared_runs_have_their_series_and_settings(
    runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    del runs
    assert main(["compare", "1", "2"]) == 0

    table = capfd.readouterr().out
    assert "val_loss, mean of last 100 logged" in table
    assert re.search(r"program +dcgan_train\.py +fit\.py", table)
    assert "FD" not in table
    assert "Notes" not in table


def test_compared_values_of_a_series_have_digits_however_small_they_are(
    runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for run, rate in (("00004-a", 2e-5), ("00005-b", 0.5)):
        story = [*recorded_runs.begun(), recorded_runs.logged(1, {"lr": floats(rate)})]
        recorded_runs.write_run(runs / run, story)
    assert main(["compare", "4", "5"]) == 0

    assert re.search(r"lr, mean of last 100 logged +2e-05 +0\.5000", capfd.readouterr().out)


@pytest.mark.parametrize(
    ("progress", "liveness", "words"),
    [
        (RunProgress(exit_code=0, completed=True), Liveness.ENDED, "train.py has completed it."),
        (RunProgress(exit_code=75), Liveness.ENDED, "train.py has ended it."),
        (RunProgress(error="boom", exit_code=1), Liveness.ENDED, "train.py has failed: boom"),
        (RunProgress(), Liveness.DIED, "train.py is gone without having ended it."),
        (RunProgress(phase=Phase.TRAINING), Liveness.LIVE, "the training goes on. gan-tui attach"),
        (RunProgress(), Liveness.SILENT, "it is not known whether train.py runs. gan-tui attach"),
    ],
)
def test_on_leaving_nothing_is_said_of_checkpoints_or_of_a_resume(
    progress: RunProgress, liveness: Liveness, words: str, runs: Path
) -> None:
    run = _run(runs)

    recorded = replace(progress, program="train.py")
    said = how_the_loop_stands(run, recorded, Sighting(liveness, 0.0, _SELF))

    assert words in said
    assert "resume" not in said
    assert "saved" not in said


_SELF = ProcessIdentity.current()


def _run(runs: Path) -> RunDirectory:
    from gan.run.finding import find_run

    return find_run(runs, "1")
