"""The whole program draws from a checkpoint what its training drew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.run.finding import open_run

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(program: Program, tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    path: Path = tmp_path_factory.mktemp("runs") / "trained"
    ended = program.run("--no-ui", "--steps", "20", "--run-dir", str(path), *program.small)
    assert ended.returncode == 0, ended.stderr
    return open_run(path)


def drawn(program: Program, run: RunDirectory, out: Path, *words: str) -> bytes:
    words = ("sample", str(run.path), "--out", str(out), "--device", "cpu", *words)
    ended = program.run(*words)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{out}\n"
    return out.read_bytes()


def test_the_first_images_are_those_of_the_training_and_the_same_bits_every_time(
    program: Program, trained: RunDirectory, tmp_path: Path
) -> None:
    first = drawn(program, trained, tmp_path / "a.npz", "-n", "700")
    second = drawn(program, trained, tmp_path / "b.npz", "-n", "700")
    assert first == second
    with np.load(tmp_path / "a.npz") as many, np.load(trained.samples_path / "000020.npz") as own:
        np.testing.assert_array_equal(many["images"][:16], own["images"])
        np.testing.assert_array_equal(many["latents"][:16], own["latents"])
        assert len(many["images"]) == 700


def test_nothing_but_the_path_goes_to_standard_output_and_tensorflow_is_not_heard(
    program: Program, trained: RunDirectory, tmp_path: Path
) -> None:
    ended = program.run("sample", str(trained.path), "--out", str(tmp_path / "a.png"))
    assert ended.returncode == 0
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == ["drawing", "sample"]
