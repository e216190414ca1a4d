"""What `gan-tui data` prints: a sheet of images, and a line for each fact."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Final

from gan.text.safe_text import LINE_LIMIT, safe_text
from tui.commands.command_line import output_width, show, write_out
from tui.commands.rich_text import StdoutConsole
from tui.render.digit_layout import digit_sheet
from tui.render.digits import render_digits
from tui.settings.preferences import load, preferences_path
from tui.settings.settings import depth_of, drawable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.data.description import Description, ImageClass
    from gan.data.image_set import Bytes
    from tui.choices import Glyphs

_LABEL: Final = 13
"""Columns of the name of a fact."""

_PIPE_COLUMNS: Final = 100
"""The width of a sheet where there is no terminal: ten images of characters, just legible."""

_NARROWEST: Final = 40
"""Columns below which lines are left to the terminal to fold."""

_CLASSES: Final = 62
"""Classes that are all named: as many as EMNIST has."""

_FIRST: Final = 10
"""Classes that are named where there are more."""

_TIE: Final = "\xa0"
"""A blank at which no line is folded."""

_NAME_CELLS: Final = 24
"""Characters of the name of a class."""


def print_source(description: Description, sheet: Bytes, glyphs: Glyphs | None) -> None:
    """Print a source to standard output.

    Args:
        description: What it is.
        sheet: Some of its images.
        glyphs: What they are drawn with; `None` for what the user and the terminal have chosen.

    Raises:
        StorageError: Standard output can't be written to.
    """
    columns = output_width()
    rows = "".join(f"{row}\n" for row in _sheet(sheet, columns, glyphs))
    if columns is None:
        show(facts(description, columns))
        write_out(f"\n{rows}")
        return
    # A low terminal keeps what comes last.
    write_out(f"{rows}\n")
    show(facts(description, columns))


def facts(description: Description, columns: int | None) -> list[str]:
    """A line for each fact, folded.

    Args:
        description: The source.
        columns: The most columns of a line; `None` for any number.
    """
    width = None if columns is None or columns < _NARROWEST else columns
    return [
        line
        for name, text in _named(description)
        for line in _folded(name, safe_text(text, LINE_LIMIT), width)
    ]


def _named(description: Description) -> Iterator[tuple[str, str]]:
    yield "data", f"{description.name}: {description.reason}"
    yield "images", f"{description.images:,}"
    if description.original is not None:
        yield "stored as", description.original.described()
    yield (
        "used as",
        f"28 x 28 of uint8, {description.low} to {description.high}, mean {description.mean:.1f}",
    )
    yield "classes", classes_line(description.classes)
    for note in description.notes:
        yield "warning" if note.is_warning else "note", note.text
    yield "fingerprint", description.fingerprint


def classes_line(classes: tuple[ImageClass, ...]) -> str:
    """How many classes there are, and how many images each has."""
    if not classes:
        return "none: the source has no labels that can be used"
    counts = [one.images for one in classes]
    low, high = min(counts), max(counts)
    size = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    unit = "image" if high == 1 else "images"
    named = classes if len(classes) <= _CLASSES else classes[:_FIRST]
    shown = ", ".join(f"{safe_text(one.name, _NAME_CELLS)}: {one.images:,}" for one in named)
    more = f", and {len(classes) - len(named):,} more (--json)" if len(named) < len(classes) else ""
    return f"{len(classes):,} of {size} {unit} each; {shown}{more}"


def _folded(name: str, text: str, width: int | None) -> list[str]:
    line = f"{name:<{_LABEL}}{text}"
    if width is None:
        return [line]
    # A count stays with the name of its class, and what may be copied stays whole.
    tied = line.replace(": ", f":{_TIE}")
    folded = textwrap.wrap(
        tied,
        width,
        subsequent_indent=" " * _LABEL,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [part.replace(_TIE, " ") for part in folded]


def _sheet(images: Bytes, columns: int | None, glyphs: Glyphs | None) -> list[str]:
    """The rows of a sheet of images, in colours on a terminal that has them."""
    depth = depth_of(os.environ)
    if columns is None or depth == "mono":
        # Half blocks without greys show less than characters do.
        glyphs = glyphs or "ascii"
    if glyphs is None:
        preferences, _ = load(preferences_path())
        glyphs = drawable(preferences.glyphs, os.environ)
    layout = digit_sheet(columns or _PIPE_COLUMNS, most=len(images), glyphs=glyphs)
    strips = render_digits(images, layout, "mono" if columns is None else depth)
    console = StdoutConsole()
    return [strip.render(console) if columns else strip.text.rstrip() for strip in strips]
