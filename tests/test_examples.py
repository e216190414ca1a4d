"""The examples run as their users run them, offline, and are as short as they are meant to be."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gan.events import RunFinished, SamplesDrawn
from gan.run.follower import read_events
from tests.gan.recorder.recording import logged, only_run

ROOT = Path(__file__).parents[1]
EXAMPLES = {"keras_dcgan": "keras", "pytorch_gan": "torch", "jax_gan": "jax"}
"""Each with what it needs."""

STEPS = 3


def test_every_example_is_tested() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_little_of_it_is_ours(name: str) -> None:
    lines = (ROOT / "examples" / f"{name}.py").read_text().splitlines()
    ours = [line for line in lines[1:] if "gan." in line or "Recorder" in line or "run." in line]

    assert len(lines) < 60
    calls = [line for line in ours if "import" not in line and "wants_samples" not in line]
    assert len(calls) <= 4


@pytest.mark.slow
@pytest.mark.parametrize(("name", "package"), EXAMPLES.items())
def test_an_example_trains_and_is_recorded(name: str, package: str, tmp_path: Path) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    images = np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images)
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / f"{name}.py", "mnist.npz", str(STEPS)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    events = list(read_events(only_run(tmp_path / "runs")))
    assert logged(events)["g_loss"].keys() == set(range(1, STEPS + 1))
    assert any(isinstance(event, SamplesDrawn) for event in events)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].completed
