"""The man page `docs/gan-tui.1`, made from the parsers by `python -m tests.docs`.

The wheel puts it into `share/man/man1`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, get_args

from gan.config import RunConfig
from gan.errors import EXIT_CODES
from gan.options import Group, options_of
from tui.commands import SUBCOMMANDS, train_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gan.options import Option

_FILES = {
    "runs/": "The runs, each in a numbered folder; --runs names another one.",
    "~/.config/gan-tui/keys.toml": "Remapped keys, a name and a key in each line.",
    "~/.local/state/gan-tui/view.json": "How the dashboard was last shown.",
}
_ENVIRONMENT = {
    "NO_COLOR": "Draw without colours.",
    "TF_CONFIG, SLURM_PROCID": "Which processes train together; see --strategy and --workers.",
    "CUDA_VISIBLE_DEVICES": "The GPUs that may be used.",
}


def man_page() -> str:
    """The page in roff, in the macros of man(7)."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.TH GAN\\-TUI 1 "" "gan\\-tui" "User Commands"'
    yield from (".SH NAME", _escaped("gan-tui - ") + _escaped(_summary()))
    yield ".SH SYNOPSIS"
    yield from (".B gan\\-tui", "[train] [OPTIONS]")
    for command in SUBCOMMANDS[1:]:
        yield from (".br", f".B gan\\-tui {command}", "[OPTIONS]")
    yield from (".SH DESCRIPTION", _escaped(_description()))
    yield _escaped("In the dashboard ? shows every key. gan-tui help WORD explains one of them, an")
    yield _escaped(
        "option, an exit code, an alert or a series. gan-tui --demo plays a recorded run."
    )
    yield ".SH OPTIONS"
    training = {**options_of(train_options.Arguments), **options_of(RunConfig)}
    for group in get_args(Group):
        yield f".SS {group.capitalize()}"
        yield from _options({n: one for n, one in training.items() if one.group == group})
    yield ".SH SUBCOMMANDS"
    for command in SUBCOMMANDS[1:]:
        module = import_module(f"tui.commands.{command}")
        yield from (f".SS gan\\-tui {command}", _escaped(module.parser().description))
        yield from _options(module.OPTIONS)
    yield ".SH EXIT STATUS"
    yield from _tagged((code, f"{words}.".capitalize()) for code, words in EXIT_CODES.items())
    yield ".SH FILES"
    yield from _tagged(_FILES.items())
    yield ".SH ENVIRONMENT"
    yield from _tagged(_ENVIRONMENT.items())


def _description() -> str:
    return str(train_options.parser().description)


def _summary() -> str:
    """The description as one clause, which `man -k` shows."""
    description = _description()
    return description[:1].lower() + description[1:].rstrip(".")


def _options(options: Mapping[str, Option]) -> Iterator[str]:
    return _tagged(
        (one.usage(name), f"{one.help_line[:1].upper()}{one.help_line[1:]}.")
        for name, one in options.items()
    )


def _tagged(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A term in bold, and the text beside or below it, for each row."""
    for term, text in rows:
        yield from (".TP", f".B {_escaped(term)}", _escaped(text))


def _escaped(text: str) -> str:
    """One line of text that roff prints as it is."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
