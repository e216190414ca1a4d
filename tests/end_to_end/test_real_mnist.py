"""One epoch on real MNIST, from the command line to the files on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan import events
from gan.run.directory import RunDirectory
from gan.run.follower import read_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

STEPS_PER_EPOCH = 234
"""60,000 images in batches of 256; the 96 that are left over are dropped."""


@pytest.fixture(scope="module")
def run(program: Program, real_mnist: Path) -> RunDirectory:
    """The tutorial's networks, one epoch."""
    words = ["--no-ui", "--data", str(real_mnist), "--preset", "tutorial", "--epochs", "1"]
    done = program.run(*words, "--seed", "1", "--run-dir", "mnist-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{program.home / 'mnist-run'}\n"
    return RunDirectory(program.home / "mnist-run")


def test_an_epoch_is_234_steps_and_every_loss_is_a_number(run: RunDirectory) -> None:
    steps = [event for event in read_events(run) if isinstance(event, events.StepsCompleted)]
    d_loss = np.concatenate([event.d_loss for event in steps])
    g_loss = np.concatenate([event.g_loss for event in steps])

    assert d_loss.shape == g_loss.shape == (STEPS_PER_EPOCH,)
    assert np.isfinite(d_loss).all()
    assert np.isfinite(g_loss).all()
    assert (steps[0].first_step, steps[-1].last_step) == (1, STEPS_PER_EPOCH)


def test_the_data_is_mnist_and_what_was_left_out_is_told(run: RunDirectory) -> None:
    log = read_events(run)
    (loaded,) = [event for event in log if isinstance(event, events.DataLoaded)]
    (built,) = [event for event in log if isinstance(event, events.ModelsBuilt)]

    assert (loaded.name, loaded.images) == ("mnist", 60_000)
    assert (built.steps_per_epoch, built.images_dropped) == (STEPS_PER_EPOCH, 96)


def test_the_grid_is_a_picture_of_sixteen_digits(run: RunDirectory) -> None:
    """Four by four of 28 x 28, and neither black nor noise alone: there is ink and background."""
    with Image.open(run.samples_path / f"{STEPS_PER_EPOCH:06d}.png") as image:
        pixels = np.asarray(image)

    assert image.size == (112, 112)
    assert image.mode == "L"
    assert pixels.std() > 10
