"""What a recorder says to the person who runs the loop: Python's warnings, on one line each."""

from __future__ import annotations

import warnings
from contextlib import suppress

from gan.text.safe_text import LINE_LIMIT, safe_text


def said_by(error: BaseException) -> str:
    """An error's class and the first line of its text that says something."""
    lines = (line.strip() for line in str(error).splitlines())
    return f"{type(error).__name__}: {next(filter(None, lines), '')}".removesuffix(": ")


def warn(text: str) -> None:
    """Issue a `RuntimeWarning`; where warnings are errors it is not shown, and ends no training."""
    with suppress(RuntimeWarning):
        warnings.warn(safe_text(text, LINE_LIMIT), RuntimeWarning, stacklevel=2)
