"""What is short, in one line, from whatever error a library gives."""

from __future__ import annotations

import errno
import resource

import pytest

from gan.session.shortage import shortage


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """The limits of the process, all of them infinite at first."""
    known: dict[int, int] = {}

    def limit(kind: int) -> tuple[int, int]:
        return known.get(kind, resource.RLIM_INFINITY), resource.RLIM_INFINITY

    monkeypatch.setattr("resource.getrlimit", limit)
    return known


UNMAPPED = ImportError("libtensorflow_cc.so.2: failed to map segment from shared object")


@pytest.mark.parametrize("error", [MemoryError(), UNMAPPED, OSError(errno.ENOMEM, "no memory")])
def test_memory_is_short(error: Exception, limits: dict[int, int]) -> None:
    without = shortage(error)
    limits[resource.RLIMIT_AS] = 500 << 20
    limited = shortage(error)

    assert without is not None
    assert without.startswith("out of memory")
    assert without.endswith(". Free some memory, or use a machine with more.")
    assert limited is not None
    assert limited.endswith("the limit is 0.49 GiB of address space. Raise it with `ulimit -v`.")


def test_the_library_that_could_not_be_loaded_is_named(limits: dict[int, int]) -> None:
    limits[resource.RLIMIT_AS] = 1 << 30

    assert "loading a library (libtensorflow_cc.so.2: failed" in str(shortage(UNMAPPED))


def test_the_linkers_line_is_found_in_the_advice_of_numpy(limits: dict[int, int]) -> None:
    limits[resource.RLIMIT_AS] = 1 << 30
    error = ImportError(f"\n\nIMPORTANT: PLEASE READ THIS\n\nOriginal error was: {UNMAPPED}\n")

    assert "(Original error was: libtensorflow_cc.so.2: failed to map" in str(shortage(error))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files", "x.py"),
        ImportError("libx.so: cannot open shared object file: Too many open files"),
    ],
)
def test_open_files_are_short(error: Exception, limits: dict[int, int]) -> None:
    limits[resource.RLIMIT_NOFILE] = 7

    assert shortage(error) == "too many open files: the limit is 7. Raise it with `ulimit -n`."


def test_threads_are_short(limits: dict[int, int]) -> None:
    error = RuntimeError("can't start new thread")

    assert str(shortage(error)).endswith(". Free some memory, or end other processes.")
    limits[resource.RLIMIT_NPROC] = 9
    assert "The limit is 9 for this user. Raise it with `ulimit -u`" in str(shortage(error))


@pytest.mark.parametrize(
    "error", [ValueError("x"), RuntimeError("x"), ImportError("no module named x"), OSError(2, "x")]
)
def test_nothing_is_short(error: Exception) -> None:
    assert shortage(error) is None
