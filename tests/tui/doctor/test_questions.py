"""What terminals answer, and what those that lack something do, on real pseudo-terminals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.pty.fake_terminal import FakeTerminal
from tui.doctor import asking, questions
from tui.doctor.asking import Silence
from tui.doctor.questions import (
    MOUSE_MODE,
    SAMPLES,
    SYNCHRONIZED_MODE,
    Answers,
    examine,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed sooner than by a person's terminal."""
    monkeypatch.setattr(questions, "_FIRST_SECONDS", 0.4)
    monkeypatch.setattr(questions, "_SECONDS", 1.0)


def answers_of(terminal: FakeTerminal) -> Answers:
    with terminal as shown, asking.asking(shown.device, shown.device) as asker:
        return examine(asker, 80)


def settings(terminal: FakeTerminal) -> list[Any]:
    return termios.tcgetattr(terminal.device)


def test_a_terminal_that_has_everything_says_so() -> None:
    answers = answers_of(FakeTerminal())

    assert dict(answers.widths) == dict.fromkeys(SAMPLES, 2)
    assert dict(answers.modes) == {MOUSE_MODE: 2, SYNCHRONIZED_MODE: 2}
    assert len(answers.round_trips) > 1
    assert answers.bytes_per_second
    assert answers.bytes_per_second > 100_000


def test_characters_that_are_lost_or_wide_are_measured() -> None:
    octants, blocks = SAMPLES["octant"], SAMPLES["half"]

    answers = answers_of(FakeTerminal(lost=octants, wide=blocks))

    assert answers.widths["octant"] == 0
    assert answers.widths["half"] == 4
    assert answers.widths["quad"] == 2


def test_a_terminal_without_utf8_is_seen_by_its_widths() -> None:
    assert answers_of(FakeTerminal(utf8=False)).widths["half"] == 6


def test_a_terminal_that_does_not_know_the_question_about_modes_has_none() -> None:
    terminal = FakeTerminal(modes=None)

    answers = answers_of(terminal)

    assert answers.modes == {}
    assert answers.round_trips
    # What it printed of the question is erased at once.
    assert terminal.received.partition(b"$p\x1b[6n")[2].startswith(b"\r\x1b[2K")


def test_a_slow_link_is_measured_with_few_bytes() -> None:
    answers = answers_of(FakeTerminal(bytes_per_second=4_000, seconds=0.01))

    assert answers.bytes_per_second == pytest.approx(4_000, rel=0.5)
    assert answers.bytes_sent < 3_000
    assert min(answers.round_trips) >= 0.01


@pytest.mark.parametrize("lacking", [{"answers": False}, {"reads": False}], ids=["mute", "stopped"])
def test_a_terminal_that_answers_nothing_is_left_soon_and_restored(
    lacking: dict[str, bool],
) -> None:
    with FakeTerminal(**lacking) as terminal:  # type: ignore[arg-type]
        before, begun = settings(terminal), time.monotonic()
        with asking.asking(terminal.device, terminal.device) as asker:
            during = settings(terminal)
            answers = examine(asker, 80)

        assert time.monotonic() - begun < 2
        assert answers == Answers()
        assert not during[3] & (termios.ECHO | termios.ICANON)
        assert settings(terminal) == before


def test_a_terminal_that_falls_silent_keeps_the_answers_that_it_gave() -> None:
    class FallsSilent(FakeTerminal):
        given = 0

        def _answer(self, answer: bytes) -> None:
            self.given += 1
            if self.given <= 3:
                super()._answer(answer)

    answers = answers_of(FallsSilent())

    assert len(answers.round_trips) == 1
    assert list(answers.widths) == list(SAMPLES)[:2]
    assert answers.bytes_per_second is None


def test_what_was_typed_meanwhile_is_no_answer() -> None:
    with FakeTerminal(seconds=0.05) as terminal:
        os.write(terminal.master, b"ls -l\x1b[A\x1b[200~")
        with asking.asking(terminal.device, terminal.device) as asker:
            answers = examine(asker, 80)

    assert dict(answers.widths) == dict.fromkeys(SAMPLES, 2)


