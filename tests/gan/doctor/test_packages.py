"""Versions by metadata alone."""

from __future__ import annotations

from gan.doctor.packages import (
    Needed,
    installed_versions,
    needed_packages,
    package_row,
    parse_requirements,
    rows,
)

NEEDED = [
    Needed("tensorflow", "<2.22,>=2.21"),
    Needed("keras", "<4,>=3.12"),
    Needed("textual", "<8.3,>=8.2"),
    Needed("numpy", ">=1.26"),
    Needed("rich", ">=14"),
    Needed("nvidia-ml-py", ">=12"),
]
VERSIONS = {
    "gan-tui": "0.1.0",
    "tensorflow": "2.21.0",
    "keras": "3.12.0",
    "textual": "8.2.8",
    "numpy": "2.4.1",
    "rich": "14.2.0",
    "nvidia-ml-py": "13.580.82",
}


def test_extras_and_markers_are_left_out() -> None:
    lines = [
        "numpy>=1.26",
        "tensorflow<2.22,>=2.21",
        "tomli>=2; python_version < '3.11'",
        "tensorflow[and-cuda]<2.22,>=2.21; extra == 'cuda'",
        "orjson (>=3.10)",
    ]

    assert list(parse_requirements(lines)) == [
        Needed("numpy", ">=1.26"),
        Needed("tensorflow", "<2.22,>=2.21"),
        Needed("orjson", ">=3.10"),
    ]


def test_all_that_is_needed_is_ok_in_these_versions() -> None:
    found = list(rows(NEEDED, VERSIONS))

    assert {row.verdict for row in found} == {"ok"}
    assert [row.name for row in found] == [
        *("gan-tui", "tensorflow", "keras", "textual", "numpy", "others")
    ]
    assert found[-1].text == "rich, nvidia-ml-py"


def test_a_viewer_without_tensorflow_is_warned_and_does_not_fail() -> None:
    versions = {name: v for name, v in VERSIONS.items() if name not in ("tensorflow", "keras")}

    found = {row.name: row for row in rows(NEEDED, versions)}

    assert found["tensorflow"].verdict == "warn"
    assert "not train" in found["tensorflow"].text
    assert found["tensorflow"].fix == "pip install 'tensorflow<2.22,>=2.21'"
    assert all(row.verdict != "fail" for row in found.values())
    assert found["others"].text == "rich"


def test_what_viewers_need_too_fails_if_it_is_missing() -> None:
    assert package_row("textual", "", ">=8.2").verdict == "fail"
    found = list(rows(NEEDED, {k: v for k, v in VERSIONS.items() if k != "rich"}))[-1]
    assert (found.verdict, found.fix) == ("fail", "pip install 'rich>=14'")


def test_the_binding_to_nvidias_driver_is_no_must() -> None:
    found = list(rows(NEEDED, {k: v for k, v in VERSIONS.items() if k != "nvidia-ml-py"}))[-1]
    assert found.verdict == "warn"


def test_another_version_is_named_with_the_one_that_was_tested() -> None:
    found = package_row("textual", "9.0.0", "<8.3,>=8.2")

    assert found.verdict == "warn"
    assert found.text == "9.0.0, where <8.3,>=8.2 was tested"
    assert found.fix == "pip install 'textual<8.3,>=8.2'"


def test_this_installation_is_read() -> None:
    needed = {one.name for one in needed_packages()}

    assert {"tensorflow", "textual", "numpy"} <= needed
    assert set(installed_versions(["numpy", "no-such-package"])) == {"numpy"}
