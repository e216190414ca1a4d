"""What is shipped: the wheel has all that the program needs, the sdist all that the tests need."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hatchling import build

from tests.man_page import man_page

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[str], str]], Path]:
    """Builds one of the two in the root of the checkout, as a build front end does."""

    def make(build_one: Callable[[str], str]) -> Path:
        folder, before = tmp_path_factory.mktemp("dist"), Path.cwd()
        os.chdir(ROOT)
        try:
            return folder / build_one(str(folder))
        finally:
            os.chdir(before)

    return make


@pytest.fixture(scope="module")
def wheel(built: Callable[[Callable[[str], str]], Path]) -> dict[str, bytes]:
    with zipfile.ZipFile(built(build.build_wheel)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(built: Callable[[Callable[[str], str]], Path]) -> set[str]:
    with tarfile.open(built(build.build_sdist)) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def tracked(*folders: str) -> set[str]:
    """The files in these folders, without what Python and editors leave there."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    kept = (path for path in found if "__pycache__" not in path.parts and path.suffix != ".pyc")
    return {path.relative_to(ROOT).as_posix() for path in kept}


def test_the_wheel_has_every_file_of_both_packages(wheel: dict[str, bytes]) -> None:
    assert tracked("gan", "tui") <= set(wheel)
    assert {"gan/py.typed", "tui/py.typed", "tui/demo/images.npz.xz"} <= set(wheel)


def test_the_wheel_has_nothing_else(wheel: dict[str, bytes]) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in wheel} == {"gan", "tui", "gan_tui"}


def test_the_wheel_has_the_man_page_and_the_licence(wheel: dict[str, bytes]) -> None:
    (page,) = (name for name in wheel if name.endswith(".data/data/share/man/man1/gan-tui.1"))
    (licence,) = (name for name in wheel if name.endswith(".dist-info/licenses/LICENSE"))

    assert wheel[page].decode() == man_page()
    assert wheel[licence] == (ROOT / "LICENSE").read_bytes()


def test_the_sdist_has_what_the_tests_read(sdist: set[str]) -> None:
    files = {
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "pyproject.toml",
        "PKG-INFO",
    }

    assert files | tracked("gan", "tui", "tests", "docs") <= sdist
