"""The terminal's descriptors: whether a dashboard can run on them, and the capture of descriptor 2.

TensorFlow's native code writes to descriptor 2 at any time, which is usually the terminal that the
dashboard draws on. This module separates them, and must do so before either is imported.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import tempfile
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Final, Literal

from tui.supervision.link import anonymous_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import TextIOWrapper
    from pathlib import Path
    from types import TracebackType
    from typing import TextIO

    from typing_extensions import Self

PythonStderr = Literal["terminal", "captured"]
"""Destination of Python's own writes to `sys.stderr` while descriptor 2 is captured."""

_STDERR: Final = 2
_FIRST_PRIVATE: Final = 3
_LOG_MODE: Final = 0o600
_MAX_BYTES: Final = 16 * 2**20
"""Maximum size of the capture, so that no library fills the disk with its output."""

_BLOCK_BYTES: Final = 65_536
_POOR_TERMS: Final = ("dumb", "unknown")


def unusable_reason(
    environ: Mapping[str, str], stdin_fd: int = 0, stdout_fd: int = 1
) -> str | None:
    """Why the dashboard cannot run here, in one clause; `None` if it can.

    It reads keys from standard input and draws on standard output: both must be a terminal.
    Standard error may be anything.
    """
    names = {stdin_fd: "standard input", stdout_fd: "standard output"}
    for descriptor, name in names.items():
        if not _is_open(descriptor):
            return f"{name} is closed"
        if not os.isatty(descriptor):
            return f"{name} is not a terminal"
    term = environ.get("TERM", "")
    if not term:
        return "TERM is not set"
    return f"TERM is {term}" if term in _POOR_TERMS else None


class StderrCapture:
    """Owns descriptor 2: native output goes to a file, our own still to the terminal.

    Start it before TensorFlow is imported and before the dashboard is made. While it is active,
    `sys.__stderr__` writes to a private copy of the terminal's descriptor. Its methods may be
    called from any thread.
    """

    def __init__(
        self, *, python_stderr: PythonStderr = "terminal", file: int | None = None
    ) -> None:
        """Prepare; nothing changes until `start`.

        Args:
            python_stderr: `terminal` keeps `sys.stderr` on the terminal, for a run without a
                dashboard. `captured` sends it to the file, so that a warning or a traceback of
                another thread does not overwrite the dashboard.
            file: A descriptor of the file to capture into at first, readable and in append mode;
                the caller closes it. `None` for a temporary one.
        """
        self._file = file
        self._python_stderr = python_stderr
        self._lock = RLock()
        self._active: _Capture | None = None
        self._ended: bytes = b""

    def start(self) -> None:
        """Capture descriptor 2.

        Raises:
            OSError: No temporary file or descriptor could be opened; nothing has changed.
            RuntimeError: It was started before and not stopped.
        """
        with self._lock:
            if self._active is not None:
                msg = "the capture of standard error was started twice; stop it first."
                raise RuntimeError(msg)
            self._active = _Capture(self._python_stderr, self._file)

    def move_to(self, path: Path) -> None:
        """Capture into this file from now on, after copying to it what was captured so far.

        Args:
            path: Appended to; created with mode 0600 if it does not exist.

        Raises:
            OSError: The file could not be opened or written; the former file stays in use.
            RuntimeError: Nothing is being captured.
        """
        with self._lock:
            self._require_active().move_to(path)

    def trim(self) -> None:
        """If the capture has become too large, keep its newest part and note how much was cut.

        Output of native code while the file is being cut may be lost.
        """
        with self._lock:
            if self._active is not None:
                self._active.trim()

    def stop(self) -> None:
        """Restore descriptor 2, `sys.stderr` and `sys.__stderr__`; a second call does nothing."""
        with self._lock:
            if self._active is not None:
                self._ended = self._active.last_block()
                self._active.close()
                self._active = None

    def forget_terminal(self) -> None:
        """Write nothing to the former descriptor 2 any more, whose reader must not wait for it."""
        with self._lock:
            self._require_active().forget_terminal()

    def tail(self, lines: int = 20) -> list[str]:
        """The last captured lines, also after `stop`; not made safe to show."""
        with self._lock:
            block = self._ended if self._active is None else self._active.last_block()
        return block.decode(errors="backslashreplace").splitlines()[-lines:] if lines > 0 else []

    def unread(self) -> list[str]:
        """The complete lines captured since the last call; not made safe to show.

        If there are very many, only the newest. Empty without a capture.
        """
        with self._lock:
            block = b"" if self._active is None else self._active.unread_block()
            self.trim()
        return block.decode(errors="backslashreplace").splitlines()

    @property
    def python_stream(self) -> TextIO:
        """The stream that `start` assigned to `sys.stderr`.

        Use it to restore `sys.stderr` after a framework has replaced it.

        Raises:
            RuntimeError: Nothing is being captured.
        """
        return self._require_active().python_stream

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _require_active(self) -> _Capture:
        if self._active is None:
            msg = "standard error is not being captured; start the capture first."
            raise RuntimeError(msg)
        return self._active


