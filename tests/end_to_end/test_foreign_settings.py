"""The numbers of a run don't depend on settings that other programs left behind.

Each process has all of the variables at once, and another `keras.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.run.finding import open_run
from gan.run.follower import read_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

STEPS = 5
BEFORE = 3
"""Steps of the clean run that resumes among foreign settings."""

VARIABLES = {
    "KERAS_BACKEND": "torch",
    "KERAS_MAX_EPOCHS": "many",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "KERAS_NNX_ENABLED": "1",
    "TF_XLA_FLAGS": "--no_such_flag --tf_xla_auto_jit=2",
    "TF_ENABLE_CONTROL_FLOW_V2": "0",
    "TF_FUNCTION_JIT_COMPILE_DEFAULT": "1",
    "TF_JIT_COMPILE_REWRITE": "1",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "perhaps",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "NVIDIA_TF32_OVERRIDE": "1",
    "CUDA_VISIBLE_DEVICES": "7",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "LC_ALL": "de_DE.UTF-8",
}

FILES = {
    "float64": '{"floatx": "float64", "epsilon": 1e-07, "backend": "tensorflow", '
    '"image_data_format": "channels_last"}',
    "theano": '{"image_dim_ordering": "tf", "epsilon": 1e-07, "floatx": "float32", '
    '"backend": "theano"}',
    "torch": '{"floatx": "float32", "epsilon": 1e-07, "backend": "torch", '
    '"image_data_format": "channels_last"}',
    "other numbers": '{"epsilon": 0.1, "image_data_format": "channels_first"}',
    "a list": "[1]",
    "no folder": None,
    "a folder": "",
}
"""What `keras.json` may be: its text, nothing at all, or a folder of that name."""


@dataclass
class Trained:
    """A run, and what the process said."""

    run: Path
    stderr: str

    @property
    def losses(self) -> list[float]:
        """The losses of both networks, however the log is divided into executions."""
        log = read_events(open_run(self.run))
        steps = [event for event in log if isinstance(event, events.StepsCompleted)]
        d_loss, g_loss = (
            [value for event in steps for value in getattr(event, name).tolist()]
            for name in ("d_loss", "g_loss")
        )
        assert len(d_loss) == STEPS
        return d_loss + g_loss

    @property
    def environment(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.run / "config.json").read_text())["environment"]
        return found


def train(program: Program, run: Path, *words: str, **variables: str) -> Trained:
    kept = dict(program.environ)
    program.environ.update(variables)
    try:
        done = program.run("--no-ui", *words)
    finally:
        program.environ.clear()
        program.environ.update(kept)
    assert done.returncode == 0, done.stderr
    return Trained(run, done.stderr)


def new_run(program: Program, run: Path, steps: int = STEPS, **variables: str) -> Trained:
    words = [*program.small, "--steps", str(steps), "--run-dir", str(run)]
    return train(program, run, *words, "--precision", "float32", **variables)


@pytest.fixture(scope="module")
def clean(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The same run without any of them."""
    return new_run(program, tmp_path_factory.mktemp("clean") / "run")


@pytest.mark.parametrize("name", FILES)
def test_five_steps_are_the_same(
    name: str, clean: Trained, program: Program, tmp_path: Path
) -> None:
    home = tmp_path / "keras"
    path, text = home / "keras.json", FILES[name]
    if text:
        home.mkdir()
        path.write_text(text)
    elif text == "":
        path.mkdir(parents=True)

    trained = new_run(program, tmp_path / "run", **VARIABLES, KERAS_HOME=str(home))

    assert trained.losses == clean.losses
    assert "not used here: KERAS_BACKEND=torch" in trained.stderr
    assert trained.environment["settings"] == {"OMP_NUM_THREADS": "1", "TF_DETERMINISTIC_OPS": "1"}
    assert home.exists() == (text is not None)


def test_a_run_resumes_among_them_with_the_same_bits(
    clean: Trained, program: Program, tmp_path: Path
) -> None:
    path = tmp_path / "keras.json"
    path.write_text(FILES["other numbers"] or "")
    run = new_run(program, tmp_path / "run", BEFORE).run

    words = ["--resume", str(run), "--steps", str(STEPS)]
    resumed = train(program, run, *words, **VARIABLES, KERAS_HOME=str(tmp_path))

    assert resumed.losses == clean.losses
    assert "trajectory may differ: " in resumed.stderr
    assert "OMP_NUM_THREADS 1, was not set" in resumed.stderr


def test_nothing_is_written_where_the_program_runs(clean: Trained, program: Program) -> None:
    """An empty KERAS_HOME is the working directory to Keras."""
    run = clean.run.parent / "empty"
    assert new_run(program, run, KERAS_HOME="").losses == clean.losses
    assert not (program.home / "keras.json").exists()
    assert not (program.home / ".keras").exists()


def test_a_flag_that_xla_does_not_know_is_refused_by_name(program: Program, tmp_path: Path) -> None:
    program.environ["XLA_FLAGS"] = "--no_such_flag=1"
    try:
        done = program.run("--no-ui", *program.small, "--run-dir", str(tmp_path / "run"))
    finally:
        del program.environ["XLA_FLAGS"]
    assert done.returncode == 2
    assert done.stderr.startswith("gan-tui: TensorFlow doesn't start with XLA_FLAGS=--no_such_flag")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
