"""An app that is safe on a terminal: text from outside can't steer it, and ctrl+z suspends.

Widgets make their text safe with `gan.text.safe_text`, which shows what it replaces. The filter
comes last: it sees every row that is about to be sent or written into a picture of the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from gan.text.safe_text import safe_text
from tui.screens.layout import TOAST_FRAME
from tui.style.themes import ALL_THEMES, name_of, shown
from tui.terminal.driver import hardened_driver
from tui.terminal.job_control import stop_job
from tui.widgets.rows import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.color import Color
    from textual.notifications import SeverityLevel

    from tui.choices import ThemeChoice, ThemeName

_UNKNOWN = "?"
_GOOD_NEWS_SECONDS: Final = 3.0
"""How long a toast without a warning stays."""


class TerminalApp(App[None]):
    """An app whose text can't steer its terminal, and that a shell can suspend and continue."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # One for all rows: each row keeps what a filter made of it.
        self._printable = PrintableText()
        self._theme_choice: ThemeChoice = "auto"
        self._is_light: bool | None = None
        """Whether the terminal's background is light; `None` if it has not said."""

        for theme in ALL_THEMES:
            self.register_theme(theme.theme)

    def use_theme(self, choice: ThemeChoice) -> None:
        """Show the app in these colours from now on."""
        self._theme_choice = choice
        if self.theme != (name := shown(choice, is_light=self._is_light).theme.name):
            self.theme = name

    def know_background(self, *, is_light: bool) -> None:
        """Use the terminal's background, which it has reported, for the choice of colours."""
        if self.no_color:
            # Greys on its background are colours too.
            return
        self._is_light = is_light
        self.use_theme(self._theme_choice)

    @property
    def shown_theme(self) -> ThemeName:
        """The theme that the app is shown in, whatever was chosen."""
        return name_of(self._theme_choice, is_light=self._is_light)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a toast. Its text may come from outside, so it is never read as markup.

        What is only good news goes soon, and can be read in the log.
        """
        del markup
        if timeout is None and severity == "information":
            timeout = _GOOD_NEWS_SECONDS
        safe_message = broken_at_slashes(safe_text(message), self.toast_columns)
        super().notify(
            safe_message, title=safe_text(title), severity=severity, timeout=timeout, markup=False
        )

    @property
    def toast_columns(self) -> int:
        """Cells of a row of a toast's text."""
        return self.size.width - TOAST_FRAME

    def action_suspend(self) -> None:
        """Stop the process, with its training, until the shell continues it."""
        if hardened_driver(self) is None or not stop_job():
            words = "There is no shell here that could continue the program."
            self.notify(words, title="Not suspended", severity="warning")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, and the gate that every row of every widget passes.

        Textual chooses how to leave out colours once, by its first theme; what it makes of the
        terminal's own colours is black on black.
        """
        filters = super().get_line_filters()
        if self.current_theme.ansi:
            filters = [NoColor() if isinstance(one, Monochrome) else one for one in filters]
        return [*filters, self._printable]


def broken_at_slashes(text: str, width: int) -> str:
    """The text with line breaks in words that are wider than `width`, such as paths."""
    words = (
        "\n".join(wrapped(word, width)) if cell_len(word) > width else word
        for word in text.split(" ")
    )
    return " ".join(words)


class PrintableText(LineFilter):
    """Replaces unprintable characters, and changes no width: rows are laid out already."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, the same list if all of their text is printable."""
        del background
        if all(segment.text.isprintable() or segment.control for segment in segments):
            return segments
        return [
            segment if segment.control else Segment(printable(segment.text), segment.style)
            for segment in segments
        ]


def printable(text: str) -> str:
    """The text with `?` for unprintable characters, without those of no width, in as many cells."""
    if text.isprintable():
        return text
    kept = (c if c.isprintable() else _UNKNOWN * cell_len(c) for c in text)
    return set_cell_size("".join(kept), cell_len(text))