class _Capture:
    """One capture, from start to stop."""

    def __init__(self, python_stderr: PythonStderr, file: int | None) -> None:
        _ensure_open(_STDERR)
        if sys.stderr is not None:
            sys.stderr.flush()
        self._saved = (sys.stderr, sys.__stderr__)
        self._file = _temporary_file() if file is None else _copy_of(file)
        # The former contents of a file that is appended to are not ours.
        self._begin = 0
        self._read = 0
        """The offset of the first unread byte."""

        # Not inherited: a child process must not hold the terminal.
        self._terminal_fd = fcntl.fcntl(_STDERR, fcntl.F_DUPFD_CLOEXEC, _FIRST_PRIVATE)
        self._terminal = _text_stream(self._terminal_fd)
        # By number, so that it follows descriptor 2 to another file.
        self._captured = _text_stream(_STDERR)
        self.python_stream = self._terminal if python_stderr == "terminal" else self._captured
        os.dup2(self._file, _STDERR)
        _bind(self.python_stream, self._terminal)

    def move_to(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        target = os.open(path, flags, _LOG_MODE)
        try:
            os.fchmod(target, _LOG_MODE)
            begin = os.fstat(target).st_size
            copied = _copy(self._file, target, self._begin)
        except OSError:
            os.close(target)
            raise
        os.dup2(target, _STDERR)
        before, self._file = self._file, target
        self._begin, self._read = begin, begin + self._read - self._begin
        # Output that arrived while the first part was copied.
        _copy(before, target, copied)
        os.close(before)

    def forget_terminal(self) -> None:
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        os.dup2(null, self._terminal_fd, inheritable=False)
        os.close(null)

    def trim(self) -> None:
        size = os.fstat(self._file).st_size
        if size <= _MAX_BYTES:
            return
        kept = os.pread(self._file, _BLOCK_BYTES, size - _BLOCK_BYTES).partition(b"\n")[2]
        os.ftruncate(self._file, 0)
        self._begin = 0
        # The descriptor appends, so later output comes after this.
        os.write(self._file, f"... {size - len(kept):,} bytes were cut here\n".encode() + kept)
        self._read = os.fstat(self._file).st_size

    def unread_block(self) -> bytes:
        """The bytes captured since the last call, up to the end of the last complete line."""
        end = os.fstat(self._file).st_size
        begin = max(self._read, end - _BLOCK_BYTES)
        block = os.pread(self._file, end - begin, begin)
        whole = block[: block.rfind(b"\n") + 1]
        self._read = begin + len(whole)
        return whole

    def last_block(self) -> bytes:
        self._captured.flush()
        end = os.fstat(self._file).st_size
        begin = max(self._begin, end - _BLOCK_BYTES)
        return os.pread(self._file, end - begin, begin)

    def close(self) -> None:
        """Restore everything.

        The terminal's private descriptor stays open for the life of the process: a logging handler
        made meanwhile, such as TensorFlow's, may still write to it.
        """
        for stream in (self._captured, self._terminal):
            # A full disk or a terminal that hung up must not prevent restoring the rest.
            with suppress(OSError):
                stream.flush()
        os.dup2(self._terminal_fd, _STDERR)
        _bind(*self._saved)
        os.close(self._file)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        return False
    return True


def _ensure_open(descriptor: int) -> None:
    """Open a closed descriptor on the null device, or the next file opened would get its number.

    It stays open after the capture, for the same reason.
    """
    if _is_open(descriptor):
        return
    null = os.open(os.devnull, os.O_RDWR)
    if null == descriptor:
        os.set_inheritable(null, True)
        return
    os.dup2(null, descriptor)
    os.close(null)


def _temporary_file() -> int:
    """The descriptor of a private file without a name, which is deleted when it is closed.

    It is in memory where the system can, so that no folder needs to be writable.
    """
    if (memory := anonymous_file()) is not None:
        return memory
    with tempfile.TemporaryFile(prefix="gan-tui-stderr-") as file:
        # Append mode, because the file may be cut, and later output belongs at its end.
        flags = fcntl.fcntl(file.fileno(), fcntl.F_GETFL)
        fcntl.fcntl(file.fileno(), fcntl.F_SETFL, flags | os.O_APPEND)
        return fcntl.fcntl(file.fileno(), fcntl.F_DUPFD_CLOEXEC, _FIRST_PRIVATE)


def _copy_of(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_PRIVATE)


def _text_stream(descriptor: int) -> TextIOWrapper:
    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
    errors = "backslashreplace"
    return open(descriptor, "w", buffering=1, encoding=encoding, errors=errors, closefd=False)


def _bind(stderr: TextIO | None, original: TextIOWrapper | None) -> None:
    """Set `sys.stderr` and `sys.__stderr__`, which Textual holds on to."""
    sys.stderr = stderr
    sys.__stderr__ = original  # type: ignore[misc]  # Final by convention; Textual reads it


def _copy(source: int, target: int, offset: int) -> int:
    """Append the source from an offset to the target; returns the offset of its end.

    The source's file position does not change, because descriptor 2 shares it.
    """
    while block := os.pread(source, _BLOCK_BYTES, offset):
        offset += len(block)
        while block:
            block = block[os.write(target, block) :]
    return offset
