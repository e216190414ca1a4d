"""Ranges of versions as requirements have them, by PEP 440 as far as numbers go."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BOUND: Final = re.compile(r"(?P<how><=|>=|==|!=|<|>)\s*(?P<version>[0-9.]+)")
_COMPARED: Final[Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


def is_within(version: str, wanted: str) -> bool:
    """Whether a version is in a range such as `>=2.21,<2.22`. Only its leading numbers count."""
    numbers = _numbers(version)
    return all(
        _COMPARED[bound["how"]](*_even(numbers, _numbers(bound["version"])))
        for bound in _BOUND.finditer(wanted)
    )


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _even(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both filled up with zeros to the same length."""
    length = max(len(one), len(other))
    return one + (0,) * (length - len(one)), other + (0,) * (length - len(other))
