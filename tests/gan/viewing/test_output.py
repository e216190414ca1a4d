"""What native libraries print in the process that trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.run.creation import create_run
from gan.viewing.output import OutputReader

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


def test_lines_that_come_later_are_read_once_they_are_complete(run: RunDirectory) -> None:
    run.stderr_path.write_bytes(b"before\n")
    reader = OutputReader(run)
    assert reader.unread() == []

    with run.stderr_path.open("ab") as file:
        file.write(b"one\ntw")
    assert reader.unread() == ["one"]
    with run.stderr_path.open("ab") as file:
        file.write(b"o\n\xff\n")
    assert reader.unread() == ["two", "\\xff"]
    assert reader.unread() == []


def test_of_very_many_the_newest_are_read(run: RunDirectory) -> None:
    run.stderr_path.write_bytes(b"")
    reader = OutputReader(run)
    reader.unread()
    run.stderr_path.write_bytes(b"line\n" * 100_000 + b"last\n")

    lines = reader.unread()

    assert lines[-1] == "last"
    assert len(lines) < 20_000


def test_a_file_that_was_cut_is_read_on(run: RunDirectory) -> None:
    run.stderr_path.write_bytes(b"x\n" * 100)
    reader = OutputReader(run)
    reader.unread()
    run.stderr_path.write_bytes(b"y\n")
    assert reader.unread() == []

    with run.stderr_path.open("ab") as file:
        file.write(b"z\n")

    assert reader.unread() == ["z"]


def test_without_a_file_there_is_nothing(run: RunDirectory) -> None:
    assert OutputReader(run).unread() == []
