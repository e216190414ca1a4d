"""What completes the command line in a shell: a script, made by shtab from the parsers."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import shtab

from gan.config import RunConfig
from gan.options import option_name, options_of
from tui.commands import SUBCOMMANDS, train_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.options import Option

_PATH: Final[dict[str, Any]] = shtab.FILE


def completion(shell: str) -> str:
    """The script.

    Args:
        shell: One of `tui.choices.SHELLS`.
    """
    script: str = shtab.complete(_whole_parser(), shell)
    return script.rstrip("\n") + "\n"


def _whole_parser() -> argparse.ArgumentParser:
    """One parser with all subcommands, which only a shell sees."""
    whole = argparse.ArgumentParser(prog="gan-tui")
    whole.add_argument("--version", action="store_true", help="show version and exit")
    training = {**options_of(train_options.Arguments), **options_of(RunConfig)}
    _add_options(whole, training)
    commands = whole.add_subparsers()
    for name in SUBCOMMANDS:
        module = import_module(f"tui.commands.{name}")
        described = training if name == SUBCOMMANDS[0] else module.OPTIONS
        summary = _summary(name, module)
        _add_options(commands.add_parser(name, help=summary, description=summary), described)
    return whole


def _summary(name: str, module: Any) -> str:
    """The first sentence of the subcommand's description."""
    parser = train_options.parser() if name == SUBCOMMANDS[0] else module.parser()
    sentence: str = str(parser.description).partition(". ")[0]
    return sentence.rstrip(".")


def _add_options(parser: argparse.ArgumentParser, options: Mapping[str, Option]) -> None:
    for field, option in options.items():
        added = parser.add_argument(*_names(field, option), **_settings(option))
        if option.values is not None and (option.values.is_path or option.is_positional):
            # Runs are folders. shtab reads this attribute.
            added.complete = _PATH  # type: ignore[attr-defined]


def _names(field: str, option: Option) -> list[str]:
    if option.is_positional:
        return [field]
    return [*([f"-{option.short}"] if option.short else []), option_name(field)]


def _settings(option: Option) -> dict[str, Any]:
    words = option.help.replace("%", "%%")
    if option.values is None:
        return {"action": "store_true", "help": words}
    repeated = "*" if option.is_repeated else "?"
    takes_none = option.bare is not None or option.is_positional
    return {
        "help": words,
        "metavar": option.metavar,
        "nargs": repeated if takes_none else None,
        "choices": option.values.names or None,
    }
