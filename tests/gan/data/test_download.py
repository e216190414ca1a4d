from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.data import download as module
from gan.data.checks import refuse
from gan.data.download import DownloadError, Opener, download, open_url
from tests.gan.data.making import FakeNetwork, FakeResponse, Reports, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = bytes(range(256)) * 1000


class Server(ThreadingHTTPServer):
    """Serves `/whole`, `/half` (then closes), `/stalled` (half, then nothing); else 404."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path not in ("/whole", "/half", "/stalled"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY if self.path == "/whole" else BODY[: len(BODY) // 2])
        if self.path == "/stalled":
            self.server.over.wait(10)

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


def accept(path: Path) -> None:
    assert path.read_bytes() == BODY


def reject(path: Path) -> None:
    raise refuse(path, "a wrong checksum", "the right one")


def impatient(url: str, _timeout: float) -> module.Response:
    return open_url(url, 0.1)


def fetch(url: str, target: Path, opener: Opener = open_url) -> None:
    download(url, target, verify=accept, progress=ignore, opener=opener)


def test_a_complete_file_is_all_that_is_written(server: Server, tmp_path: Path) -> None:
    fetch(server.url("whole"), tmp_path / "new" / "a.npz")

    assert (tmp_path / "new" / "a.npz").read_bytes() == BODY
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.npz"]


def test_it_replaces_what_was_there(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"damaged")

    fetch(server.url("whole"), tmp_path / "a")

    assert (tmp_path / "a").read_bytes() == BODY


def test_progress_counts_bytes_to_the_announced_size(server: Server, tmp_path: Path) -> None:
    reports = Reports()

    download(server.url("whole"), tmp_path / "a", verify=accept, progress=reports, opener=open_url)

    assert reports.calls[-1] == ("downloading a", len(BODY), len(BODY), "bytes")
    assert len(reports.calls) > 1


@pytest.mark.parametrize(
    ("name", "opener", "why"),
    [
        ("missing", open_url, "HTTP Error 404: Not Found"),
        ("half", open_url, f"received only {len(BODY) // 2} of {len(BODY)} bytes"),
        ("stalled", impatient, "timed out"),
    ],
)
def test_a_broken_transfer_says_why_and_leaves_what_was_there(
    server: Server, tmp_path: Path, name: str, opener: Opener, why: str
) -> None:
    (tmp_path / "a").write_bytes(b"old")

    with pytest.raises(DownloadError, match=why):
        fetch(server.url(name), tmp_path / "a", opener)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_refused_connection_says_so_and_makes_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a"
        with pytest.raises(DownloadError, match="Connection refused"):
            fetch(url, tmp_path / "new" / "a")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_fails_verification_is_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"^the downloaded a is damaged or has changed$"):
        download(
            server.url("whole"), tmp_path / "a", verify=reject, progress=ignore, opener=open_url
        )

    assert list(tmp_path.iterdir()) == []


def test_an_endless_download_is_cut_off(tmp_path: Path) -> None:
    class Endless(FakeResponse):
        def read(self, amount: int, /) -> bytes:
            return bytes(amount)

    with pytest.raises(DownloadError, match=f"received more than {module.MAX_DOWNLOAD} bytes"):
        fetch("http://x/a", tmp_path / "a", lambda _url, _timeout: Endless(b"", announced=0))

    assert list(tmp_path.iterdir()) == []


def test_an_exception_from_progress_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(_what: str, _done: int, _total: int, _unit: str) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        download(
            "http://x/a", tmp_path / "a", verify=accept, progress=stop,
            opener=FakeNetwork({"a": BODY}),
        )  # fmt: skip

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unprivileged")
def test_an_unwritable_folder_is_reported() -> None:
    with pytest.raises(DownloadError, match=r"Permission denied|Read-only file system"):
        fetch("http://x/a", Path("/not-ours/a"), FakeNetwork({"a": BODY}))


class TestConnecting:
    def test_a_connection_that_never_answers_is_given_up(self) -> None:
        answer = threading.Event()

        def silent(_url: str, _timeout: float) -> FakeResponse:
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
                "http://x/a",
                tmp_path / "a",
                verify=accept,
                progress=ignore,
                opener=lambda _url, _timeout: self.Dripping(BODY),
                clock=lambda: float(next(seconds)),
            )

        assert list(tmp_path.iterdir()) == []

    def test_one_that_is_fast_enough_takes_as_long_as_it_takes(self, tmp_path: Path) -> None:
        seconds = iter(range(0, 10**9, 20))

        download(
            "http://x/a",
            tmp_path / "a",
            verify=accept,
            progress=ignore,
            opener=lambda _url, _timeout: FakeResponse(BODY),
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

        def open_silently(_url: str, _timeout: float) -> FakeResponse:
            if where == "connecting":
                answer.wait(10)
            return response

        response = Silent(BODY)
        with pytest.raises(StoppedError):
            download(
                "http://x/a", tmp_path / "a", verify=accept, progress=stop, opener=open_silently
            )

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
