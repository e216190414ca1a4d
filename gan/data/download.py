"""Downloads a file: verified and complete, or not at all.

Uses only the standard library, because importing Keras for its `get_file` would import TensorFlow.
"""

from __future__ import annotations

import http.client
import queue
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent import futures
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Final, Protocol

from gan.errors import DataError
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

    from gan.data.image_set import Progress

PATIENCE: Final = 5.0
"""Seconds to wait for a connection, and for each read after that."""

SLOW_SECONDS: Final = 30.0
"""The time over which the speed of a download is measured."""

MIN_SPEED: Final = 1000
"""Bytes per second: a download that is slower for `SLOW_SECONDS` is given up."""

_TICK: Final = 0.1
"""How often `progress` is called while nothing arrives, in seconds."""

MAX_DOWNLOAD: Final = 64 * 2**20
"""Maximum size of a download in bytes. The largest file downloaded here has 26 million."""

_CHUNK: Final = 2**16


class Response(Protocol):
    """The part of `http.client.HTTPResponse` used here, but for `read`, which waits for less."""

    def getheader(self, name: str) -> str | None:
        """The header's value, or `None` if it is absent."""

    def read(self, amount: int, /) -> bytes:
        """Up to `amount` bytes, as soon as some have arrived; empty at the end."""

    def close(self) -> None:
        """Close the connection."""


Opener = Callable[[str, float], Response]
"""Opens a URL. The second argument is the timeout of each operation, in seconds."""

Verify = Callable[["Path"], None]
"""Raises a `DataError` if the file isn't the expected one."""


class DownloadError(Exception):
    """A download failed. The message is a clause that says why."""


def download(
    url: str,
    target: Path,
    *,
    verify: Verify,
    progress: Progress,
    opener: Opener,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Download a file to `target`, replacing any file that is already there.

    It is written next to the target, verified and renamed, so that readers never see a part of it.
    An exception, from `progress` too, removes what was written.

    Args:
        url: What to download.
        target: Where to put it; missing folders are created.
        verify: Called with the complete temporary file before it is renamed.
        progress: Called after every piece, and ten times a second while there is none, so that an
            exception of its own ends the download at once; counts bytes.
        opener: Opens the URL.
        clock: A monotonic clock in seconds.

    Raises:
        DownloadError: There is no connection, the transfer broke off or is too slow, the file isn't
            the expected one, or it could not be written.
    """
    report = partial(progress, f"downloading {target.name}")
    try:
        response = _connect(url, opener, waiting=partial(report, 0, 0, "bytes"))
        with _Arrivals(response) as arrivals, _sibling(target) as part:
            with part.open("xb") as file:
                _copy(arrivals, file, report, clock)
            verify(part)
            part.replace(target)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(_why(error)) from error
    except DataError as error:
        raise DownloadError(f"the downloaded {target.name} is damaged or has changed") from error


def open_url(url: str, timeout: float) -> Response:
    """Open a URL, through the proxies set in the environment."""
    try:
        response = urllib.request.urlopen(url, timeout=timeout)  # noqa: S310 - ours
    except urllib.error.HTTPError as error:
        error.close()
        raise
    # Its `read` waits until all that it was asked for has arrived, however long that takes.
    response.read = response.read1
    opened: Response = response
    return opened


class _Arrivals:
    """What a server sends, read by a thread of its own, because nothing interrupts a read."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self._pieces: queue.Queue[bytes | Exception] = queue.Queue(maxsize=16)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="download", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the thread to its end: it closes the response after its last read."""
        self._is_over.set()
        with suppress(queue.Empty):
            # It may be waiting for room.
            while True:
                self._pieces.get(block=False)

    def get(self, seconds: float) -> bytes | None:
        """The next piece, empty at the end; `None` if none arrives within `seconds`.

        Raises:
            OSError: Whatever the read raised, and likewise its other exceptions.
        """
        try:
            piece = self._pieces.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(piece, Exception):
            raise piece
        return piece

    def _read(self) -> None:
        """The thread."""
        with closing(self.response):
            piece: bytes | Exception = b"-"
            while piece and not isinstance(piece, Exception) and not self._is_over.is_set():
                try:
                    piece = self.response.read(_CHUNK)
                except Exception as error:  # noqa: BLE001 - raised again by `get`
                    piece = error
                self._pieces.put(piece)


def _connect(
    url: str,
    opener: Opener,
    patience: float = PATIENCE,
    waiting: Callable[[], None] = lambda: None,
) -> Response:
    """Open a URL, or give up after `patience` seconds in total.

    A socket's timeout doesn't cover the DNS lookup, and applies separately to each address of the
    host, so the call runs in a thread that can be abandoned. `waiting` is called meanwhile.

    Raises:
        TimeoutError: There was no answer in time.
        OSError: Whatever `opener` raises, and likewise its other exceptions.
    """
    outcome: futures.Future[Response] = futures.Future()

    def attempt() -> None:
        try:
            response = opener(url, patience)
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            with suppress(futures.InvalidStateError):
                outcome.set_exception(error)
            return
        try:
            outcome.set_result(response)
        except futures.InvalidStateError:
            response.close()

    threading.Thread(target=attempt, name="download", daemon=True).start()
    _await(outcome, patience, waiting)
    if outcome.cancel():
        msg = f"no answer in {patience:g} s"
        raise TimeoutError(msg)
    return outcome.result()


def _await(outcome: futures.Future[Response], patience: float, waiting: Callable[[], None]) -> None:
    """Wait for a response, at most `patience` seconds; if `waiting` raises, it is closed."""
    try:
        left = patience
        while left > 0 and not futures.wait([outcome], min(left, _TICK)).done:
            left -= _TICK
            waiting()
    except BaseException:
        if not outcome.cancel() and outcome.exception() is None:
            outcome.result().close()
        raise


@contextmanager
def _sibling(target: Path) -> Iterator[Path]:
    """A unique temporary path in the target's folder, which is created.

    The file is removed unless it was renamed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _copy(
    arrivals: _Arrivals,
    file: IO[bytes],
    progress: Callable[[int, int, str], None],
    clock: Callable[[], float],
) -> None:
    total = _announced_size(arrivals.response)
    done, measured, since = 0, 0, clock()
    while (piece := arrivals.get(_TICK)) != b"":
        if piece is not None:
            done += len(piece)
            file.write(piece)
        if done > MAX_DOWNLOAD:
            raise DownloadError(f"received more than {MAX_DOWNLOAD} bytes")
        progress(done, total, "bytes")
        if (seconds := clock() - since) >= SLOW_SECONDS:
            if done - measured < MIN_SPEED * seconds:
                raise DownloadError(
                    f"received {done - measured:,} bytes in {seconds:.0f} s, "
                    f"expected at least {MIN_SPEED:,} a second"
                )
            measured, since = done, clock()
    if total and done != total:
        raise DownloadError(f"received only {done} of {total} bytes")


def _announced_size(response: Response) -> int:
    """The `Content-Length` in bytes, or 0 if the server doesn't send a valid one."""
    text = response.getheader("Content-Length") or ""
    return int(text) if text.isascii() and text.isdecimal() else 0


def _why(error: Exception) -> str:
    """The cause in a few words: the HTTP status or the operating system's message."""
    if isinstance(error, urllib.error.HTTPError):
        return safe_text(str(error))
    cause = getattr(error, "reason", error)
    return safe_text(getattr(cause, "strerror", None) or str(cause) or type(cause).__name__)
