"""Downloads, from a server on this machine that does everything wrong."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.data import download as module
from gan.data.download import DownloadError, Opener, download, open_url
from tests.gan.data.making import FakeNetwork, FakeResponse, Reports, ignore, published

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = bytes(range(256)) * 1000
HALF = len(BODY) // 2
FILE = published("a", BODY)
PAGE = b"<!DOCTYPE html><title>Sign in to the network of this hotel</title>"


class Server(ThreadingHTTPServer):
    """Serves by the path:

    `/whole`, ranges too; `/no-ranges`; `/half`, then closes; `/rest` from the range on, `/other`
    another file of the same size; `/page`, and `/page-of-no-length`; `/wrong-range`, which begins
    elsewhere; `/stalled` (half, then nothing); else 404.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()
        self.ranges: list[str | None] = []
        """What was asked for, one for each request."""

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        name = self.path.removeprefix("/")
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if name in ("whole", "half", "stalled", "wrong-range"):
            self.answer(
                BODY, first, ends_at=len(BODY) if name in ("whole", "wrong-range") else HALF
            )
        elif name == "no-ranges":
            self.answer(BODY, 0)
        elif name == "other":
            self.answer(BODY[::-1], first)
        elif name in ("page", "page-of-no-length"):
            self.answer(PAGE, 0, has_length=name == "page")
        elif name == "smaller":
            self.send_error(416)
        else:
            self.send_error(404)
        if name == "stalled":
            self.server.over.wait(10)

    def answer(
        self, body: bytes, first: int, *, ends_at: int | None = None, has_length: bool = True
    ) -> None:
        self.send_response(206 if first else 200)
        if has_length:
            self.send_header("Content-Length", str(len(body) - first))
        if first:
            begin = 0 if self.path == "/wrong-range" else first
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        self.wfile.write(body[first:ends_at])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()


def impatient(url: str, _timeout: float, first: int) -> module.Response:
    return open_url(url, 0.1, first)


def fetch(target: Path, *urls: str, opener: Opener = open_url) -> None:
    download(FILE, urls, target, progress=ignore, opener=opener)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_complete_file_is_all_that_is_written(server: Server, tmp_path: Path) -> None:
    fetch(tmp_path / "new" / "a.npz", server.url("whole"))

    assert (tmp_path / "new" / "a.npz").read_bytes() == BODY
    assert names(tmp_path / "new") == ["a.npz"]


def test_it_replaces_what_was_there(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"damaged")

    fetch(tmp_path / "a", server.url("whole"))

    assert (tmp_path / "a").read_bytes() == BODY


def test_progress_counts_bytes_to_the_size_and_then_those_checked(
    server: Server, tmp_path: Path
) -> None:
    reports = Reports()

    download(FILE, [server.url("whole")], tmp_path / "a", progress=reports, opener=open_url)

    size = len(BODY)
    assert ("downloading a", size, size, "bytes") in reports.calls
    assert reports.calls[-1] == ("checking a", size, size, "bytes")


@pytest.mark.parametrize(
    ("name", "opener", "why", "left"),
    [
        ("missing", open_url, "HTTP Error 404: Not Found", ["a"]),
        ("half", open_url, f"received only {HALF:,} of {len(BODY):,} bytes", ["a", "a.part"]),
        ("stalled", impatient, "timed out", ["a", "a.part"]),
        ("page", open_url, f"received a file of {len(PAGE)} bytes, expected {len(BODY):,}", ["a"]),
        ("other", open_url, "the downloaded a is damaged or has changed", ["a"]),
    ],
)
def test_a_broken_transfer_says_why_and_leaves_what_was_there(
    server: Server, tmp_path: Path, name: str, opener: Opener, why: str, left: list[str]
) -> None:
    (tmp_path / "a").write_bytes(b"old")

    with pytest.raises(DownloadError, match=f"^{why}$"):
        fetch(tmp_path / "a", server.url(name), opener=opener)

    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == left


