"""All that `gan-tui help` can explain, from the list that each kind has of its own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from gan.config import RunConfig
from gan.options import option_name, options_of
from gan.text.glossary import ALERTS, EXIT_CODES, SCREEN_LABELS, SERIES
from tui.commands import SUBCOMMANDS, train_options
from tui.keys.bindings import BINDINGS
from tui.keys.comparison_bindings import COMPARISON_BINDINGS
from tui.keys.runs_bindings import RUNS_BINDINGS
from tui.screens.help import help_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gan.options import Option

_SCREENS: Final = {
    "the dashboard": BINDINGS,
    "gan-tui compare": COMPARISON_BINDINGS,
    "gan-tui runs --live": RUNS_BINDINGS,
}
_FIRST_OF_SIGNALS: Final = 128
_LAST: Final = 255


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be explained."""

    names: tuple[str, ...]
    """What it is looked up by."""

    title: str
    """What kind of thing it is, its names, and where it is."""

    text: str
    """What it means or does, in a sentence or two."""


def entries() -> Iterator[Entry]:
    """Everything that can be explained."""
    yield from _keys()
    yield from _options()
    for code, text in EXIT_CODES.items():
        yield Entry((code,), f"exit code {code}", text)
    for name, text in ALERTS.items():
        yield Entry((name,), f"alert {name}", text)
    for name, text in SERIES.items():
        label = SCREEN_LABELS.get(name)
        title = f"series {name}" if label is None else f"series {name}, on the screen {label}"
        yield Entry((name,) if label is None else (name, label), title, text)


def found(word: str) -> list[Entry]:
    """What has this name. A key's letter case counts; otherwise neither case nor `-` or `_` do."""
    known = list(entries())
    exact = [entry for entry in known if word in entry.names]
    if exact:
        return exact
    folded = _folded(word)
    alike = [entry for entry in known if folded in map(_folded, entry.names)]
    return alike or _of_signal(word)


def _of_signal(word: str) -> list[Entry]:
    """The exit code after a signal, of which there are many."""
    is_number = word.isascii() and word.isdigit() and len(word) <= len(str(_LAST))
    number = int(word) - _FIRST_OF_SIGNALS if is_number else 0
    if not 0 < number <= _LAST - _FIRST_OF_SIGNALS:
        return []
    text = EXIT_CODES["128+n"].replace("signal n", f"signal {number}")
    return [Entry((word,), f"exit code {word}", text)]


def _keys() -> Iterator[Entry]:
    for screen, bindings in _SCREENS.items():
        for keys, name, sentence in help_rows(bindings):
            remapped = "" if bindings is RUNS_BINDINGS else f", {name} in keys.toml"
            yield Entry((*keys.split(", "), name), f"key {keys} in {screen}{remapped}", sentence)


def _options() -> Iterator[Entry]:
    own = {**options_of(train_options.Arguments), **options_of(RunConfig)}
    yield from _options_of("gan-tui [train]", own)
    for command in SUBCOMMANDS[1:]:
        module = import_module(f"tui.commands.{command}")
        yield from _options_of(f"gan-tui {command}", module.OPTIONS)


def _options_of(command: str, options: Mapping[str, Option]) -> Iterator[Entry]:
    for field, option in options.items():
        if option.is_positional:
            continue
        name = option_name(field)
        help_line = option.help_line
        text = f"{help_line[:1].upper()}{help_line[1:]}."
        names = (name, name[2:], *([f"-{option.short}"] if option.short else []))
        yield Entry(names, f"option {option.usage(field)} of {command}", text)


def _folded(name: str) -> str:
    return name.casefold().replace("_", "-")
