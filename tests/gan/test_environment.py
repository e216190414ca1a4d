"""What a run ran on, read without importing any of it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from gan import environment as module
from gan.environment import environment

if TYPE_CHECKING:
    import pytest


def test_it_names_the_versions_that_decide_the_numbers() -> None:
    found = environment()
    assert found["python"] == platform.python_version()
    assert found["tensorflow"] == version("tensorflow")
    assert found["numpy"] == version("numpy")


def test_it_is_made_of_json_values() -> None:
    assert json.loads(json.dumps(environment())) == environment()


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGES", ("no-such-package-is-installed",))
    assert environment()["no-such-package-is-installed"] is None


def test_the_setting_that_changes_rounding_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert environment()["TF_ENABLE_ONEDNN_OPTS"] == "0"


def test_nothing_heavy_is_imported_for_it() -> None:
    code = (
        "import sys; from gan.environment import environment; environment(); "
        "sys.exit(sorted({'tensorflow', 'keras', 'textual', 'numpy'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
