"""A loop's own settings as JSON values, whatever they are made of."""

from __future__ import annotations

import json
import math
from argparse import Namespace
from collections.abc import Mapping
from typing import Any, Final

_MAX_TEXT: Final = 1000
"""Characters of a value that JSON has no form for."""

_MAX_DEPTH: Final = 16

MAX_BYTES: Final = 960 * 1024
"""Of settings as they stand in `config.json`, which has room for the command line besides."""


def checked(settings: Mapping[str, Any] | Namespace | None) -> dict[str, Any]:
    """Settings as JSON values, before there is a run to keep them.

    Args:
        settings: A dictionary, or what `argparse` returns; `None` for none.

    Raises:
        TypeError: They are something else.
        ValueError: They are larger than a run keeps.
    """
    if isinstance(settings, Namespace):
        settings = vars(settings)
    if settings is not None and not isinstance(settings, Mapping):
        raise TypeError(
            f"settings: received {type(settings).__name__}, expected a dictionary, such as "
            "vars(args)"
        )
    kept: dict[str, Any] = plain(settings or {})
    size = len(json.dumps({"config": {"settings": kept}}, indent=2).encode())
    if size > MAX_BYTES:
        raise ValueError(
            f"settings: received {size:,} bytes, expected at most {MAX_BYTES:,}; leave out what is "
            "data"
        )
    return kept


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
