"""A model card says what a checkpoint is, in a form that model hubs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan import events
from gan.config import RunConfig
from gan.errors import CheckpointError, UsageError
from gan.export import model_card
from gan.export.snapshot import checkpoint_snapshot
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_config
from gan.run.event_log import EventLog
from gan.run.samples import write_samples
from tests.fakes import quality
from tests.gan.run.states import point, state

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(run: RunDirectory) -> RunDirectory:
    """A run with checkpoints at steps 5 and 10, the first of which was measured."""
    command = [
        "gan-tui",
        "--data",
        "mnist",
        "--run-dir=/home/ada/my run",
        "--config",
        "/home/x.toml",
    ]
    write_config(run, RunConfig.resolve({"latent_dim": 7}), environment={}, command_line=command)
    store = CheckpointStore(run, keep=3)
    for step in (5, 10):
        store.save(state(step), point(step))
        write_samples(
            run, step, np.full((16, 28, 28), step, np.uint8), np.zeros((16, 7), np.float32)
        )
    log = EventLog(run)
    log.append(
        events.DataLoaded(
            time=1.0, name="mnist", images=60_000, fingerprint="f" * 64, reason="it was named"
        )
    )
    log.append(quality(5, 8.25))
    log.close()
    return run


def front_matter(card: Path) -> dict[str, Any]:
    """Its fields; every value is JSON, which is YAML too. Other lines are comments."""
    _, matter, _ = card.read_text(encoding="utf-8").split("---\n", 2)
    lines = (line.split(": ", 1) for line in matter.splitlines() if not line.startswith("#"))
    return {key: json.loads(value) for key, value in lines}


def test_the_front_matter_has_what_hubs_ask_for(run: RunDirectory, tmp_path: Path) -> None:
    card, _ = model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md")
    matter = front_matter(card)
    assert matter["library_name"] == "keras"
    assert matter["pipeline_tag"] == "unconditional-image-generation"
    assert matter["datasets"] == ["ylecun/mnist"]
    (model,) = matter["model-index"]
    (metric,) = model["results"][0]["metrics"]
    assert (model["name"], metric["value"]) == (run.name, 8.25)
    assert "10,000 generated images" in metric["name"]
    assert "mnist-1" in metric["name"]


def test_it_tells_the_recipe_the_command_and_what_the_figures_mean(
    run: RunDirectory, tmp_path: Path
) -> None:
    card, _ = model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md")
    text = card.read_text(encoding="utf-8")
    for part in (
        "gan-tui --data mnist '--run-dir=my run' --config x.toml\n",
        f"# {run.name}: mlp trained on mnist",
        "at step 5",
        "![sixteen samples at step 5](README-samples.png)",
        "| images | 60,000 |",
        f"| SHA-256 of the pixels | `{'f' * 64}` |",
        "takes 7 numbers",
        "| latent dim | 7 |",
        "| Frechet distance (FD) | 8.25 |",
        "no Inception FID",
    ):
        assert part in text
    assert "gan-tui gan-tui" not in text
    assert "/home" not in text
    assert "None" not in text


def test_the_picture_is_of_the_checkpoints_step(run: RunDirectory, tmp_path: Path) -> None:
    card, picture = model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md")
    assert picture.name in card.read_text(encoding="utf-8")
    with Image.open(picture) as opened:
        assert opened.getpixel((0, 0)) == 5


def test_the_licence_is_left_to_fill_in_and_said_to_be(run: RunDirectory, tmp_path: Path) -> None:
    card, _ = model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md")
    matter = front_matter(card)
    # The hub asks for both where the licence is none that it knows.
    assert (matter["license"], matter["license_name"]) == ("other", "fill-in")
    assert matter["license_link"] == "LICENSE"
    text = card.read_text(encoding="utf-8")
    assert text.startswith("---\n# Fill in: ")
    assert "## Licence\n\nFill in: " in text


def test_a_picture_of_an_earlier_step_says_so(run: RunDirectory, tmp_path: Path) -> None:
    for path in run.samples_path.glob("000010.*"):
        path.unlink()
    of = checkpoint_snapshot(run, 10)
    card, _ = model_card.write(of, tmp_path / "README.md")
    assert "Sixteen samples at step 5, not chosen." in card.read_text(encoding="utf-8")
    assert model_card.remark_on_picture(of) == "the picture of step 5, the newest up to step 10"


def test_figures_of_another_step_are_left_out(run: RunDirectory, tmp_path: Path) -> None:
    card, _ = model_card.write(checkpoint_snapshot(run, None), tmp_path / "README.md")
    assert "Not measured at this step; `gan-tui evaluate" in card.read_text(encoding="utf-8")
    assert "model-index" not in front_matter(card)


def test_nothing_is_replaced_unasked(run: RunDirectory, tmp_path: Path) -> None:
    model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md")
    (tmp_path / "README.md").unlink()
    with pytest.raises(UsageError, match=r"README-samples.png exists"):
        model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md")
    assert not (tmp_path / "README.md").exists()
    model_card.write(checkpoint_snapshot(run, 5), tmp_path / "README.md", force=True)


def test_a_missing_checkpoint_is_named(run: RunDirectory, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="Steps with a checkpoint: 5, 10"):
        model_card.write(checkpoint_snapshot(run, 7), tmp_path / "README.md")
