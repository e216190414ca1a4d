"""Versions and the ranges that requirements name."""

from __future__ import annotations

import pytest

from gan.machine.ranges import is_within


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("2.21.0", "<2.22,>=2.21", True),
        ("2.22.0rc0", "<2.22,>=2.21", False),
        ("2.9", ">=2.21", False),
        ("8.2.8", "<8.3,>=8.2", True),
        ("14", ">=14.0", True),
        ("3.12.0+cu12", "<4,>=3.12", True),
        ("1.0", "!=1", False),
        ("1.0", "", True),
    ],
)
def test_a_version_is_in_a_range_or_not(version: str, wanted: str, *, expected: bool) -> None:
    assert is_within(version, wanted) is expected
