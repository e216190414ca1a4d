"""What reaches a terminal that takes nothing, little, or is no more."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import threading
import time
import tty
from typing import TYPE_CHECKING

import pytest

from tui.terminal.frame_writer import FrameWriter, own_descriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = 5
FRAME = 5000
"""Bytes, a few of which fill what the kernel keeps for a reader."""

MANY = 200


class Line:
    """A pseudo-terminal, and a writer on its end for programs."""

    def __init__(self) -> None:
        self.reader, self.device = pty.openpty()
        tty.setraw(self.device)
        self.own = own_descriptor(self.device)
        self.gone = threading.Event()
        self.recovered = threading.Event()
        self.recoveries = 0
        self.writer = FrameWriter(
            self.own, on_gone=self.gone.set, on_recovery=self.count_and_tell_recovery
        )
        self.writer.start()

    def count_and_tell_recovery(self) -> None:
        self.recoveries += 1
        self.recovered.set()

    def hang_up(self) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self.reader)
        os.close(null)

    def close(self) -> None:
        self.hang_up()
        self.writer.discard()
        assert self.writer.end(SOON)
        for descriptor in (self.reader, self.device, self.own):
            os.close(descriptor)

    def read_until(self, ending: bytes) -> bytes:
        data = b""
        while not data.endswith(ending):
            assert select.select([self.reader], [], [], SOON)[0], f"no {ending!r} in {data[-40:]!r}"
            data += os.read(self.reader, 65_536)
        return data

    def stall(self) -> None:
        """Write far more than the kernel keeps, and see the first of it come out."""
        for number in range(MANY):
            self.writer.write(frame(number))
        assert select.select([self.reader], [], [], SOON)[0]


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def frame(number: int) -> bytes:
    """A frame that is known whole: a number, filling, and the number again."""
    return b"\x1b[%03d" % number + b"." * (FRAME - 8) + b"%03d\n" % number


class TestWriting:
    def test_frames_arrive_in_order(self, line: Line) -> None:
        for number in range(3):
            line.writer.write(frame(number))

        assert line.read_until(b"002\n") == b"".join(map(frame, range(3)))
        assert line.writer.wait(SOON)
        assert line.writer.backlog == 0

    def test_what_is_dropped_is_dropped_whole(self, line: Line) -> None:
        line.stall()

        line.writer.replace(b"end\n")
        data = line.read_until(b"end\n")

        # No frame has an escape sequence but at its start, so the one being written went out whole.
        whole = (len(data) - len(b"end\n")) // FRAME
        assert data == b"".join(map(frame, range(whole))) + b"end\n"
        assert 0 < whole < MANY

    def test_the_owner_is_told_once_when_the_terminal_has_caught_up(self, line: Line) -> None:
        line.stall()
        assert not line.recovered.is_set()

        while not line.recovered.is_set():
            if select.select([line.reader], [], [], 0.01)[0]:
                os.read(line.reader, 65_536)

        assert line.writer.wait(SOON)
        assert line.recoveries == 1
        line.writer.write(frame(999))
        assert line.read_until(b"999\n").endswith(frame(999))

    def test_after_a_drop_nothing_is_taken_before_all_that_was_pending_is_written(
        self, line: Line
    ) -> None:
        """It would be drawn over a screen that lacks what was dropped."""
        line.stall()
        while line.writer.backlog > 11:
            os.read(line.reader, FRAME)
        assert line.writer.backlog

        line.writer.write(frame(999))

        data = b""
        while not line.recovered.is_set():
            if select.select([line.reader], [], [], 0.01)[0]:
                data += os.read(line.reader, 65_536)
        line.writer.write(b"end\n")
        data += line.read_until(b"end\n")
        assert b"\x1b[999" not in data

    def test_nothing_is_told_where_nothing_was_dropped(self, line: Line) -> None:
        line.writer.write(frame(0))
        line.read_until(b"000\n")

        assert line.writer.wait(SOON)
        assert line.recoveries == 0

    def test_a_frame_of_any_size_is_taken_while_nothing_is_pending(self, line: Line) -> None:
        large = b"x" * 300_000 + b"end\n"

        line.writer.write(large)

        assert line.read_until(b"end\n") == large
        assert line.recoveries == 0


class TestStall:
    def test_writing_does_not_wait(self, line: Line) -> None:
        began = time.monotonic()

        line.stall()

        assert time.monotonic() - began < 1
        assert 0 < line.writer.backlog < MANY

    def test_waiting_for_the_terminal_ends_in_time(self, line: Line) -> None:
        line.stall()

        assert not line.writer.wait(0.05)
        assert not line.writer.end(0.05)

    def test_a_replacement_is_all_that_follows(self, line: Line) -> None:
        line.stall()
        line.writer.replace(b"\x1b[?25h")

        assert line.writer.backlog <= 2
        data = line.read_until(b"\x1b[?25h")
        assert len(data) < 20 * FRAME

    def test_a_large_frame_ends_with_its_next_sequence_when_it_is_replaced(
        self, line: Line
    ) -> None:
        # More than the 640 kB that a Linux kernel buffers for a terminal.
        line.writer.write((b"\x1b[1m" + b"." * 96) * 20_000)
        assert select.select([line.reader], [], [], SOON)[0]

        line.writer.replace(b"\x1b[?25h")

        data = line.read_until(b"\x1b[?25h")
        assert len(data) < 1_500_000
        assert len(data) % 100 == len(b"\x1b[?25h")

    def test_an_emergency_passes_all_that_is_pending(self, line: Line) -> None:
        line.stall()
        pending = line.writer.backlog * FRAME
        emergency = threading.Thread(target=line.writer.bypass, args=(b"\x1b[?25h", SOON))
        emergency.start()

        data = line.read_until(b"\x1b[?25h")

        emergency.join()
        assert line.writer.wait(SOON)
        assert not select.select([line.reader], [], [], 0)[0]
        assert len(data) < pending

    def test_an_emergency_waits_no_longer_than_it_may(self, line: Line) -> None:
        line.stall()
        began = time.monotonic()

        line.writer.bypass(b"\x1b[?25h", 0.1)

        assert time.monotonic() - began < 1


class TestHangup:
    def test_is_told_and_nothing_is_raised(self, line: Line) -> None:
        line.hang_up()

        line.writer.write(frame(0))

        assert line.gone.wait(SOON)
        line.writer.write(frame(1))
        line.writer.replace(frame(2))
        line.writer.bypass(frame(3), 0.1)
        assert line.writer.backlog == 0
        assert line.writer.end(SOON)

    def test_of_a_stalled_terminal_wakes_the_writer(self, line: Line) -> None:
        line.stall()

        line.hang_up()

        assert line.gone.wait(SOON)
        assert line.writer.wait(0)


class TestOwnDescriptor:
    def test_does_not_block_and_leaves_the_terminals_other_users_as_they_were(
        self, line: Line
    ) -> None:
        assert fcntl.fcntl(line.own, fcntl.F_GETFL) & os.O_NONBLOCK
        assert not fcntl.fcntl(line.device, fcntl.F_GETFL) & os.O_NONBLOCK

    def test_is_not_inherited(self, line: Line) -> None:
        assert not os.get_inheritable(line.own)

    def test_of_what_has_no_name_is_a_duplicate(self) -> None:
        reader, writer = os.pipe()
        own = own_descriptor(writer)
        os.close(writer)

        os.write(own, b"here")

        assert os.read(reader, 10) == b"here"
        assert not os.get_inheritable(own)
        os.close(own)
        os.close(reader)

    def test_of_what_is_closed_is_refused(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        os.close(writer)

        with pytest.raises(OSError, match="Bad file descriptor"):
            own_descriptor(writer)
