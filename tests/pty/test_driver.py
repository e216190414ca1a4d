"""What a terminal may do to the dashboard, and that neither it nor the process minds.

Each claim is about a process of its own on a pseudo-terminal of its own. An upgrade of Textual has
to pass them all.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pty.rig import SOON, assert_given_back
from tests.pty.toy import SIGTERM_CODE, WATCHDOG_CODE

if TYPE_CHECKING:
    from tests.pty.conftest import StartToy

pytestmark = [
    # Each starts a process on a terminal of its own, and several wait for a stall.
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/stat").exists(),
        reason="a process's state and descriptors are in /proc",
    ),
]

LAST = b"\x1b[?1049l\x1b[?25h"
"""The main screen, and a cursor on it."""

END = b"\x1b[?2026l"
"""The end of a frame, in a terminal that shows a frame whole or not yet."""


class TestHangup:
    def test_the_application_leaves_and_the_process_does_something_else(
        self, start: StartToy
    ) -> None:
        rig = start("--linger")

        rig.hang_up()

        assert rig.pipe.next("gone")["seen"]
        rig.pipe.next("left")
        after = rig.pipe.next("lingered")
        assert after["cpu_share"] < 0.2
        assert after["threads"] == ["MainThread"]
        assert rig.process.poll() is None

    @pytest.mark.slow
    def test_of_a_terminal_that_had_stalled(self, start: StartToy) -> None:
        rig = start("--linger")
        rig.wait_for_backlog()

        rig.hang_up()

        rig.pipe.next("gone")
        assert rig.pipe.next("lingered")["threads"] == ["MainThread"]

    def test_of_a_terminal_that_nothing_is_written_to(self, start: StartToy) -> None:
        rig = start("--linger")
        rig.send("f")
        rig.wait_for_frame(rig.pipe.next("frozen")["frame"])

        rig.hang_up()

        rig.pipe.next("gone")
        assert rig.pipe.next("lingered")["cpu_share"] < 0.2

    def test_while_the_process_is_stopped(self, start: StartToy) -> None:
        rig = start("--linger")
        rig.signal(signal.SIGTSTP)
        rig.wait_for(rig.stopped, "a stopped process", SOON)

        rig.hang_up()
        rig.signal(signal.SIGCONT)

        rig.pipe.next("gone")
        assert rig.pipe.next("lingered")["threads"] == ["MainThread"]


class TestStall:
    @pytest.mark.slow
    def test_the_event_loop_goes_on_while_nobody_reads(self, start: StartToy) -> None:
        rig = start()
        rig.wait_for_backlog()

        beats = [rig.pipe.next("beat") for _ in range(6)]

        lags = sorted(lag for beat in beats for lag in beat["lags"])
        assert lags[len(lags) * 95 // 100] < 0.05
        assert beats[-1]["frame"] - beats[0]["frame"] > 20

    def test_once_it_is_read_again_the_screen_is_as_a_new_one(self, start: StartToy) -> None:
        rig = start()
        rig.wait_for_backlog()
        rig.send("f")
        frame = rig.pipe.next("frozen")["frame"]

        rig.wait_for_frame(frame)

        after_the_stall = rig.picture()
        rig.forget_screen()
        rig.send("a")
        rig.wait_for_frame(frame)
        assert after_the_stall == rig.picture()

    def test_a_frame_larger_than_what_may_be_pending_is_drawn_once(self, start: StartToy) -> None:
        """Were its end dropped for its size, it would be drawn again, and dropped, for ever."""
        rig = start("--frozen", columns=900, rows=80)
        rig.wait_for(lambda: rig.raw.endswith(END), "the end of the first frames", SOON)
        before = rig.raw.count(END)

        rig.send("a")

        rig.wait_for(lambda: rig.raw.count(END) > before, "another frame", SOON)
        for _ in range(3):
            rig.wait_for(lambda: rig.pipe.next("beat")["backlog"] == 0, "no backlog", SOON)
        assert rig.raw.count(END) == before + 1

    def test_modes_are_set_again_after_it(self, start: StartToy) -> None:
        """Some may have been among what was dropped."""
        rig = start()
        rig.wait_for_backlog()
        set_before = rig.raw.count(b"\x1b[?1006h")

        rig.wait_for(lambda: rig.raw.count(b"\x1b[?1006h") > set_before, "the mouse's mode", SOON)

        assert rig.modes()[2004]
        assert not rig.modes()[7]

    @pytest.mark.slow
    def test_the_application_can_be_left_and_what_is_pending_is_the_way_back(
        self, start: StartToy
    ) -> None:
        rig = start("--linger")
        rig.wait_for_backlog()

        rig.send("x")

        assert rig.pipe.next("left")["seconds"] < 1.5
        assert rig.settings() == rig.settings_before
        rig.wait_for_mode(1049, on=False)
        assert_given_back(rig)

    def test_a_forced_end_does_not_wait_for_the_terminal(self, start: StartToy) -> None:
        rig = start()
        rig.wait_for_backlog()

        rig.signal(signal.SIGTERM)

        assert rig.process.wait(1.5) == SIGTERM_CODE
        assert rig.settings() == rig.settings_before


class TestInput:
    GARBAGE = (
        pytest.param(b"\x1b[M\x20\xc8\x90", id="past column 95"),
        pytest.param(b"\x1b[M\x20\xc3\xa9", id="that reads as one character"),
        pytest.param(b"\x1b[M\x20\x71\x78", id="that reads as q and x"),
    )

    @pytest.mark.parametrize("report", GARBAGE)
    def test_a_mouse_report_in_the_old_encoding_is_not_typed(
        self, start: StartToy, report: bytes
    ) -> None:
        """A terminal made anew under us, as after a tmux reattach, has lost the newer one."""
        rig = start()
        set_before = rig.raw.count(b"\x1b[?1006h")

        rig.send_bytes(report * 3)

        assert rig.state()["typed"] == ""
        rig.wait_for(lambda: rig.raw.count(b"\x1b[?1006h") > set_before, "the mouse's mode", SOON)

    def test_bytes_that_are_not_text_do_no_harm(self, start: StartToy) -> None:
        rig = start()

        rig.send_bytes(bytes(range(128, 256)) + b"\x1b[M\xff" + b"\xf0\x9f" + b"ok")

        assert rig.state()["typed"].endswith("ok")


class TestDescriptors:
    def test_losing_the_standard_ones_loses_neither_screen_nor_keys(self, start: StartToy) -> None:
        rig = start()
        rig.send("c")
        frame = rig.pipe.next("lost")["frame"]

        rig.wait_for(lambda: (rig.frame() or 0) > frame + 5, "frames after that", SOON)

        rig.resize(40, 10)
        rig.wait_for(lambda: rig.state()["size"] == [40, 10], "the new size", SOON)
        rig.send("x")
        assert rig.wait_for_end(SOON) == 0
        assert_given_back(rig)

    @pytest.mark.parametrize("stream", ["--stdout", "--stderr"])
    def test_either_of_output_and_errors_may_be_elsewhere(
        self, start: StartToy, tmp_path: Path, stream: str
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        rig = start(stream, str(elsewhere))

        frame = rig.frame() or 0
        rig.wait_for(lambda: (rig.frame() or 0) > frame, "another frame", SOON)
        rig.send("x")

        assert rig.wait_for_end(SOON) == 0
        assert_given_back(rig)
        assert elsewhere.read_bytes() == b""


class TestSize:
    WRONG = {"COLUMNS": "33", "LINES": "7"}  # noqa: RUF012  # read only

    def test_is_the_terminals_whatever_the_environment_says(
        self, start: StartToy, tmp_path: Path
    ) -> None:
        rig = start("--stdout", str(tmp_path / "stdout"), env=self.WRONG, columns=101, rows=29)

        assert rig.first_size == [101, 29]
        assert rig.state()["size"] == [101, 29]

    def test_a_storm_of_resizes_ends_at_the_last(self, start: StartToy, tmp_path: Path) -> None:
        rig = start("--stdout", str(tmp_path / "stdout"), env=self.WRONG)

        for number in range(198):
            rig.resize(1 + number * 37 % 150, 1 + number * 17 % 50)
            rig.signal(signal.SIGWINCH)
        rig.resize(1, 1)
        rig.wait_for(lambda: rig.state()["size"] == [1, 1], "a single cell", SOON)
        rig.resize(100, 30)
        rig.wait_for(lambda: rig.state()["size"] == [100, 30], "the last size", SOON)

        rig.send("f")
        rig.wait_for_frame(rig.pipe.next("frozen")["frame"])
        rig.send("x")
        assert rig.wait_for_end(SOON) == 0

    def test_that_changes_while_it_is_asked_for_is_the_new_one(self, start: StartToy) -> None:
        rig = start()
        rig.send("r")
        rig.state()

        rig.resize(90, 20)

        rig.wait_for(lambda: rig.state()["size"] == [100, 30], "the new size", SOON)


class TestLeaving:
    def test_by_a_key(self, start: StartToy) -> None:
        rig = start()

        rig.send("x")

        assert rig.wait_for_end(SOON) == 0
        assert_given_back(rig)
        assert rig.raw.endswith(LAST)
        assert rig.pipe.next("restored again")["spilled"] == 0

    def test_by_an_exception(self, start: StartToy) -> None:
        rig = start()

        rig.send("e")

        rig.wait_for_end(SOON)
        assert_given_back(rig)
        assert "a toy breaks" in rig.left_behind

    def test_by_force_from_a_signal_handler(self, start: StartToy) -> None:
        rig = start()

        rig.signal(signal.SIGTERM)

        assert rig.wait_for_end(SOON) == SIGTERM_CODE
        assert_given_back(rig)
        assert rig.raw.endswith(LAST)

    def test_by_force_from_a_thread_while_the_event_loop_is_stuck(self, start: StartToy) -> None:
        rig = start()

        rig.send("b")

        assert rig.wait_for_end(SOON) == WATCHDOG_CODE
        assert_given_back(rig)

    def test_signals_descriptors_and_threads_are_as_they_were(self, start: StartToy) -> None:
        # Nobody reads the terminal from here on, so that what is still drawn could fill it.
        rig = start("--linger", "--frozen")

        rig.send("x")

        after = rig.pipe.next("lingered")
        assert after["tstp_is_ignored"]
        assert after["terminals"] == []
        assert after["threads"] == ["MainThread"]
