"""Downloads a file from the first mirror that has it: verified and complete, or not at all.

What broke off goes on where it stopped, at the next attempt or at the next mirror. Uses only the
standard library, because importing Keras for its `get_file` would import TensorFlow.
"""

from __future__ import annotations

import http.client
import queue
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent import futures
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from gan.data.part_file import PartFile
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Self

    from gan.data.image_set import Progress
    from gan.data.published import PublishedFile

PATIENCE: Final = 5.0
"""Seconds to wait for a connection, and for each read after that."""

SLOW_SECONDS: Final = 30.0
"""The time over which the speed of a download is measured."""

MIN_SPEED: Final = 1000
"""Bytes per second: a download that is slower for `SLOW_SECONDS` is given up."""

_TICK: Final = 0.1
"""How often `progress` is called while nothing arrives, in seconds."""

_CHUNK: Final = 2**16


class Response(Protocol):
    """The part of `http.client.HTTPResponse` used here, but for `read`, which waits for less."""

    def getheader(self, name: str) -> str | None:
        """The header's value, or `None` if it is absent."""

    def read(self, amount: int, /) -> bytes:
        """Up to `amount` bytes, as soon as some have arrived; empty at the end."""

    def close(self) -> None:
        """Close the connection."""


Opener = Callable[[str, float, int], Response]
"""Opens a URL. The second argument is the timeout of each operation, in seconds, the third the
first byte that is wanted; a server may send the whole file all the same."""

_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-")


class DownloadError(Exception):
    """A download failed. The message is a clause that says why."""


class _WrongFileError(DownloadError):
    """A mirror has another file."""


