"""What the command line refuses: each in one line, with its exit code, before anything is written.

Only the last test reaches TensorFlow: options are read first, then the data, and then the run is
opened.
"""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore
from gan.run.lock import RunLock
from tests.gan.data.making import digits, idx_bytes, idx_header, npz_bytes, write, write_idx_folder
from tests.tui.composing import make_run, program
from tui.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gan.run.directory import RunDirectory


class TestCommandLine:
    """Refused before anything is loaded or written."""

    def refused(self, words: Sequence[str], capsys: pytest.CaptureFixture[str], code: int) -> str:
        assert main(words) == code
        out, line = capsys.readouterr()
        assert out == ""
        assert line.startswith("gan-tui: ")
        assert line.count("\n") == 1
        return line

    @pytest.mark.parametrize("kind", ["run", "file", "link"])
    def test_an_existing_run_dir(
        self, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "mine"
        if kind == "run":
            make_run(path)
        elif kind == "file":
            path.write_text("my thesis")
        else:
            path.symlink_to(tmp_path / "nowhere")

        line = self.refused(["--no-ui", "--run-dir", str(path)], capsys, 2)

        assert f"--run-dir: {path} exists" in line
        assert "--resume" in line

    def test_a_run_dir_that_no_disk_can_hold(self, capsys: pytest.CaptureFixture[str]) -> None:
        line = self.refused(["--no-ui", "--run-dir", "a" * 300], capsys, 74)

        assert "File name too long" in line

    def test_nothing_to_resume(self, empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
        line = self.refused(["--resume"], capsys, 4)

        assert str(empty / "runs") in line

    @pytest.mark.parametrize(
        "words",
        [["--resume", "7"], ["--resume", "mine"], ["--resume", "--run-dir", "mine"]],
        ids=["number", "name", "run-dir"],
    )
    def test_a_run_that_is_not_there(
        self, words: list[str], empty: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = self.refused(words, capsys, 4)

        assert words[-1] in line
        assert list(empty.iterdir()) == []

    def test_a_run_named_twice(self, capsys: pytest.CaptureFixture[str]) -> None:
        line = self.refused(["--resume", "7", "--run-dir", "mine"], capsys, 2)

        assert "--resume 7 and --run-dir mine" in line

    def test_options_that_would_change_what_a_resumed_run_computes(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        make_run(tmp_path / "mine", data="synthetic", batch_size=64, seed=1)
        again = ["--resume", str(tmp_path / "mine"), "--data", "synthetic", "--epochs", "9"]

        line = self.refused([*again, "--batch-size", "32", "--seed", "2"], capsys, 2)

        assert "--batch-size 32 (the run has 64)" in line
        assert "--seed 2 (the run has 1)" in line
        assert "--data" not in line
        assert "--epochs" not in line

    def test_a_configuration_that_was_damaged(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = make_run(tmp_path / "mine")
        run.config_path.write_text("{")

        line = self.refused(["--resume", str(run.path)], capsys, 4)

        assert str(run.config_path) in line

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["--log-to", "wand"], "Did you mean wandb?"),
            (["--log-to", "tensorboard,wandb"], "Give --log-to once for each."),
            (["--log-to", "tensorboard", "--log-to", "tensorboard=x"], "named twice"),
            (["--log-to", "tensorboard=/dev/null/tb"], "/dev/null is a file"),
        ],
        ids=["unknown", "comma", "twice", "folder"],
    )
    def test_a_tracker_that_cant_be_used(
        self, words: list[str], why: str, empty: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = self.refused(["--no-ui", *words], capsys, 2)

        assert "--log-to" in line
        assert why in line
        assert list(empty.iterdir()) == []

    def test_a_tracker_that_is_not_installed(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gan.trackers.table.find_spec", lambda _: None)

        line = self.refused(["--log-to", "trackio"], capsys, 2)

        assert "pip install 'gan-tui[trackio]'" in line

    def test_what_could_steer_a_terminal_is_not_repeated(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = self.refused(["--preset", "\x1b[2J\n"], capsys, 2)

        assert "\x1b" not in line


BAD_DATA: dict[str, tuple[str, Callable[[Path], object]]] = {
    "missing": ("digits", lambda path: path),
    "empty folder": ("digits", lambda path: path.mkdir()),
    "empty file": ("digits-idx3-ubyte", lambda path: write(path, b"")),
    "truncated IDX": ("digits-idx3-ubyte", lambda path: write(path, idx_bytes(digits(9))[:-1])),
    "cut gzip": (
        "digits-idx3-ubyte.gz",
        lambda path: write(path, gzip.compress(idx_bytes(digits(9)))[:-20]),
    ),
    "wrong magic": (
        "digits-idx3-ubyte",
        lambda path: write(path, b"\x01\x02" + idx_bytes(digits(9))[2:]),
    ),
    "wrong shape": (
        "digits-idx3-ubyte",
        lambda path: write(path, idx_bytes(np.zeros((9, 5, 5), np.uint8))),
    ),
    "no images": ("digits-idx3-ubyte", lambda path: write(path, idx_header((0, 28, 28)))),
    "bomb": (
        "digits-idx3-ubyte.gz",
        lambda path: write(path, gzip.compress(idx_bytes(digits(9)) + bytes(1 << 24))),
    ),
    "NaN": (
        "digits.npz",
        lambda path: write(path, npz_bytes(images=np.full((9, 28, 28), np.nan, np.float32))),
    ),
    "objects": (
        "digits.npz",
        lambda path: write(path, npz_bytes(images=np.array([{}] * 9, dtype=object))),
    ),
    "no arrays": ("digits.npz", lambda path: write(path, b"PK\x05\x06" + bytes(18))),
    "neither": ("digits.csv", lambda path: write(path, b"0,0,0\n")),
}


class TestData:
    @pytest.mark.parametrize("kind", BAD_DATA)
    def test_unusable_data_is_one_line_and_leaves_nothing(
        self, kind: str, tmp_path: Path, empty: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        name, make = BAD_DATA[kind]
        make(tmp_path / name)

        code = main(["--no-ui", "--data", str(tmp_path / name), "--batch-size", "4"])

        out, err = capfd.readouterr()
        assert code == 4
        assert out == ""
        (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
        assert err.endswith(f"{line}\n")
        assert str(tmp_path / name) in line
        assert "received" in line
        assert "expected" in line
        assert list(empty.iterdir()) == []

    def test_too_few_images_for_a_batch_say_how_many_would_do(
        self, tmp_path: Path, empty: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        write_idx_folder(tmp_path / "digits", digits(9), None)

        assert main(["--no-ui", "--data", str(tmp_path / "digits"), "--batch-size", "10"]) == 4

        assert "at most 9" in capfd.readouterr().err
        assert list(empty.iterdir()) == []


class TestResume:
    """What only shows once the data is there; TensorFlow is not needed for any of it."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> RunDirectory:
        data = write_idx_folder(tmp_path / "digits", digits(9), None)
        return make_run(tmp_path / "mine", data=str(data), batch_size=4)

    def error(self, run: RunDirectory, code: int, capfd: pytest.CaptureFixture[str]) -> str:
        assert main(["--no-ui", "--resume", str(run.path)]) == code
        (line,) = [
            line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")
        ]
        return line

    def test_a_run_that_another_process_is_writing_to(
        self, run: RunDirectory, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with RunLock(run):
            line = self.error(run, 1, capfd)

        assert f"process {os.getpid()} on " in line

    def test_images_that_changed_since(
        self, run: RunDirectory, capfd: pytest.CaptureFixture[str]
    ) -> None:
        point = ResumePoint(fingerprint="0" * 64, step=5, draw=0, train_seconds=1.0, log_offset=0)
        CheckpointStore(run, keep=1).save({"weights": np.zeros(3, np.float32)}, point)

        line = self.error(run, 4, capfd)

        assert "is not what" in line
        assert "was trained on" in line
        assert "000000000000" in line


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_one_line_that_says_what_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hundredth, so that the claim holds on a machine with GPUs too."""
    # Whatever has used TensorFlow in this process before may have hidden them.
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    data = write_idx_folder(tmp_path / "digits", digits(9), None)
    words = ["--no-ui", "--data", str(data), "--batch-size", "4", "--device", "gpu:99"]

    done = program(*words, "--run-dir", str(tmp_path / "run"))

    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "--device gpu:99: TensorFlow" in line
    assert "sees " in line
    assert "gan-tui[cuda]" in line
    assert "--device cpu" in line
