"""Paths as a person gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from gan.errors import StorageError, UsageError
from gan.paths import NOWHERE, absolute, expanded, user_folder


@pytest.mark.parametrize(
    ("word", "path"),
    [("~", "/home/ada"), ("~/x/~y", "/home/ada/x/~y"), ("./~", "./~"), ("a~", "a~")],
)
def test_a_leading_tilde_is_the_home_folder(
    word: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")

    assert expanded(word) == path


def test_another_users_home_is_found() -> None:
    assert expanded("~root/x") == str(Path("~root/x").expanduser())


def test_an_unknown_user_is_named() -> None:
    with pytest.raises(UsageError, match=r"received '~no-one/x', but there is no user no-one\. "):
        expanded("~no-one/x")


def test_an_empty_home_is_not_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")

    with pytest.raises(UsageError, match=r"received '~/x', but HOME is not set\. Write the path"):
        expanded("~/x")


def test_a_user_without_home_and_entry_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}["nobody"])

    with pytest.raises(UsageError, match="HOME is not set"):
        expanded("~")


@pytest.mark.parametrize("kind", ["cache", "config", "state"])
def test_a_user_without_a_home_keeps_nothing(
    kind: Literal["cache", "config", "state"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs under any number."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}["nobody"])

    folder = user_folder(kind)

    assert folder == NOWHERE
    with pytest.raises(NotADirectoryError):
        folder.mkdir(parents=True)


def test_a_deleted_working_directory_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert absolute(Path("/a/../b")) == Path("/b")
    with pytest.raises(StorageError, match="cannot find runs: the working directory was deleted"):
        absolute(Path("runs"))
