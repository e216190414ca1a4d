"""One file from the network, whole and verified or not there at all.

Separate from what is downloaded, because what can go wrong is the same for every file. Standard
library only: importing Keras for its `get_file` would import TensorFlow.
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
"""Seconds to wait for a connection, and for each piece after it."""

MAX_DOWNLOAD: Final = 64 * 2**20
"""The most bytes that are taken; the largest file that is asked for has 26 million."""

_CHUNK: Final = 2**16


class Response(Protocol):
    """The part of `http.client.HTTPResponse` that is used."""

    def getheader(self, name: str) -> str | None:
        """A header's value."""

    def read(self, amount: int, /) -> bytes:
        """At most so many bytes, none at the end."""

    def close(self) -> None:
        """Let the connection go."""


Opener = Callable[[str, float], Response]
"""Opens a URL, given the seconds to wait for each operation."""

Verify = Callable[["Path"], None]
"""Raises a `DataError` on a file that is not what it should be."""


class DownloadError(Exception):
    """A download that failed; its message is a clause that says why."""


def download(url: str, target: Path, *, verify: Verify, progress: Progress, opener: Opener) -> None:
    """Fetch a file to where it belongs, replacing what is there.

    It is written beside its target and renamed after it is verified, so that no reader ever finds
    half a file; whatever ends the download early, `progress` included, leaves nothing behind.

    Args:
        url: Where the file is.
        target: Where it goes; missing folders are made.
        verify: Called with the complete file before it takes its place.
        progress: Told about every piece, in bytes.
        opener: How the URL is opened.

    Raises:
        DownloadError: No connection, a broken transfer, a file that is not the one expected, or
            no room for it.
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
        raise DownloadError(f"{target.name} arrived damaged or changed") from error


def open_url(url: str, timeout: float) -> Response:
    """Open a URL through the proxies of the environment."""
    try:
        response: Response = urllib.request.urlopen(url, timeout=timeout)  # noqa: S310 - ours
    except urllib.error.HTTPError as error:
        error.close()
        raise
    return response


def _connect(url: str, opener: Opener, patience: float = PATIENCE) -> Response:
    """Open a URL, or give up after `patience` seconds in all.

    The timeout of a socket covers neither the look-up of a name nor the twenty addresses behind
    it, each of which a firewall may swallow in silence: hence a thread that can be left behind.
    """
    outcome: futures.Future[Response] = futures.Future()

    def attempt() -> None:
        try:
            response = opener(url, patience)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
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
    """A name that nobody else uses, in the target's folder; gone at the end, unless renamed."""
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
            raise DownloadError(f"more than {MAX_DOWNLOAD} bytes came")
        file.write(piece)
        progress(what, done, total, "bytes")
    if total and done != total:
        raise DownloadError(f"only {done} of {total} bytes came")


def _announced_size(response: Response) -> int:
    """The length that the server announces, in bytes; 0 where it does not say."""
    text = response.getheader("Content-Length") or ""
    return int(text) if text.isascii() and text.isdecimal() else 0


def _why(error: Exception) -> str:
    """The cause in a few words: the server's answer, or what the system says."""
    if isinstance(error, urllib.error.HTTPError):
        return safe_text(str(error))
    cause = getattr(error, "reason", error)
    return safe_text(getattr(cause, "strerror", None) or str(cause) or type(cause).__name__)
