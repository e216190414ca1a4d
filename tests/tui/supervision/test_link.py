"""What a child leaves for its parent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tui.supervision.link import Link

if TYPE_CHECKING:
    from pathlib import Path


def test_there_are_no_notes_at_first() -> None:
    assert Link().notes() == {}


def test_notes_add_up_and_later_ones_replace_earlier_ones() -> None:
    link = Link()
    link.note(run_dir="/a", ended=False)
    link.note(ended=True)

    assert link.notes() == {"run_dir": "/a", "ended": True}


def test_a_childs_notes_reach_its_parent() -> None:
    link = Link()
    if (child := os.fork()) == 0:
        link.note(run_dir="/run")
        os._exit(0)
    os.waitpid(child, 0)

    assert link.notes() == {"run_dir": "/run"}


def test_the_longest_path_of_undecodable_bytes_fits_twice() -> None:
    path = os.fsdecode(b"/" + b"\xff" * 4095)
    link = Link()
    link.note(run_dir=path, stderr_path="short", stderr_begin=0)

    assert link.notes()["run_dir"] == path


def test_the_last_lines_are_those_of_the_inherited_file_before_there_is_a_run() -> None:
    link = Link()
    assert link.stderr is not None
    os.write(link.stderr, b"one\ntwo\nthree\xff\n")

    assert link.last_lines(2) == ["two", r"three\xff"]


def test_of_a_runs_log_only_this_processs_part_is_read(tmp_path: Path) -> None:
    log = tmp_path / "stderr.log"
    log.write_text("earlier\nnow\n")
    link = Link()
    link.note(stderr_path=str(log), stderr_begin=len("earlier\n"))

    assert link.last_lines(5) == ["now"]


def test_of_a_log_that_was_cut_all_is_read(tmp_path: Path) -> None:
    log = tmp_path / "stderr.log"
    log.write_text("rest\n")
    link = Link()
    link.note(stderr_path=str(log), stderr_begin=1000)

    assert link.last_lines(5) == ["rest"]


def test_a_log_that_is_gone_is_an_error_with_its_name(tmp_path: Path) -> None:
    link = Link()
    link.note(stderr_path=str(tmp_path / "gone"), stderr_begin=0)

    with pytest.raises(FileNotFoundError) as caught:
        link.last_lines(5)
    assert caught.value.filename == str(tmp_path / "gone")


def test_a_sandbox_that_forbids_anonymous_files_leaves_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "memfd_create", forbidden)
    assert Link().stderr is None
