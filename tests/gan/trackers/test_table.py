"""How trackers are named on the command line, and what is refused before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.errors import UsageError
from gan.options import Option, OptionError
from gan.trackers import table
from gan.trackers.apart import SERVICES
from gan.trackers.table import TRACKERS, Choice, choices_of, require_usable, tracker_values

if TYPE_CHECKING:
    from pathlib import Path

OPTION = Option(group="run", help="", metavar="TRACKER", values=tracker_values(), is_repeated=True)


def test_a_name_may_have_a_folder_if_the_tracker_writes_into_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["tensorboard=tb/x", "wandb"]
    OPTION.check("log_to", words)
    assert choices_of(words) == [Choice("tensorboard", tmp_path / "tb" / "x"), Choice("wandb")]


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("wand", "expected tensorboard, .*trackio. Did you mean wandb?"),
        ("tb", "Did you mean tensorboard?"),
        ("comet", "received 'comet', expected tensorboard"),
        ("", "received '', expected tensorboard"),
        ("tensorboard=", "received 'tensorboard=', expected"),
        ("wandb=x", "but wandb takes no folder. Leave it out."),
        ("tensorboard=~nobody-here/x", "there is no user nobody-here"),
        ("tensorboard,wandb", "expected one tracker. Give --log-to once for each."),
    ],
)
def test_another_word_is_refused_with_what_was_meant(word: str, why: str) -> None:
    with pytest.raises(OptionError, match=f"^--log-to: .*{why.replace('?', '[?]')}"):
        OPTION.check("log_to", [word])


def test_a_tracker_that_is_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="--log-to: wandb is named twice"):
        choices_of(["wandb", "tensorboard", "wandb"])


def test_a_package_that_is_not_installed_is_refused_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table, "find_spec", lambda _: None)
    require_usable([Choice("tensorboard")])
    with pytest.raises(UsageError, match=r"pip install 'gan-tui\[mlflow\]'\.$"):
        require_usable([Choice("tensorboard"), Choice("mlflow")])


def test_a_folder_of_the_packages_name_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left_behind").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not table._is_installed("left_behind")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tb").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"--log-to: .*/tb is a file, expected a folder"):
        require_usable([Choice("tensorboard", tmp_path / "tb" / "x")])


def test_a_folder_that_nothing_can_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, _mode: path != tmp_path)
    with pytest.raises(UsageError, match=f"nothing can be written to {tmp_path}"):
        require_usable([Choice("tensorboard", tmp_path / "tb")])


def test_a_folder_that_can_be_made_is_taken_and_not_made_yet(tmp_path: Path) -> None:
    require_usable([Choice("tensorboard", tmp_path / "a" / "b")])
    assert list(tmp_path.iterdir()) == []


def test_every_tracker_with_a_package_has_an_adapter() -> None:
    assert SERVICES.keys() == {name for name, kind in TRACKERS.items() if kind.package}
