"""Messages over a connection, and how the loss of its other end is noticed."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from gan.strategy import wire
from gan.strategy.link import BEAT_SECONDS, Link
from gan.strategy.wire import Closed, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = 10.0
"""Seconds after which what should have happened has not."""

LONG = 3600.0


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


class Heard:
    """What a link has reported."""

    def __init__(self) -> None:
        self.messages: list[tuple[wire.Message, bytes]] = []
        self.lost: list[str] = []
        self.is_lost, self.has_message = threading.Event(), threading.Event()

    def message(self, message: wire.Message, payload: bytes) -> None:
        self.messages.append((message, payload))
        self.has_message.set()

    def loss(self, why: str) -> None:
        self.lost.append(why)
        self.is_lost.set()

    def link(self, stream: socket.socket, silence_seconds: float = LONG) -> Link:
        return Link(
            stream,
            silence_seconds=silence_seconds,
            on_message=self.message,
            on_lost=self.loss,
        )


class TestMessages:
    def test_a_message_and_its_bytes_arrive(self, pair: Any) -> None:
        wire.send(pair[0], {"kind": "state", "step": 3}, b"\x00\xff" * 1000)
        assert wire.receive(pair[1]) == ({"kind": "state", "step": 3}, b"\x00\xff" * 1000)

    @pytest.mark.parametrize(
        ("sent", "says"),
        [
            (b"GET / HTTP/1.1\r\nHost: a\r\n", "expected a message that begins"),
            (struct.pack(">4sIQ", b"gtw1", 1 << 31, 0), "2,147,483,648"),
            (struct.pack(">4sIQ", b"gtw1", 2, 1 << 60) + b"{}", "bytes, expected at most"),
            (struct.pack(">4sIQ", b"gtw1", 3, 0) + b"{]}", "no JSON"),
            (struct.pack(">4sIQ", b"gtw1", 2, 0) + b"\xff\xfe", "no JSON"),
            (struct.pack(">4sIQ", b"gtw1", 2, 0) + b"[]", "expected an object with a kind"),
            (struct.pack(">4sIQ", b"gtw1", 10, 0) + b'{"kind":1}', "expected an object"),
        ],
    )
    def test_whatever_else_comes_is_refused(self, pair: Any, sent: bytes, says: str) -> None:
        pair[0].sendall(sent)
        with pytest.raises(WireError) as refused:
            wire.receive(pair[1])
        assert says in str(refused.value)

    def test_bytes_that_are_not_expected_are_not_read(self, pair: Any) -> None:
        wire.send(pair[0], {"kind": "hello"}, b"1")
        with pytest.raises(WireError, match="at most 1,048,576 and 0"):
            wire.receive(pair[1], max_payload=0)

    @pytest.mark.parametrize("sent", [b"", b"gtw1", struct.pack(">4sIQ", b"gtw1", 20, 0) + b"{"])
    def test_a_stream_that_ends_is_told_apart(self, pair: Any, sent: bytes) -> None:
        pair[0].sendall(sent)
        pair[0].close()
        with pytest.raises(Closed):
            wire.receive(pair[1])

    @pytest.mark.parametrize("value", [None, "1", True, 1.0])
    def test_a_member_of_another_type_is_refused(self, value: object) -> None:
        with pytest.raises(WireError, match="received step"):
            wire.field({"kind": "run", "step": value}, "step", int)


class TestALink:
    def test_messages_go_both_ways(self, pair: Any) -> None:
        heard = Heard(), Heard()
        links = heard[0].link(pair[0]), heard[1].link(pair[1])
        for link in links:
            link.start()
        assert links[0].send({"kind": "run"})
        assert links[1].send({"kind": "facts"}, b"1")
        assert heard[1].has_message.wait(SOON)
        assert heard[0].has_message.wait(SOON)
        assert heard[1].messages == [({"kind": "run"}, b"")]
        assert heard[0].messages == [({"kind": "facts"}, b"1")]
        for link in links:
            link.close()

    def test_an_end_that_closes_is_lost_and_the_one_that_closed_loses_nobody(
        self, pair: Any
    ) -> None:
        here, there = Heard(), Heard()
        links = here.link(pair[0]), there.link(pair[1])
        for link in links:
            link.start()
        links[1].close()
        assert here.is_lost.wait(SOON)
        assert len(here.lost) == 1
        assert "connection" in here.lost[0]
        assert there.lost == []
        assert not links[0].send({"kind": "run"})
        assert not links[0].is_open

    def test_an_end_that_says_nothing_is_lost_after_that_time(self, pair: Any) -> None:
        heard = Heard()
        link = heard.link(pair[0], silence_seconds=3.0)
        for seconds in (1.0, 1.0, 0.9):
            link.look(seconds)
        assert heard.lost == []
        assert link.silence == pytest.approx(2.9)
        link.look(0.2)
        assert heard.lost == ["it has been silent for 3 s"]

    def test_how_long_it_may_be_silent_can_change(self, pair: Any) -> None:
        heard = Heard()
        link = heard.link(pair[0], silence_seconds=1.5)
        link.allow_silence(3.5)
        for _ in range(3):
            link.look(1.0)
        assert heard.lost == []
        link.allow_silence(1.5)
        link.look(1.0)
        assert heard.lost == ["it has been silent for 4 s"]

    def test_a_beat_ends_a_silence(self, pair: Any) -> None:
        heard, beating = Heard(), Heard()
        link = heard.link(pair[0], silence_seconds=3.0)
        link.look(1.0)
        link.look(1.0)
        other = beating.link(pair[1])
        link.start()
        other.start()
        for _ in range(100):
            if link.silence < 1.0:
                break
            heard.is_lost.wait(BEAT_SECONDS)
        assert link.silence < 1.0
        link.close()
        other.close()

    def test_the_time_in_which_this_process_stood_still_is_no_silence(self, pair: Any) -> None:
        """All processes of a job may be suspended for an hour together."""
        heard = Heard()
        link = heard.link(pair[0], silence_seconds=3.0)
        link.look(3600.0)
        assert heard.lost == []

    def test_a_message_that_nobody_takes_does_not_keep_the_loss_from_being_seen(
        self, pair: Any
    ) -> None:
        heard = Heard()
        link = heard.link(pair[0], silence_seconds=1.0)
        link.start()
        sent = []
        thread = threading.Thread(
            target=lambda: sent.append(link.send({"kind": "state"}, b"0" * (1 << 26)))
        )
        thread.start()
        assert heard.is_lost.wait(SOON)
        thread.join(SOON)
        assert sent == [False]
        assert heard.lost == ["it has been silent for 1 s"]

    def test_another_program_at_the_other_end_is_lost_by_what_it_sent(self, pair: Any) -> None:
        heard = Heard()
        heard.link(pair[0]).start()
        pair[1].sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert heard.is_lost.wait(SOON)
        assert "it sent something else than expected" in heard.lost[0]

    def test_whoever_hears_of_a_loss_may_send_to_the_same_link(self, pair: Any) -> None:
        """The first worker tells all others, and does not ask which of them is gone."""
        told: list[bool] = []
        done = threading.Event()

        def lost(_: str) -> None:
            told.append(link.send({"kind": "end"}))
            done.set()

        link = Link(pair[0], silence_seconds=LONG, on_message=lambda *_: None, on_lost=lost)
        pair[1].close()
        link.start()
        with suppress(OSError):
            link.send({"kind": "run"})
        assert done.wait(SOON)
        assert told == [False]
