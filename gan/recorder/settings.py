"""A loop's own settings as JSON values, whatever they are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

_MAX_TEXT: Final = 1000
"""Characters of a value that JSON has no form for."""

_MAX_DEPTH: Final = 16


def plain(value: Any, depth: int = 0) -> Any:
    """A value in JSON's terms: what JSON has no form for, such as a path, as its text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        return {str(key): plain(member, depth + 1) for key, member in value.items()}
    if depth < _MAX_DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return [plain(member, depth + 1) for member in value]
    return str(value)[:_MAX_TEXT]
