"""Reading JSON that another program may have written or damaged: a value or a `ValueError`."""

from __future__ import annotations

import json
from typing import Any, Final

MAX_DEPTH: Final = 32
"""Objects and lists inside one another; no file of this project comes near it."""


def read_json(data: str | bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Python's reader also raises `RecursionError` for deep nesting, takes the last of two equal keys,
    and guesses UTF-16 from NUL bytes; this one does not.

    Raises:
        ValueError: It is not UTF-8 or not JSON, an object has a key twice, a number has more digits
            than Python reads, or it is nested more than `MAX_DEPTH` deep.
    """
    text = data if isinstance(data, str) else data.decode()
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats)
    except RecursionError:
        raise _too_deep() from None
    # A value that is only just readable may be too deep for whoever writes or prints it later.
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _require_shallow(value)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"received the key {repeated!r:.80} more than once, expected it once")
    return record


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = (part for outer in level for part in _parts(outer))
        level = [part for part in inner if isinstance(part, (dict, list))]
        if not level:
            return
    raise _too_deep()


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> ValueError:
    return ValueError(f"nested too deeply: expected at most {MAX_DEPTH} levels")
