"""Downloads a file: verified and complete, or not at all.

Uses only the standard library, because importing Keras for its `get_file` would import TensorFlow.
"""

from __future__ import annotations

import http.client
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent import futures
from contextlib import closing, contextmanager, suppress
from typing import IO, TYPE_CHECKING, Final, Protocol

from gan.errors import DataError
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gan.data.image_set import Progress

PATIENCE: Final = 5.0
"""Seconds to wait for a connection, and for each read after that."""

MAX_DOWNLOAD: Final = 64 * 2**20
"""Maximum size of a download in bytes. The largest file downloaded here has 26 million."""

_CHUNK: Final = 2**16


class Response(Protocol):
    """The part of `http.client.HTTPResponse` used here."""

    def getheader(self, name: str) -> str | None:
        """The header's value, or `None` if it is absent."""

    def read(self, amount: int, /) -> bytes:
        """Up to `amount` bytes; empty at the end."""

    def close(self) -> None:
        """Close the connection."""


Opener = Callable[[str, float], Response]
"""Opens a URL. The second argument is the timeout of each operation, in seconds."""

Verify = Callable[["Path"], None]
"""Raises a `DataError` if the file isn't the expected one."""


class DownloadError(Exception):
    """A download failed. The message is a clause that says why."""


def download(url: str, target: Path, *, verify: Verify, progress: Progress, opener: Opener) -> None:
    """Download a file to `target`, replacing any file that is already there.

    The file is written to a temporary sibling of the target, verified and renamed, so that readers
    never see a partial file. An exception, from `progress` too, removes the temporary file.

    Args:
        url: What to download.
        target: Where to put it; missing folders are created.
        verify: Called with the complete temporary file before it is renamed.
        progress: Called after every piece; counts bytes.
        opener: Opens the URL.

    Raises:
        DownloadError: There is no connection, the transfer broke off, the file isn't the expected
            one, or it could not be written.
    """
    try:
        with closing(_connect(url, opener)) as response:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _sibling(target) as part:
                with part.open("xb") as file:
                    _copy(response, file, f"downloading {target.name}", progress)
                verify(part)
                part.replace(target)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(_why(error)) from error
    except DataError as error:
        raise DownloadError(f"the downloaded {target.name} is damaged or has changed") from error


def open_url(url: str, timeout: float) -> Response:
    """Open a URL, through the proxies set in the environment."""
    try:
        response: Response = urllib.request.urlopen(url, timeout=timeout)  # noqa: S310 - ours
    except urllib.error.HTTPError as error:
        error.close()
        raise
    return response


def _connect(url: str, opener: Opener, patience: float = PATIENCE) -> Response:
    """Open a URL, or give up after `patience` seconds in total.

    A socket's timeout doesn't cover the DNS lookup, and applies separately to each address of the
    host, so the call runs in a thread that can be abandoned.

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
    futures.wait([outcome], patience)
    if outcome.cancel():
        msg = f"no answer in {patience:g} s"
        raise TimeoutError(msg)
    return outcome.result()


@contextmanager
def _sibling(target: Path) -> Iterator[Path]:
    """A unique temporary path in the target's folder; the file is removed unless it was renamed."""
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _copy(response: Response, file: IO[bytes], what: str, progress: Progress) -> None:
    total = _announced_size(response)
    done = 0
    while piece := response.read(_CHUNK):
        done += len(piece)
        if done > MAX_DOWNLOAD:
            raise DownloadError(f"received more than {MAX_DOWNLOAD} bytes")
        file.write(piece)
        progress(what, done, total, "bytes")
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