class TestGoingOn:
    def test_the_next_attempt_asks_for_what_is_missing(
        self, server: Server, tmp_path: Path
    ) -> None:
        with pytest.raises(DownloadError):
            fetch(tmp_path / "a", server.url("half"))

        fetch(tmp_path / "a", server.url("whole"))

        assert server.ranges == [None, f"bytes={HALF}-"]
        assert (tmp_path / "a").read_bytes() == BODY
        assert names(tmp_path) == ["a"]

    def test_the_next_mirror_goes_on_too(self, server: Server, tmp_path: Path) -> None:
        fetch(tmp_path / "a", server.url("missing"), server.url("half"), server.url("whole"))

        assert server.ranges == [None, None, f"bytes={HALF}-"]
        assert (tmp_path / "a").read_bytes() == BODY

    def test_a_server_without_ranges_begins_anew(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "a.part").write_bytes(BODY[:100])

        fetch(tmp_path / "a", server.url("no-ranges"))

        assert server.ranges == ["bytes=100-"]
        assert (tmp_path / "a").read_bytes() == BODY

    @pytest.mark.parametrize(
        "former",
        [b"of another file", PAGE, BODY + b"!", BODY[::-1]],
        ids=["other bytes", "a page", "more bytes", "as many other bytes"],
    )
    def test_what_was_left_of_another_file_is_thrown_away(
        self, server: Server, tmp_path: Path, former: bytes
    ) -> None:
        (tmp_path / "a.part").write_bytes(former)

        fetch(tmp_path / "a", server.url("whole"))

        assert (tmp_path / "a").read_bytes() == BODY

    def test_a_whole_part_is_not_downloaded_again(self, tmp_path: Path) -> None:
        (tmp_path / "a.part").write_bytes(BODY)
        network = FakeNetwork()

        fetch(tmp_path / "a", "http://x/a", opener=network)

        assert network.asked == []
        assert (tmp_path / "a").read_bytes() == BODY

    def test_a_page_that_no_header_gave_away_does_not_spoil_the_next_mirror(
        self, server: Server, tmp_path: Path
    ) -> None:
        fetch(tmp_path / "a", server.url("page-of-no-length"), server.url("whole"))

        assert (tmp_path / "a").read_bytes() == BODY

    def test_a_range_from_elsewhere_is_not_appended(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "a.part").write_bytes(BODY[:100])

        with pytest.raises(
            DownloadError, match=r"received the range bytes 0-.*, expected one from"
        ):
            fetch(tmp_path / "a", server.url("wrong-range"))

    def test_a_server_whose_file_is_smaller_is_passed_over(
        self, server: Server, tmp_path: Path
    ) -> None:
        (tmp_path / "a.part").write_bytes(BODY[:100])

        fetch(tmp_path / "a", server.url("smaller"), server.url("whole"))

        assert (tmp_path / "a").read_bytes() == BODY

    def test_two_processes_do_not_write_to_one_part(self, server: Server, tmp_path: Path) -> None:
        """WHEN another process is at it, THEN this one has a part of its own, and leaves none."""
        with another_process_at(tmp_path / "a"):
            fetch(tmp_path / "a", server.url("whole"))
            assert names(tmp_path) == ["a", "a.part"]
            with pytest.raises(DownloadError):
                fetch(tmp_path / "a", server.url("half"))
            assert names(tmp_path) == ["a", "a.part"]

        assert (tmp_path / "a.part").read_bytes() == BODY[:10]
        assert (tmp_path / "a").read_bytes() == BODY


@contextmanager
def another_process_at(target: Path) -> Iterator[None]:
    """Locks belong to what was opened, so another opening stands for another process."""
    with module.PartFile(target) as part:
        part.write(BODY[:10])
        assert part.size == 10
        yield


class TestMirrors:
    def test_the_first_that_has_it_is_enough(self, server: Server, tmp_path: Path) -> None:
        fetch(tmp_path / "a", server.url("whole"), server.url("missing"))

        assert len(server.ranges) == 1

    def test_if_all_fail_each_says_why(self, server: Server, tmp_path: Path) -> None:
        unreachable = "http://localhost:1/a"

        with pytest.raises(DownloadError) as caught:
            fetch(tmp_path / "a", server.url("missing"), unreachable)

        assert str(caught.value) == (
            "127.0.0.1: HTTP Error 404: Not Found; localhost: Connection refused"
        )
        assert list(tmp_path.iterdir()) == []

    def test_if_all_fail_alike_it_is_said_once(self, tmp_path: Path) -> None:
        with pytest.raises(DownloadError, match=r"^Network is unreachable$"):
            fetch(tmp_path / "a", "http://x/a", "http://y/a", opener=FakeNetwork())


