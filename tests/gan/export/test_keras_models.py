"""Networks as files that Keras opens on its own, on its backends, with the outputs of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.errors import CheckpointError, StorageError, UsageError
from gan.export import keras_models, model_card
from gan.export.destination import write_whole
from gan.export.snapshot import checkpoint_snapshot
from gan.models.restored import restored_discriminator, restored_generator
from gan.run.config_file import read_config
from gan.run.reference import load_checkpoint
from tests.gan.export.checkpoints import run_of

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

pytestmark = pytest.mark.slow

PLAIN_KERAS = """
import sys
import numpy as np, keras
outputs = {}
with np.load("inputs.npz") as inputs:
    for name in ("generator", "discriminator"):
        model = keras.saving.load_model(f"{name}.keras")
        outputs[name] = np.asarray(model.predict(inputs[name], verbose=0))
assert not [name for name in sys.modules if name.partition(".")[0] in ("gan", "tui")]
np.savez(f"{keras.backend.backend()}.npz", **outputs)
"""
"""A program that knows nothing of this one."""

ROUNDING = {"generator": 1e-6, "discriminator": 3e-6}
"""Pixels are in [-1, 1]. A logit sums thousands of products, which backends add in other orders;
3e-6 of a logit is at most 1e-6 of a probability."""


@pytest.fixture(scope="module", params=["mlp", "dcgan", "tutorial"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return run_of(tmp_path_factory.mktemp("runs"), request.param)


@pytest.fixture(scope="module")
def written(run: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, and inputs for them."""
    folder = tmp_path_factory.mktemp("out") / "models"
    paths = keras_models.write(checkpoint_snapshot(run, None), folder)
    assert [path.name for path in paths] == ["generator.keras", "discriminator.keras"]
    rng = np.random.default_rng(2)
    dim = read_config(run).latent_dim
    latents = rng.standard_normal((20, dim)).astype(np.float32)
    images = rng.uniform(-1, 1, (20, 28, 28)).astype(np.float32)
    np.savez(folder / "inputs.npz", generator=latents, discriminator=images)
    return folder


def expected(run: RunDirectory, folder: Path) -> dict[str, np.ndarray]:
    config, arrays = read_config(run), load_checkpoint(run, None).arrays
    networks: dict[str, Any] = {
        "generator": restored_generator(config, arrays),
        "discriminator": restored_discriminator(config, arrays),
    }
    with np.load(folder / "inputs.npz") as inputs:
        return {
            name: network(inputs[name], training=False).numpy()
            for name, network in networks.items()
        }


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_plain_keras_opens_them_with_the_same_outputs(
    run: RunDirectory, written: Path, backend: str
) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    environ = {"KERAS_BACKEND": backend, "PATH": os.environ["PATH"], "JAX_PLATFORMS": "cpu"}
    # Packages that are on the path, without this program.
    path = [one for one in sys.path if one and not (written.parent / one / "gan").exists()]
    environ |= {"PYTHONPATH": os.pathsep.join(path), "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run([sys.executable, "-c", PLAIN_KERAS], cwd=written, env=environ, check=True)
    ours = expected(run, written)
    with np.load(written / f"{backend}.npz") as theirs:
        for name, outputs in ours.items():
            scale = max(1.0, float(np.abs(outputs).max()))
            assert np.abs(theirs[name] - outputs).max() < ROUNDING[name] * scale, name


def test_layers_are_named_as_in_a_safetensors_file(run: RunDirectory, written: Path) -> None:
    """Whatever was built before in the process, where Keras itself counts layers."""
    import keras

    arrays = checkpoint_snapshot(run, None)
    again = keras_models.write(arrays, written.parent / "again")
    for file, name in zip(again, ("generator", "discriminator"), strict=True):
        model = keras.saving.load_model(file)
        with_weights = [layer.name for layer in model.layers if layer.weights]
        assert with_weights[0] == f"{name}_dense_1"
        before = keras.saving.load_model(written / file.name)
        assert [layer.name for layer in model.layers] == [layer.name for layer in before.layers]


def test_the_lines_in_a_model_card_run_in_plain_keras(run: RunDirectory, written: Path) -> None:
    of = checkpoint_snapshot(run, None)
    card, *_ = model_card.write(of, written.parent / f"{run.name}.md")
    code = card.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    shown = "print(pixels.shape, pixels.dtype, keras.__name__)"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\n{shown}"],
        cwd=written,
        env={"PATH": os.environ["PATH"], "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "(16, 28, 28) uint8 keras"


def test_a_failure_leaves_neither_file(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: object, *, force: bool) -> Path:
        if path.name == keras_models.DISCRIMINATOR:
            raise StorageError("No space left on device")
        return write_whole(path, content, force=force)

    monkeypatch.setattr(keras_models, "_saved", lambda _model: b"content")
    monkeypatch.setattr(keras_models, "_models", lambda *_: [None, None])
    monkeypatch.setattr(keras_models, "write_whole", full)
    with pytest.raises(StorageError):
        keras_models.write(checkpoint_snapshot(run, None), tmp_path / "new" / "models")
    assert not list(tmp_path.iterdir())


def test_files_are_replaced_only_by_force(run: RunDirectory, written: Path) -> None:
    with pytest.raises(UsageError, match=r"generator.keras exists"):
        keras_models.write(checkpoint_snapshot(run, None), written)
    keras_models.write(checkpoint_snapshot(run, None), written, force=True)


def test_a_checkpoint_that_is_not_there_writes_nothing(run: RunDirectory, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="Steps with a checkpoint: 40"):
        keras_models.write(checkpoint_snapshot(run, 7), tmp_path / "models")
    assert not list(tmp_path.iterdir())
