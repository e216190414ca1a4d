"""How an error quotes a value that it received."""

from __future__ import annotations


def brief(value: object, limit: int = 80) -> str:
    """A value from outside as it would be written in Python, cut to `limit` characters."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= limit else text[: limit - 3] + "..."
