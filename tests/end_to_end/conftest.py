"""The real program with a home of its own, and digits few enough to train on in a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan.data.synthetic import draw_digits
from tests.end_to_end.terminal import Terminal
from tests.gan.data.making import ignore, write_idx_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
SECONDS = 180
"""For a process that imports TensorFlow, compiles and trains a little, on a busy machine."""

IMAGES = 1000
BATCH = 64
STEPS_PER_EPOCH = IMAGES // BATCH


class Program:
    """Starts gan-tui in a folder and a home that hold nothing else."""

    def __init__(self, home: Path, data: Path) -> None:
        self.home = home
        self.words = [sys.executable, "-m", "tui"]
        self.measured = ["--data", str(data), "--batch-size", str(BATCH), "--device", "cpu"]
        """Options for a small training, with the evaluations that it has by default."""

        self.small = [*self.measured, "--evaluate-every", "off"]
        """Options for a training that takes a second."""

        self.environ = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
        """Run to the end; without a descriptor for standard input there is nothing on it."""
        return self.run_words([*self.words, *words], stdin=stdin)

    def run_bytes(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run to the end, and keep what it wrote as it is."""
        return subprocess.run(
            [*self.words, *words],
            cwd=self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )

    def run_words(
        self, words: Sequence[str], *, stdin: int = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        """Run other words, in the same folder and home."""
        return subprocess.run(
            words,
            cwd=self.home,
            env=self.environ,
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def on_terminal(self, *words: str, **options: Any) -> Terminal:
        """Start on a terminal."""
        return Terminal([*self.words, *words], cwd=self.home, env=self.environ, **options)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program, with 1,000 digits to train on."""
    folder = tmp_path_factory.mktemp("home")
    images, labels = draw_digits(IMAGES, 1, ignore)
    data = write_idx_folder(tmp_path_factory.mktemp("data") / "digits", images, labels)
    return Program(folder, data)
