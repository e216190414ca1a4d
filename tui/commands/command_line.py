"""What the subcommands share: a parser that raises, options from their descriptions, one line out.

Loads neither Rich nor Textual: a command line is read before either is needed.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from gan.errors import UsageError
from gan.options import option_name
from gan.text.safe_text import PATH_LIMIT, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.options import Option


class Parser(argparse.ArgumentParser):
    """A parser that raises its errors, in one line, and prints nothing."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f"{message}. See {self.prog} --help.")


def add_option(group: argparse._ActionsContainer, name: str, option: Option) -> None:
    """Add an option to a parser or to one of its groups.

    An option that isn't given leaves no attribute, if the parser's `argument_default` is SUPPRESS.

    Args:
        group: A parser, or a group of one.
        name: The field's name, such as `batch_size` for `--batch-size`.
        option: Its description.
    """
    if option.is_positional:
        group.add_argument(
            name,
            metavar=option.metavar,
            type=_unless_left_out(option),
            nargs=None if option.is_required else "?",
            help=_escaped(option.help_line),
        )
        return
    if option.values is None:
        group.add_argument(option_name(name), action="store_true", help=_escaped(option.help_line))
        return
    names = [f"-{option.short}"] if option.short else []
    group.add_argument(
        *names,
        option_name(name),
        metavar=option.metavar,
        type=option.values.read,
        nargs=None if option.bare is None else "?",
        const=option.bare,
        help=_escaped(option.help_line),
    )


def _unless_left_out(option: Option) -> Callable[[str], Any]:
    """Reads a word; argparse has the marker of an argument that was left out read too."""
    read = option.values.read if option.values else str
    return lambda word: word if word is argparse.SUPPRESS else read(word)


def say(line: str, stream: TextIO | None = None) -> None:
    """Print one line to standard error, if it is open, or to another stream."""
    stream = stream or sys.stderr
    if stream is not None:
        print(safe_text(line, PATH_LIMIT), file=stream, flush=True)


def _escaped(help_line: str) -> str:
    """A help text for argparse, which fills in what follows a percent sign."""
    return help_line.replace("%", "%%")
