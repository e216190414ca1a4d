"""FaultReporter of the disk as lines for people."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gan.disk.os_errors import error_number, reason, storage_errors
from gan.errors import CheckpointError, StorageError


def test_a_full_disk_is_named_with_its_path_and_what_to_do() -> None:
    with (
        pytest.raises(StorageError) as raised,
        storage_errors("write", Path("/runs/a/events.jsonl")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert str(raised.value) == (
        "cannot write /runs/a/events.jsonl: No space left on device. "
        "Free some space, or choose another folder."
    )
    assert raised.value.exit_code == 74


def test_a_fault_without_advice_ends_with_its_reason() -> None:
    with (
        pytest.raises(StorageError, match=r"^cannot read x: Input/output error\.$"),
        storage_errors("read", Path("x")),
    ):
        raise OSError(errno.EIO, "Input/output error")


def test_other_errors_pass_through() -> None:
    with pytest.raises(CheckpointError), storage_errors("read", Path("x")):
        raise CheckpointError("no")


def test_an_error_without_a_number_still_has_a_reason() -> None:
    assert reason(OSError("the bus is gone")) == "the bus is gone"
    assert reason(OSError()) == "OSError"


@pytest.mark.parametrize(
    "code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EIO, errno.EDQUOT]
)
def test_callers_can_tell_one_fault_from_another(code: int) -> None:
    with pytest.raises(StorageError) as raised, storage_errors("write", Path("x")):
        raise OSError(code, os.strerror(code))

    assert error_number(raised.value) == code


def test_what_the_system_did_not_refuse_has_no_number() -> None:
    assert error_number(StorageError("it reads back differently")) is None