def test_all_that_was_shown_is_erased() -> None:
    with FakeTerminal() as terminal:
        with asking.asking(terminal.device, terminal.device) as asker:
            examine(asker, 80)
        deadline = time.monotonic() + 5
        while not terminal.received.endswith(b"\x1b[6n\r\x1b[2K"):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_an_answer_that_comes_too_late_is_not_typed_into_the_shell() -> None:
    with FakeTerminal(answers=False) as terminal:
        with asking.asking(terminal.device, terminal.device) as asker:
            assert examine(asker, 80) == Answers()
            os.write(terminal.master, b"\x1b[24;1R")
        os.set_blocking(terminal.device, False)
        with pytest.raises(BlockingIOError):
            os.read(terminal.device, 100)


def test_a_terminal_that_hangs_up_is_silent() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        with pytest.raises(Silence):
            asking.Asker(reading, reading).ask(b"", questions._POSITION_ANSWER, 1.0)
    finally:
        os.close(reading)


ASKS_FOR_EVER = """
import sys
from tui.doctor import questions
from tui.doctor.asking import asking
questions._FIRST_SECONDS = 60.0
with asking(0, 1) as asker:
    sys.stderr.write("asking\\n")
    sys.stderr.flush()
    questions.examine(asker, 80)
"""


@pytest.fixture
def mute() -> Iterator[FakeTerminal]:
    with FakeTerminal(answers=False) as terminal:
        yield terminal


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGINT, -signal.SIGINT),
    ],
)
def test_a_signal_that_ends_the_process_leaves_the_terminal_as_it_was(
    mute: FakeTerminal, number: signal.Signals, status: int
) -> None:
    before = settings(mute)
    with subprocess.Popen(
        [sys.executable, "-c", ASKS_FOR_EVER],
        cwd=ROOT,
        stdin=mute.device,
        stdout=mute.device,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"asking\n"
        assert settings(mute) != before

        process.send_signal(number)

        process.communicate(timeout=20)
        assert process.returncode == status
        assert settings(mute) == before


class Late:
    """A terminal at the end of a link: every answer comes a round trip after its question."""

    def __init__(self, seconds: float, answer: bytes = b"\x1b[1;3R") -> None:
        self.now = 0.0
        self._seconds = seconds
        self._answer = answer
        self._waiting: list[bytes] = []

    def write(self, data: bytes, seconds: float) -> None:
        del seconds
        found = re.findall(rb"\x1b\[6n|\x1b\[\?[0-9]+\$p", data)
        self._waiting += [b"" if part.endswith(b"p") else self._answer for part in found]

    def ask(self, question: bytes, answer: re.Pattern[bytes], seconds: float) -> re.Match[bytes]:
        self.write(question, seconds)
        if question:
            self.now += self._seconds
        while self._waiting:
            if match := answer.search(self._waiting.pop(0)):
                return match
        raise Silence


@pytest.mark.parametrize("seconds", [0.25, 0.8, 1.5])
def test_a_slow_link_does_not_make_the_questions_take_for_ever(seconds: float) -> None:
    link = Late(seconds)

    answers = examine(cast("asking.Asker", link), 80, clock=lambda: link.now)

    assert link.now < 8
    assert dict(answers.widths) == dict.fromkeys(SAMPLES, 2)
    assert answers.bytes_per_second is None or answers.bytes_sent > 100_000


@pytest.mark.parametrize("answer", [b"\x1b[0;0R", b"\x1b[99999;99999R"])
def test_a_width_that_no_terminal_can_mean_is_unknown(answer: bytes) -> None:
    link = Late(0.001, answer)

    answers = examine(cast("asking.Asker", link), 80, clock=lambda: link.now)

    assert dict(answers.widths) == {}
