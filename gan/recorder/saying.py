"""What a recorder says to the person who runs the loop: Python's warnings, on one line each."""

from __future__ import annotations

import warnings
from contextlib import suppress

from gan.text.safe_text import LINE_LIMIT, safe_text


def warn(text: str) -> None:
    """Issue a `RuntimeWarning`; where warnings are errors it is not shown, and ends no training."""
    with suppress(RuntimeWarning):
        warnings.warn(safe_text(text, LINE_LIMIT), RuntimeWarning, stacklevel=2)
