"""A program that TensorFlow exported runs through JAX's XLA, and comes to the same losses.

On JAX's CPU backend; skipped without JAX, which `pip install -e '.[gpu-bench]'` brings.
Where a test compiles for a GPU, JAX's compiler for CUDA comes with it on Linux.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gan.config import PRECISIONS
from tests.bench.on_a_gpu.export import MEASURED
from tests.bench.on_a_gpu.folder import Folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed: [gpu-bench]"),
]

ROOT = Path(__file__).parents[2]
NAME = "mlp-float32-b8"


def has_compiler() -> bool:
    """Whether JAX's compiler for CUDA is installed."""
    return find_spec("jax_plugins") is not None and (
        find_spec("jax_plugins.xla_cuda13") is not None
    )


def module(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a part of the kit in a process of its own, as a user does."""
    command = [sys.executable, "-m", f"tests.bench.on_a_gpu.{name}", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )


def export(folder: Path, *words: object) -> Path:
    """A folder with programs for eight images a step."""
    images = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
    np.savez(folder / "images.npz", images=images)
    given = ["--data", folder / "images.npz", "--batch-size", 8, *words]
    made = module("export", folder / "programs", *given)
    assert made.returncode == 0, made.stderr
    return folder / "programs"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program of `mlp`."""
    folder = tmp_path_factory.mktemp("exported")
    return export(folder, "--preset", "mlp", "--precision", "float32")


@pytest.mark.parametrize("preset", MEASURED)
def test_every_preset_in_every_precision_comes_to_tensorflow_s_losses(
    preset: str, tmp_path: Path
) -> None:
    programs = export(tmp_path, "--preset", preset, "--steps", 2)
    words = ["--platform", "cpu", "--check-only", "--json", tmp_path / "all.json"]

    ran = module("run", programs, *words)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = json.loads((tmp_path / "all.json").read_text())["rows"]
    assert {row["name"] for row in rows if row["passed"]} == {
        f"{preset}-{precision}-b8" for precision in PRECISIONS
    }


@pytest.mark.skipif(not has_compiler(), reason="no compiler for CUDA: [gpu-bench] on Linux")
def test_what_a_step_launches_is_counted_without_a_gpu(exported: Path, tmp_path: Path) -> None:
    compiled = module("ahead_of_time", exported, NAME, "--peer", "--keep", tmp_path)

    assert compiled.returncode == 0, compiled.stderr
    ours, peer = (line.removeprefix(NAME) for line in compiled.stdout.splitlines()[1:])
    kernels, products = map(int, ours.split()[:2])
    assert 0 < products < kernels
    assert peer.startswith(", JAX scan")
    # Fewer than JAX launches for the same training.
    assert kernels < int(peer.removeprefix(", JAX scan").split()[0])
    assert "is_scheduled=true" in (tmp_path / f"{NAME}.hlo").read_text(encoding="utf-8")


def test_its_losses_are_tensorflows(exported: Path, tmp_path: Path) -> None:
    words = ["--platform", "cpu", "--steps", 8, "--seconds", 0.01, "--json", tmp_path / "all.json"]
    ran = module("run", exported, *words)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{NAME}: agrees with TensorFlow" in ran.stdout
    (row,) = json.loads((tmp_path / "all.json").read_text())["rows"]
    assert row["check"]["first"] < 1e-5
    # The scan of the same training and the products alone ran too.
    assert 0 < row["limit"] < row["step"]
    assert row["peer"] > row["limit"]


def test_another_start_is_found_out(exported: Path, tmp_path: Path) -> None:
    """By other images: the check would see it if an input were mixed up."""
    kept, changed = Folder(exported), Folder(tmp_path)
    program = kept.read(NAME)
    arrays = [kept.array(key) for key in program.arrays]
    arrays[0] = arrays[0][::-1]
    program.arrays[:] = [changed.keep(array) for array in arrays]
    changed.keep(kept.array(program.losses))
    changed.write(program, kept.hlo(NAME))

    ran = module("run", tmp_path, "--platform", "cpu", "--check-only")

    assert ran.returncode == 1, ran.stderr
    assert "DIFFERS from TensorFlow" in ran.stdout
