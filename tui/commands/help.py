"""`gan-tui help WORD`: what one key, option, exit code, alert, series or subcommand is."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.hints import aliases
from gan.hints.nearest import hint, nearest
from gan.hints.quoting import brief
from gan.options import Option, option, options_of, text
from tui.commands import SUBCOMMANDS, train_options
from tui.commands.command_line import Parser, add_option, output_width, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tui.commands.help_entries import Entry

_WIDEST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What to explain."""

    word: str | None = option(
        None,
        "WORD",
        text("a word"),
        group="screen",
        help="a key, an option, an exit code, an alert, a series or a subcommand",
        default_text="the help of gan-tui itself",
        is_positional=True,
        nullable=True,
    )


OPTIONS: Final[dict[str, Option]] = options_of(Arguments)
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Explain a word; returns the exit code.

    Args:
        words: The command line, `help` in front.

    Raises:
        UsageError: There is nothing of this name.
        StorageError: Standard output can't be written to.
    """
    word = _word(words[1:])
    if word is None or word == SUBCOMMANDS[0]:
        train_options.parser().print_help()
    elif word in SUBCOMMANDS:
        import_module(f"tui.commands.{word}").parser().print_help()
    else:
        show(_explained(word))
    return 0


def parser() -> Parser:
    """The parser."""
    made = Parser(
        prog="gan-tui help",
        description="Explain one key, option, exit code, alert, series or subcommand.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in OPTIONS.items():
        add_option(made, name, described)
    return made


def _word(words: Sequence[str]) -> str | None:
    """The word to explain, which may look like an option; `None` without one."""
    if len(words) == 1 and words[0] not in ("-h", "--help"):
        return words[0]
    word: str | None = parser().read(words).get("word")
    return word


def _explained(word: str) -> Iterator[str]:
    """What the word is, in lines.

    Raises:
        UsageError: It is nothing here.
    """
    # Imported here: the list of keys loads a part of Textual.
    from tui.commands.help_entries import found

    if not (entries := found(word)):
        raise UsageError(
            f"received {brief(word)}, expected a key, an option, an exit code, an alert, a series "
            f"or a subcommand.{hint(_meant(word))} gan-tui --help lists options and subcommands, "
            "and ? in the dashboard its keys."
        )
    for place, entry in enumerate(entries):
        if place:
            yield ""
        yield from _lines(entry)


def _lines(entry: Entry) -> Iterator[str]:
    import textwrap

    width = min(output_width() or _WIDEST, _WIDEST)
    yield from textwrap.wrap(entry.title, width, break_on_hyphens=False)
    indent = "  "
    yield from textwrap.wrap(
        entry.text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _meant(word: str) -> str | None:
    """The nearest name of anything."""
    from tui.commands.help_entries import entries

    names = {name for entry in entries() for name in entry.names if len(name) > 1}
    return nearest(word, sorted({*names, *SUBCOMMANDS}), {**aliases.COMMANDS, **aliases.OPTIONS})
