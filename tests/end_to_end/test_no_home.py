"""A user without a home folder trains all the same, and nothing is left but the run."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Program

pytestmark = pytest.mark.slow

NO_ENTRY = """
import pwd
def none(*_): raise KeyError("no entry")
pwd.getpwuid = pwd.getpwnam = none
"""
"""As in a container that runs under any number: imported by Python itself at its start."""

HOMES = {"no HOME": None, "an empty HOME": "", "a HOME that can't exist": "/dev/null/home"}


@pytest.mark.parametrize("home", HOMES.values(), ids=HOMES.keys())
def test_a_run_without_a_home_leaves_nothing_but_the_run(
    program: Program, home: str | None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(NO_ENTRY)
    others = ("HOME", "XDG_CACHE_HOME")
    environ = {key: value for key, value in program.environ.items() if key not in others}
    environ["PYTHONPATH"] = f"{site}:{environ['PYTHONPATH']}"
    if home is not None:
        environ["HOME"] = home

    done = subprocess.run(
        [*program.words, "--no-ui", *program.small, "--steps", "3"],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
