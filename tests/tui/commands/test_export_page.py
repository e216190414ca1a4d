"""`gan-tui export --html`: what of a run its page shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.config import RunConfig
from gan.export.snapshot import snapshot
from gan.run.config_file import write_config
from gan.run.samples import write_samples
from tests import fakes
from tests.tui.comparing import grid, make_run, story
from tui.commands.export_page import PLACES, write_page

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run of 3,000 steps with three grids, two evaluations and a pause."""
    happened = [
        *story(3000, fds=[(1000, 9.0), (3000, 8.0)]),
        *map(grid, (0, 1000, 3000)),
        events.CheckpointSaved(
            time=fakes.START, step=3000, path="a", size=1, seconds=0.1, requested=True
        ),
    ]
    made = make_run(tmp_path / "00001-mlp-mnist", happened, preset="mlp", batch_size=32)
    for step in (0, 1000, 3000):
        write_samples(made, step, fakes.squares(), np.zeros((16, 2), np.float32))
    return made


def written(run: RunDirectory, at: object = None) -> str:
    (path,) = write_page(snapshot(run, at), run.path.parent / "a.html", force=True)
    return path.read_text("utf-8")


def data_of(text: str) -> dict[str, Any]:
    found = re.findall(r'type="application/json">(.*?)</script>', text, re.DOTALL)
    return dict(json.loads(found[0]))


def rows_of(text: str) -> dict[str, str]:
    """The lines of all tables."""
    return dict(re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', text))


def test_it_has_the_losses_the_scores_and_the_quality(run: RunDirectory) -> None:
    charts = data_of(written(run))["charts"]
    assert [chart["title"] for chart in charts] == ["Losses", "Scores", "Frechet distance"]
    assert [[line["name"] for line in chart["lines"]] for chart in charts] == [
        ["D loss", "G loss"],
        ["D(x)", "D(G(z))"],
        ["FD (mnist-1)", "FD of real images"],
    ]
    losses, scores, quality = charts
    assert (len(losses["steps"]), losses["steps"][0], losses["last"]) == (PLACES, 1, 3000)
    assert (scores["ends"], scores["logEnds"]) == ([0.0, 1.0], None)
    assert (quality["steps"], quality["lines"][0]["mean"]) == ([1000, 3000], [9.0, 8.0])


def test_no_spike_is_lost(tmp_path: Path) -> None:
    losses = np.ones(3000, np.float32)
    losses[1234], losses[2000] = 77.0, np.nan
    happened = [*story(3000)[:-1], fakes.steps(1, 3000, d_loss=losses)]
    (chart, *_) = data_of(written(make_run(tmp_path / "spiky", happened)))["charts"]
    (line, _) = chart["lines"]
    (place,) = [at for at, value in enumerate(line["max"]) if value == 77.0]
    assert chart["steps"][place] <= 1235 < chart["steps"][place + 1]
    assert sum(line["broken"]) == 1
    # The axis is that of the dashboard's chart, which no spike squashes.
    assert chart["logEnds"][1] < 77.0


def test_a_short_run_has_a_place_for_every_step(tmp_path: Path) -> None:
    (chart, *_) = data_of(written(make_run(tmp_path / "short", story(3))))["charts"]
    assert chart["steps"] == [1, 2, 3]


def test_with_the_relativistic_loss_there_is_one_score(tmp_path: Path) -> None:
    run = make_run(tmp_path / "ranked", fakes.raw())
    assert [line["name"] for line in data_of(written(run))["charts"][1]["lines"]] == [
        "pairs ranked right"
    ]


def test_it_has_the_film_and_the_marks(run: RunDirectory) -> None:
    data = data_of(written(run))
    assert [step for step, _ in data["film"]] == [0, 1000, 3000]
    assert [3000, "a requested checkpoint was saved"] in data["marks"]


def test_what_is_not_set_in_the_environment_is_left_out(run: RunDirectory) -> None:
    environment = {"tensorflow": "2.21.0", "settings": {}, "threads": None, "kernel": "6.8"}
    write_config(run, RunConfig.resolve({}), environment=environment, command_line=[])
    text = written(run)
    assert rows_of(text)["kernel"] == "6.8"
    assert "settings" not in rows_of(text)


def test_it_has_the_summary_the_configuration_and_the_environment(run: RunDirectory) -> None:
    rows = rows_of(written(run))
    assert rows["step"] == "3,000 of 2,000"
    assert rows["FD best"] == "8.00 at step 3,000"
    assert rows["batch-size"] == "32"
    assert rows["tensorflow"] == "2.21.0"


def test_it_ends_at_the_step_that_was_asked_for(run: RunDirectory) -> None:
    text = written(run, 1500)
    data = data_of(text)
    assert data["charts"][0]["last"] == 1500
    assert data["charts"][2]["steps"] == [1000]
    assert [step for step, _ in data["film"]] == [0, 1000]
    assert data["marks"] == [[1000, "the best quality so far was measured"]]
    assert "as it was up to step 1,500" in text


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    data = data_of(written(make_run(tmp_path / "begun", fakes.loading())))
    assert (data["charts"], data["film"]) == ([], [])


def test_what_could_not_be_read_is_said_on_the_page(run: RunDirectory) -> None:
    with run.log_path.open("a") as log:
        log.write("not an event\n")
    assert "is not an event" in written(run)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_a_browser_draws_it(run: RunDirectory, tmp_path: Path) -> None:
    written(run)
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--timeout=5000"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    page = f"file://{run.path.parent / 'a.html'}"
    done = subprocess.run(
        [str(CHROMIUM), *words, profile, page],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.count('<polyline class="mean line-0"') == 3
    assert 'alt="Sixteen generated images at step 3,000"' in done.stdout
    assert '<img id="frame"' in done.stdout
    assert 'src="data:image/png;base64,' in done.stdout
    # The evaluations of steps 1,000 and 3,000 stand below those steps of the other charts.
    dots = re.findall(r'<circle class="dot line-0" cx="([\d.]+)"', done.stdout)
    first, last = map(float, dots[-2:])
    assert 0.3 < first / last < 0.5
