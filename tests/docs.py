"""The pages of `docs/` that are made from the code: `python -m tests.docs` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding

from tui.app.app import GanTuiApp
from tui.commands import bench, train_options
from tui.screens.export_dialog import ExportDialog
from tui.screens.help import HelpScreen, grouped, help_rows
from tui.screens.log_screen import LogScreen
from tui.screens.quit_dialog import QuitDialog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

DOCS = Path(__file__).parents[1] / "docs"
_DIALOGS = {
    "The log": LogScreen,
    "The export dialog": ExportDialog,
    "The quit dialog": QuitDialog,
    "The help": HelpScreen,
}


def options_page() -> str:
    """Every option of every subcommand, by the groups of `--help`."""
    return "\n".join(_options_lines()) + "\n"


def keys_page() -> str:
    """Every key of the dashboard and of the screens over it, with its name in `keys.toml`."""
    return "\n".join(_keys_lines()) + "\n"


PAGES: dict[str, Callable[[], str]] = {"options.md": options_page, "keys.md": keys_page}


def _options_lines() -> Iterator[str]:
    yield "# Options"
    yield ""
    yield "The output of `--help`, as tables. `--config FILE` takes the options of a run from TOML,"
    yield "with the same names, or from the `config.json` of a run."
    for parser in (train_options._parser(), bench._parser()):
        yield from ("", f"## {parser.prog}", "", parser.description or "")
        for group in parser._action_groups:
            rows = [_option_row(parser, action) for action in group._group_actions]
            if rows:
                title = (group.title or "options").capitalize()
                yield from ("", f"### {title}", "", "| option | |", "|---|---|", *rows)


def _option_row(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    name = ", ".join(action.option_strings)
    if action.nargs != 0:
        value = action.metavar or "|".join(map(str, action.choices or ()))
        name += f" [{value}]" if action.nargs == "?" else f" {value}"
    meaning = parser._get_formatter()._expand_help(action)
    return f"| `{name}` | {_escaped(meaning)} |".replace("`|", "` |")


def _keys_lines() -> Iterator[str]:
    yield "# Keys"
    yield ""
    yield "`?` shows this list in the dashboard, and `ctrl+p` finds an action by its name."
    yield ""
    yield "Remap a key in `~/.config/gan-tui/keys.toml` by the name in the last column:"
    yield from ("", "```toml", 'pause = "x"', 'grid-before = "comma"', "```")
    bindings = (binding for binding in GanTuiApp.BINDINGS if isinstance(binding, Binding))
    for group, members in grouped(bindings).items():
        yield from _key_table(group, members)
    for title, screen in _DIALOGS.items():
        yield from _key_table(title, (one for one in screen.BINDINGS if isinstance(one, Binding)))


def _key_table(title: str, bindings: Iterable[Binding]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| key | | name |", "|---|---|---|")
    for keys, name, sentence in help_rows(bindings):
        spans = ", ".join(f"`{key}`" for key in keys.split(", "))
        yield f"| {spans} | {_escaped(sentence)} | `{name}` |"


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
