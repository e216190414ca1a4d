"""Text for Rich's consoles, made safe to show. It may come from outside, and is never markup."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from gan.text.safe_text import LINE_LIMIT, safe_text


def stderr_console() -> Console:
    """A console on standard error that reads no markup, emoji codes or numbers into its text."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def safe(text: str, style: str = "") -> Text:
    """The text in one style."""
    return Text(safe_text(text, LINE_LIMIT), style=style)
