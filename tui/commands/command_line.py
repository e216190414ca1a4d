"""What the subcommands share: a parser that raises, options from their descriptions, and output.

Loads neither Rich nor Textual: a command line is read before either is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

from gan.disk.os_errors import reason
from gan.disk.streams import divert
from gan.errors import StorageError, UsageError
from gan.hints import aliases
from gan.hints.nearest import hint, nearest
from gan.hints.quoting import brief
from gan.options import option_name
from gan.text.safe_text import LINE_LIMIT, safe_text
from tui.commands import SUBCOMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from gan.options import Option

_MAX_WORD: Final = 80
"""Characters of an unknown word that an error repeats as they are."""


class Parser(argparse.ArgumentParser):
    """A parser that raises its errors, in one line, and prints nothing but the help."""

    def __init__(self, **settings: Any) -> None:
        """Make a parser; `settings` are argparse's."""
        super().__init__(**settings)
        # Python's own pattern takes -1e-4 for an option.
        self._negative_number_matcher = re.compile(r"-(?:\.?[0-9]|inf|nan)", re.IGNORECASE)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f"{message}. See {self.prog} --help.")

    def read(self, words: Sequence[str]) -> dict[str, Any]:
        """The values of a command line, by field name.

        Raises:
            UsageError: It can't be read. For a word that isn't known, the error names the nearest.
            StorageError: Standard output refuses the help that was asked for.
        """
        values, unknown = self.parse_known_args(list(words))
        if unknown:
            shown = " ".join(word if len(word) <= _MAX_WORD else brief(word) for word in unknown)
            meant = hint(self._meant(unknown[0]))
            raise UsageError(f"unrecognized arguments: {shown}.{meant} See {self.prog} --help.")
        return vars(values)

    def print_help(self, file: Any = None) -> None:
        """Write the help to standard output.

        Raises:
            StorageError: Standard output refuses it.
        """
        del file
        write_out(self.format_help())

    def _meant(self, word: str) -> str | None:
        """The option, or the subcommand, that an unknown word may stand for."""
        given = word.partition("=")[0]
        if not given.startswith("-"):
            return nearest(given, SUBCOMMANDS, aliases.COMMANDS)
        names = [name for name in self._option_string_actions if name.startswith("--")]
        bare = nearest(given, [name[2:] for name in names], aliases.OPTIONS)
        return None if bare is None or f"--{bare}" not in names else f"--{bare}"


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
            nargs="*" if option.is_repeated else None if option.is_required else "?",
            help=_escaped(option.help_line),
        )
        return
    if option.values is None:
        group.add_argument(option_name(name), action="store_true", help=_escaped(option.help_line))
        return
    names = [f"-{option.short}"] if option.short else []
    if option.is_repeated:
        group.add_argument(
            *names,
            option_name(name),
            metavar=option.metavar,
            type=option.values.read,
            action="append",
            help=_escaped(option.help_line),
        )
        return
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
    """Print one line to standard error or another stream, if it is open and takes it.

    A full disk or a reader that left must not change the exit code.
    """
    stream = stream or sys.stderr
    if stream is None:
        return
    try:
        print(safe_text(line, LINE_LIMIT), file=stream, flush=True)
    except OSError:
        divert(stream)


def write_out(text: str | bytes) -> bool:
    """Write what was asked for to standard output, at once.

    Args:
        text: Bytes, or text, of which characters that it can't encode are written as escapes.

    Returns:
        Whether it was written; a reader that has left, as `head` does, is no failure.

    Raises:
        StorageError: Standard output is closed, or its device refused.
    """
    stream = sys.stdout
    if stream is None:
        raise StorageError("standard output is closed. Open it, or redirect it to a file.")
    try:
        if isinstance(text, str):
            encoding = stream.encoding or "utf-8"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        else:
            stream.flush()
            stream.buffer.write(text)
        stream.flush()
    except BrokenPipeError:
        divert(stream)
        return False
    except OSError as error:
        divert(stream)
        raise StorageError(f"cannot write to standard output: {reason(error)}.") from error
    return True


def show(lines: Iterable[str]) -> None:
    """Print lines that were asked for to standard output.

    Raises:
        StorageError: It can't be written to.
    """
    write_out("".join(f"{safe_text(line, LINE_LIMIT)}\n" for line in lines))


def show_path(path: str | Path) -> bool:
    """Print a path to standard output as a line of its own.

    Byte for byte, so that scripts can use it; on a terminal made safe to show, as all other text.

    Returns:
        As `write_out`.

    Raises:
        StorageError: It can't be written to.
    """
    is_shown = sys.stdout is not None and sys.stdout.isatty()
    line = safe_text(str(path), LINE_LIMIT).encode() if is_shown else os.fsencode(path)
    return write_out(line + b"\n")


def output_width() -> int | None:
    """Columns of the terminal that standard output is; `None` if it is none."""
    stream = sys.stdout
    if stream is None or not stream.isatty():
        return None
    return shutil.get_terminal_size().columns


def show_json(record: Any) -> None:
    """Print one JSON value in ASCII to standard output; JSON itself escapes what needs it.

    Raises:
        StorageError: It can't be written to.
    """
    write_out(json.dumps(record) + "\n")


def _escaped(help_line: str) -> str:
    """A help text for argparse, which fills in what follows a percent sign."""
    return help_line.replace("%", "%%")
