"""`gan-tui data`: what a source of images is, and what a run would make of it, without training.

The options and the flow; `gan.data` reads and describes, `data_table` prints. Loads no TensorFlow.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from gan.config import RunConfig
from gan.data.reading_options import ReadingOptions
from gan.data.sources import AUTO, SOURCE, absolute_source
from gan.events import ProgressMade
from gan.options import one_of, option, options_of
from tui.choices import GLYPHS
from tui.commands.command_line import Parser, add_option, show_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.data.description import Description
    from gan.data.image_set import Bytes, Progress
    from gan.events import Listener
    from tui.choices import Glyphs


SHEET: Final = 100
"""Images in a sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Which source to show, and how."""

    source: str = option(
        AUTO,
        "SOURCE",
        SOURCE,
        group="run",
        help=f"the source, as --data of a run takes it: {SOURCE.expected}",
        default_text="auto",
        is_positional=True,
    )

    json: bool = option(False, group="run", help="one JSON object on stdout, without pictures")

    glyphs: str | None = option(
        None,
        "KIND",
        one_of(GLYPHS),
        group="screen",
        help="what the images are drawn with",
        lists_values=True,
        default_text="your last choice, or ascii in a pipe and without colours",
        nullable=True,
    )


_READING: Final = ("exact_size", "strict", "invert")
"""The options of a run that decide how a source is read."""

OPTIONS: Final = {
    **options_of(Arguments),
    **{name: replace(options_of(RunConfig)[name], fixed=False) for name in _READING},
}
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Show a source; returns the exit code.

    Args:
        words: The command line, from `data` on.

    Raises:
        GanTuiError: The words can't be read, or the source has no usable images.
    """
    given = parser().read(words[1:])
    for name, value in given.items():
        OPTIONS[name].check(name, value)
    reading = ReadingOptions(**{name: given.pop(name) for name in _READING if name in given})
    arguments = Arguments(**given)
    description, sheet = _read(absolute_source(arguments.source), reading)
    if arguments.json:
        show_json(description.to_json())
        return 0

    from tui.commands.data_table import print_source

    print_source(description, sheet, cast("Glyphs | None", arguments.glyphs))
    return 0


def _read(source: str, reading: ReadingOptions) -> tuple[Description, Bytes]:
    """What a source is, and the images of its sheet."""
    from gan.data.description import describe
    from gan.data.loader import load
    from tui.commands.progress_console import progress_console

    listener, context = progress_console()
    progress = _reported(listener)
    with context:
        loaded = load(source, progress=progress, options=reading)
        description = describe(loaded, progress)
        sheet = loaded.images.examples(min(SHEET, len(loaded.images)))
    return description, sheet


def _reported(listener: Listener) -> Progress:
    """Progress as events for a listener."""

    def report(what: str, done: int, total: int, unit: str) -> None:
        listener(ProgressMade(time=time.time(), what=what, done=done, total=total, unit=unit))

    return report


def parser() -> Parser:
    """The parser, with every option."""
    made = Parser(
        prog="gan-tui data",
        description="What a source of images is: how many, their sizes, classes and values, what "
        "was done to read them, and a sheet of them. Without a source: what a run would take.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in OPTIONS.items():
        add_option(made, name, described)
    return made
