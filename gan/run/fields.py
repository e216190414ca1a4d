"""Reads the fields of a record that another version may have written, or somebody damaged.

Each value is of the type that was asked for, or unknown. What was received instead is a problem,
which whoever reads the run can be shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gan.hints.quoting import brief

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LARGEST: Final = 10**15
"""No step and no time of a run comes near it."""

_SHOWN: Final = 40
"""Characters of a value that a problem repeats."""

_MAX_UNKNOWN: Final = 8
"""Names of unknown fields that a problem gives."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one file of a run."""

    record: Mapping[str, Any]
    file: str
    """The file's name, for the problems."""

    problems: list[str] = field(default_factory=list)
    """What was wrong with the fields read so far, each in a clause."""

    def check_version(self, newest: int, unknown: Iterable[str]) -> None:
        """Note a version that this program doesn't know.

        Args:
            newest: The newest that it knows.
            unknown: Names in the record that it doesn't know.
        """
        version = self.record.get("schema_version")
        if type(version) is not int or version < 1:
            self._refuse("schema_version", "a number from 1")
        elif version > newest:
            names = sorted(unknown)
            listed = ", ".join(names[:_MAX_UNKNOWN])
            more = f" and {len(names) - _MAX_UNKNOWN} more" if len(names) > _MAX_UNKNOWN else ""
            unread = f", without {listed}{more}, which it doesn't know" if names else ""
            self.problems.append(
                f"{self.file} has schema_version {brief(version, _SHOWN)}, newer than this "
                f"program's {newest}: shown as far as it is known{unread}"
            )

    def text(self, name: str) -> str:
        """A text; empty if it is missing or `null`."""
        value = self.record.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        self._refuse(name, "a text")
        return ""

    def number(self, name: str) -> float | None:
        """A finite number; `None` if it is missing or `null`."""
        value = self.record.get(name)
        if value is None:
            return None
        try:
            if type(value) in (int, float) and math.isfinite(value):
                return float(value)
        except OverflowError:
            # A whole number that no float holds.
            pass
        self._refuse(name, "a number")
        return None

    def whole(self, name: str) -> int | None:
        """A whole number from 0, also one written as `1.0`; `None` if it is missing or `null`."""
        value = self.record.get(name)
        if value is None:
            return None
        is_whole = type(value) is int or (type(value) is float and value.is_integer())
        if is_whole and 0 <= value <= _LARGEST:
            return int(value)
        self._refuse(name, "a whole number from 0")
        return None

    def time(self, name: str) -> float | None:
        """Seconds since the Unix epoch; `None` if it is missing or `null`."""
        value = self.record.get(name)
        if value is None:
            return None
        if type(value) in (int, float) and 0 < value <= _LARGEST:
            return float(value)
        self._refuse(name, "seconds since 1970")
        return None

    def table(self, name: str) -> Mapping[str, Any]:
        """An object; empty if it is missing or `null`."""
        value = self.record.get(name)
        if value is None or isinstance(value, dict):
            return value or {}
        self._refuse(name, "an object")
        return {}

    def _refuse(self, name: str, expected: str) -> None:
        received = brief(self.record.get(name), _SHOWN)
        self.problems.append(f"{self.file}: received {name} {received}, expected {expected}")
