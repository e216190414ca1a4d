"""A checkpoint's arrays in the safetensors format, read by NumPy alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.errors import GanTuiError, UsageError
from gan.export import safetensors_file
from gan.export.snapshot import checkpoint_snapshot
from gan.models.restored import restored_generator
from gan.run.reference import load_checkpoint
from tests.gan.export.checkpoints import STEP, run_of

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

WITHOUT_ANY_FRAMEWORK = """
import sys
from safetensors.numpy import load_file
tensors = load_file(sys.argv[1])
print(sorted({"tensorflow", "keras", "torch", "jax", "gan"} & set(sys.modules)))
print(tensors["averaged_generator.dense_1.kernel"].shape)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return run_of(tmp_path_factory.mktemp("runs"), "mlp")


@pytest.mark.slow
class TestWritten:
    @pytest.fixture(scope="class")
    def file(self, run: RunDirectory, tmp_path_factory: pytest.TempPathFactory) -> Path:
        pytest.importorskip("safetensors")
        destination = tmp_path_factory.mktemp("out") / "weights.safetensors"
        assert safetensors_file.write(checkpoint_snapshot(run, None), destination) == [destination]
        return destination

    def test_every_array_is_there_bit_for_bit(self, run: RunDirectory, file: Path) -> None:
        from safetensors.numpy import load_file

        kept = load_checkpoint(run, None).arrays
        read = load_file(file)
        assert len(read) == len(kept)
        assert {one.tobytes() for one in read.values()} == {one.tobytes() for one in kept.values()}
        np.testing.assert_array_equal(
            read["averaged_generator.dense_2.kernel"], kept["averaged_generator/5"]
        )
        np.testing.assert_array_equal(
            read["discriminator_optimizer.dense_1.kernel.velocity"],
            kept["discriminator_optimizer/2"],
        )

    def test_the_metadata_say_where_it_is_from(self, run: RunDirectory, file: Path) -> None:
        from safetensors import safe_open

        with safe_open(file, "np") as opened:
            metadata = opened.metadata()
        assert (metadata["run"], metadata["step"]) == (run.name, str(STEP))
        assert json.loads(metadata["config"])["preset"] == "mlp"

    def test_the_example_in_the_docs_computes_the_images_with_numpy_alone(
        self, run: RunDirectory, file: Path
    ) -> None:
        page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
        code = page.partition("<!-- numpy -->")[2].split("```python\n")[1].split("```")[0]
        code += 'np.savez("images.npz", latents=latents, images=images)\n'
        code += 'import sys; print(sorted({"tensorflow", "keras", "gan"} & set(sys.modules)))\n'
        ended = subprocess.run(
            [sys.executable, "-c", code],
            cwd=file.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ended.stdout == "[]\n"
        of = checkpoint_snapshot(run, None)
        with np.load(file.parent / "images.npz") as computed:
            generator = restored_generator(of.config, of.checkpoint.arrays)
            ours = generator(computed["latents"].astype(np.float32), training=False).numpy()
            np.testing.assert_allclose(computed["images"], ours, atol=1e-5)

    def test_the_layers_of_both_networks_are_described(self, file: Path) -> None:
        from safetensors import safe_open

        with safe_open(file, "np") as opened:
            metadata, names = opened.metadata(), set(opened.keys())
        for network in ("generator", "discriminator"):
            layers = json.loads(metadata[network])["config"]["layers"]
            dense = [one["config"]["name"] for one in layers if one["class_name"] == "Dense"]
            assert dense == ["dense_1", "dense_2", "dense_3"]
            assert {f"{network}.{name}.kernel" for name in dense} <= names

    def test_a_reader_needs_numpy_alone(self, file: Path, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_ANY_FRAMEWORK, str(file)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines() == ["[]", "(32, 384)"]

    def test_a_file_is_replaced_only_by_force(self, run: RunDirectory, file: Path) -> None:
        before = file.stat().st_mtime_ns
        with pytest.raises(UsageError, match="exists"):
            safetensors_file.write(checkpoint_snapshot(run, None), file)
        assert file.stat().st_mtime_ns == before
        safetensors_file.write(checkpoint_snapshot(run, None), file, force=True)


def test_without_the_package_one_line_says_how_to_install_it(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(GanTuiError, match=r"pip install 'gan-tui\[safetensors\]'"):
        safetensors_file.write(checkpoint_snapshot(run, None), tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())
