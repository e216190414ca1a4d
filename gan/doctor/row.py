"""What a check has found, as one row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warn", "fail"]
"""Works; works with a loss that the row names; does not work."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a check has found."""

    name: str
    """What was checked, in a word or two."""

    verdict: Verdict
    text: str
    """What was found, with figures, in one short line."""

    fix: str = ""
    """What mends it: a command, or a sentence that ends in a full stop. Empty if all is well."""

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values, one entry per field."""
        return asdict(self)


def ok(name: str, text: str) -> Row:
    """A row of what works."""
    return Row(name, "ok", text)


def warn(name: str, text: str, fix: str) -> Row:
    """A row of what works with a loss."""
    return Row(name, "warn", text, fix)


def fail(name: str, text: str, fix: str) -> Row:
    """A row of what does not work."""
    return Row(name, "fail", text, fix)
