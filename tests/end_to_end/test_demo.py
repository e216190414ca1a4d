"""`gan-tui --demo` on a terminal, in a folder and a home of its own, without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.terminal import NORMAL_MODES
from tui.demo.player import LAST_WORDS, PLAYING

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

SOON = 20


def test_a_recording_is_played_without_tensorflow_and_leaves_nothing(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "tensorflow.py").write_text("raise SystemExit('tensorflow was imported')\n")
    program.environ["PYTHONPATH"] = f"{tmp_path}:{program.environ['PYTHONPATH']}"

    with program.on_terminal("--demo") as terminal:
        terminal.wait_for_text(PLAYING, SOON)
        terminal.wait_for_text("TRAINING", SOON)
        terminal.wait_for_text("D loss", SOON)
        terminal.send(" ")
        terminal.wait_for_text("PAUSED", SOON)
        terminal.send("q")

        assert terminal.wait_for_end(SOON) == 0
        assert " ".join(LAST_WORDS.split()[:9]) in terminal.left_behind
        assert {mode for mode, is_on in terminal.modes().items() if is_on} <= NORMAL_MODES
    assert list(Path(program.home).iterdir()) == []
