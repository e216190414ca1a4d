"""The generator in the ONNX format, run by ONNX's own runtime."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.errors import GanTuiError
from gan.export import onnx_model
from gan.export.snapshot import checkpoint_snapshot
from gan.models.restored import restored_generator
from gan.run.config_file import read_config
from gan.run.reference import load_checkpoint
from tests.gan.export.checkpoints import run_of

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = """
import sys
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
(taken,) = session.get_inputs()
(images,) = session.run(None, {taken.name: np.load("latents.npy")})
assert not {"tensorflow", "keras", "gan"} & set(sys.modules)
np.save("images.npy", images)
"""


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["mlp", "dcgan"])
def test_onnxruntime_gives_the_same_images(tmp_path: Path, preset: str) -> None:
    for module in ("onnx", "tf2onnx", "onnxruntime"):
        pytest.importorskip(module)
    run = run_of(tmp_path, preset)
    config = read_config(run)
    assert onnx_model.write(checkpoint_snapshot(run, None), tmp_path / "model.onnx") == [
        tmp_path / "model.onnx"
    ]
    latents = np.random.default_rng(0).standard_normal((20, config.latent_dim)).astype(np.float32)
    np.save(tmp_path / "latents.npy", latents)
    subprocess.run([sys.executable, "-c", RUNTIME], cwd=tmp_path, check=True)
    generator = restored_generator(config, load_checkpoint(run, None).arrays)
    expected = generator(latents, training=False).numpy()
    assert np.abs(np.load(tmp_path / "images.npy") - expected).max() < 1e-5


def test_without_the_packages_one_line_says_how_to_install_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(tmp_path, "mlp")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(GanTuiError, match=r"--onnx needs the package onnx.*'gan-tui\[onnx\]'"):
        onnx_model.write(checkpoint_snapshot(run, None), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