def download(
    file: PublishedFile,
    urls: Sequence[str],
    target: Path,
    *,
    progress: Progress,
    opener: Opener,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Download a file to `target`, replacing any file that is already there.

    It is written next to the target, verified and renamed, so that readers never see a part of it.
    If it breaks off, by an exception of `progress` too, the part stays for the next attempt.

    Args:
        file: What to download.
        urls: Where from, in the order in which they are tried; one or more.
        target: Where to put it; missing folders are created.
        progress: Called after every piece, and ten times a second while there is none, so that an
            exception of its own ends the download at once; counts bytes.
        opener: Opens a URL.
        clock: A monotonic clock in seconds.

    Raises:
        DownloadError: There is no connection, the transfer broke off or is too slow, the file isn't
            the expected one, or it could not be written. The message has the reason of each mirror.
    """
    reasons: list[tuple[str, str]] = []
    try:
        with PartFile(target) as part:
            for url in urls:
                why = _failure(file, url, part, progress, opener, clock)
                if why is None:
                    return
                reasons.append((urllib.parse.urlsplit(url).hostname or url, why))
    except OSError as error:
        raise DownloadError(_why(error)) from error
    raise DownloadError(_joined(reasons))


def open_url(url: str, timeout: float, first: int = 0) -> Response:
    """Open a URL, through the proxies set in the environment."""
    request = urllib.request.Request(url)  # noqa: S310 - ours
    if first:
        request.add_header("Range", f"bytes={first}-")
    try:
        response = urllib.request.urlopen(request, timeout=timeout)  # noqa: S310 - ours
    except urllib.error.HTTPError as error:
        error.close()
        raise
    # Its `read` waits until all that it was asked for has arrived, however long that takes.
    response.read = response.read1
    opened: Response = response
    return opened


def _failure(
    file: PublishedFile,
    url: str,
    part: PartFile,
    progress: Progress,
    opener: Opener,
    clock: Callable[[], float],
) -> str | None:
    """Download from one mirror; returns why that failed, or `None`."""
    try:
        _fetch(file, url, part, progress, opener, clock)
        part.finish()
    except (OSError, http.client.HTTPException, DownloadError) as error:
        return _why(error)
    return None


def _fetch(
    file: PublishedFile,
    url: str,
    part: PartFile,
    progress: Progress,
    opener: Opener,
    clock: Callable[[], float],
) -> None:
    """Download what is missing from one mirror, and verify all of it."""
    was_begun = part.size > 0
    try:
        _fetch_rest(file, url, part, progress, opener, clock)
    except _WrongFileError:
        if not was_begun:
            raise
        # What was there before may have been of another file.
        _fetch_rest(file, url, part, progress, opener, clock)


def _fetch_rest(
    file: PublishedFile,
    url: str,
    part: PartFile,
    progress: Progress,
    opener: Opener,
    clock: Callable[[], float],
) -> None:
    """Download from where the part ends.

    Raises:
        _WrongFileError: The result is another file; the part is empty then.
        DownloadError, OSError: The transfer failed; what arrived stays in the part.
    """
    report = partial(progress, f"downloading {file.name}")
    if part.size != file.size:
        begin = part.size if part.size < file.size else 0
        try:
            response = _connect(url, opener, begin, waiting=lambda: report(begin, 0, "bytes"))
        except urllib.error.HTTPError as error:
            if not (begin and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
                raise
            part.begin_at(0)
            raise _WrongFileError("the server has a smaller file") from error
        with _Arrivals(response) as arrivals:
            first = _first_byte(response, begin)
            _require_size(response, first, file.size)
            part.begin_at(first)
            _copy(arrivals, part, first, file.size, report, clock)
    checking = partial(progress, f"checking {file.name}")
    if part.sha256(lambda done: checking(done, file.size, "bytes")) != file.sha256:
        part.begin_at(0)
        raise _WrongFileError(f"the downloaded {file.name} is damaged or has changed")


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
    first: int = 0,
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
            response = opener(url, patience, first)
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


def _first_byte(response: Response, begin: int) -> int:
    """Which byte of the file a response begins with: the one that was asked for, or the first.

    Raises:
        DownloadError: Any other.
    """
    content_range = response.getheader("Content-Range")
    if content_range is None:
        return 0
    match = _RANGE.match(content_range)
    if match is None or int(match[1]) != begin:
        raise DownloadError(f"received the range {content_range[:80]}, expected one from {begin:,}")
    return begin


def _require_size(response: Response, first: int, size: int) -> None:
    """Refuse a file of another size, such as a page, before it is downloaded.

    Raises:
        DownloadError: The server announces one.
    """
    text = response.getheader("Content-Length") or ""
    if text.isascii() and text.isdecimal() and first + int(text) != size:
        raise DownloadError(f"received a file of {first + int(text):,} bytes, expected {size:,}")


def _copy(
    arrivals: _Arrivals,
    part: PartFile,
    first: int,
    size: int,
    progress: Callable[[int, int, str], None],
    clock: Callable[[], float],
) -> None:
    done, measured, since = first, first, clock()
    while (piece := arrivals.get(_TICK)) != b"":
        if piece is not None:
            done += len(piece)
            part.write(piece)
        if done > size:
            part.begin_at(0)
            raise _WrongFileError(f"received more than {size:,} bytes")
        progress(done, size, "bytes")
        if (seconds := clock() - since) >= SLOW_SECONDS:
            if done - measured < MIN_SPEED * seconds:
                raise DownloadError(
                    f"received {done - measured:,} bytes in {seconds:.0f} s, "
                    f"expected at least {MIN_SPEED:,} a second"
                )
            measured, since = done, clock()
    if done != size:
        raise DownloadError(f"received only {done:,} of {size:,} bytes")


def _joined(reasons: Sequence[tuple[str, str]]) -> str:
    """Why each mirror failed; said once if all failed alike."""
    if len({why for _, why in reasons}) == 1:
        return reasons[0][1]
    return "; ".join(f"{host}: {why}" for host, why in reasons)


def _why(error: Exception) -> str:
    """The cause in a few words: the HTTP status or the operating system's message."""
    if isinstance(error, (urllib.error.HTTPError, DownloadError)):
        return safe_text(str(error))
    cause = getattr(error, "reason", error)
    return safe_text(getattr(cause, "strerror", None) or str(cause) or type(cause).__name__)