def test_a_refused_connection_says_so_and_makes_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a"
        with pytest.raises(DownloadError, match="Connection refused"):
            fetch(tmp_path / "new" / "deep" / "a", url)

    assert list(tmp_path.iterdir()) == []


def test_an_endless_download_is_cut_off(tmp_path: Path) -> None:
    class Endless(FakeResponse):
        def getheader(self, name: str) -> None:
            """Announce nothing."""

        def read(self, amount: int, /) -> bytes:
            return bytes(amount)

    with pytest.raises(DownloadError, match=f"received more than {len(BODY):,} bytes"):
        fetch(tmp_path / "a", "http://x/a", opener=lambda *_: Endless(b""))

    assert list(tmp_path.iterdir()) == []


def test_an_exception_from_progress_ends_it_and_keeps_what_arrived(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(_what: str, done: int, _total: int, _unit: str) -> None:
        if done:
            raise StoppedError

    with pytest.raises(StoppedError):
        download(
            FILE, ["http://x/a"], tmp_path / "a", progress=stop, opener=FakeNetwork({"a": BODY})
        )

    kept = (tmp_path / "a.part").read_bytes()
    assert kept
    assert BODY.startswith(kept)


@pytest.mark.usefixtures("unprivileged")
def test_an_unwritable_folder_is_reported() -> None:
    with pytest.raises(DownloadError, match=r"Permission denied|Read-only file system"):
        fetch(Path("/not-ours/a"), "http://x/a", opener=FakeNetwork({"a": BODY}))


class TestConnecting:
    def test_a_connection_that_never_answers_is_given_up(self) -> None:
        answer = threading.Event()

        def silent(_url: str, _timeout: float, _first: int) -> FakeResponse:
            answer.wait(10)
            return late

        late = FakeResponse(b"")
        with pytest.raises(TimeoutError, match=r"no answer in 0\.05 s"):
            module._connect("http://x/a", silent, patience=0.05)

        # The abandoned thread closes its connection if it is opened after all.
        answer.set()
        for thread in threading.enumerate():
            if thread.name == "download":
                thread.join(10)
        assert late.closed

    def test_the_error_of_the_connection_is_the_one_that_is_raised(self) -> None:
        with pytest.raises(OSError, match="Network is unreachable"):
            module._connect("http://x/a", FakeNetwork())


class TestSlow:
    """A server that sends a byte now and then."""

    class Dripping(FakeResponse):
        def read(self, _amount: int, /) -> bytes:
            return super().read(1)

    def test_it_is_given_up(self, tmp_path: Path) -> None:
        seconds = iter(range(0, 10**9, 1))

        with pytest.raises(DownloadError, match=r"received 30 bytes in 30 s, .* 1,000 a second"):
            download(
                FILE,
                ["http://x/a"],
                tmp_path / "a",
                progress=ignore,
                opener=lambda *_: self.Dripping(BODY),
                clock=lambda: float(next(seconds)),
            )

    def test_one_that_is_fast_enough_takes_as_long_as_it_takes(self, tmp_path: Path) -> None:
        seconds = iter(range(0, 10**9, 20))

        download(
            FILE,
            ["http://x/a"],
            tmp_path / "a",
            progress=ignore,
            opener=lambda *_: FakeResponse(BODY),
            clock=lambda: float(next(seconds)),
        )

        assert (tmp_path / "a").read_bytes() == BODY

    @pytest.mark.parametrize("where", ["connecting", "reading"])
    def test_a_stop_is_heard_while_nothing_comes(self, tmp_path: Path, where: str) -> None:
        class StoppedError(Exception):
            pass

        def stop(*_: object) -> None:
            raise StoppedError

        answer = threading.Event()

        class Silent(FakeResponse):
            def read(self, _amount: int, /) -> bytes:
                answer.wait(10)
                return b""

        def open_silently(_url: str, _timeout: float, _first: int) -> FakeResponse:
            if where == "connecting":
                answer.wait(10)
            return response

        response = Silent(BODY)
        with pytest.raises(StoppedError):
            download(FILE, ["http://x/a"], tmp_path / "a", progress=stop, opener=open_silently)

        assert not response.closed
        assert list(tmp_path.iterdir()) == []
        answer.set()
        wait_until(lambda: response.closed)


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        threading.Event().wait(0.01)
    pytest.fail("not within ten seconds")
