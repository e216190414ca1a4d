"""The pages of `docs/` that are made from the code: `python -m tests.docs` writes them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from textual.binding import Binding

from gan.config import RunConfig
from gan.options import Group, options_of
from tests.gan.machine.field import AT_THE_START, IN_MID_RUN
from tests.man_page import man_page
from tui.app.app import GanTuiApp
from tui.commands import SUBCOMMANDS, train_options
from tui.keys.comparison_bindings import COMPARISON_BINDINGS
from tui.keys.runs_bindings import RUNS_BINDINGS
from tui.screens.copy_dialog import CopyDialog
from tui.screens.discard_dialog import DiscardDialog
from tui.screens.export_dialog import ExportDialog
from tui.screens.help import HelpScreen, grouped, help_rows
from tui.screens.log_screen import LogScreen
from tui.screens.quit_dialog import QuitDialog
from tui.screens.series_dialog import SeriesDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gan.options import Option

DOCS = Path(__file__).parents[1] / "docs"
_DIALOGS = {
    "The log": LogScreen,
    "The export dialog": ExportDialog,
    "The list of series": SeriesDialog,
    "The copy dialog": CopyDialog,
    "The quit dialog": QuitDialog,
    "The help": HelpScreen,
}

DISCARD_BINDINGS = [one for one in DiscardDialog.BINDINGS if isinstance(one, Binding)]


def options_page() -> str:
    """Every option of every subcommand, with its values and its default."""
    return "\n".join(_options_lines()) + "\n"


def keys_page() -> str:
    """Every key of the dashboard and of the screens over it, with its name in `keys.toml`."""
    return "\n".join(_keys_lines()) + "\n"


def gpu_page() -> str:
    """The page about GPUs as it is, with the tables of faults made anew."""
    text = (DOCS / "gpu.md").read_text(encoding="utf-8")
    for title, rows in (("at the start", _start_rows()), ("in mid-run", _mid_run_rows())):
        before, marker, rest = text.partition(f"<!-- {title} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        text = "".join([before, marker, *(f"{row}\n" for row in rows), end, after])
    return text


PAGES: dict[str, Callable[[], str]] = {
    "options.md": options_page,
    "keys.md": keys_page,
    "gpu.md": gpu_page,
    "gan-tui.1": man_page,
}


def _start_rows() -> Iterator[str]:
    yield "| what is wrong | option | what it says | what helps, as it says | trains on | exit |"
    yield "|---|---|---|---|---|---|"
    for row in AT_THE_START:
        memory = f" --gpu-memory {row.gpu_memory}" if row.gpu_memory else ""
        cells = [
            f"[{row.fault}]({row.issue})",
            f"`--device {row.requested}{memory}`",
            f"{row.says} ...",
            f"... {row.helps}" if row.helps else "",
            row.device or "nothing",
            str(row.exit_code),
        ]
        yield f"| {' | '.join(map(_escaped, cells))} |"


def _mid_run_rows() -> Iterator[str]:
    yield "| what happens | TensorFlow's error | what it says | what helps, as it says |"
    yield "|---|---|---|---|"
    for row in IN_MID_RUN:
        cells = [
            f"[{row.fault}]({row.issue})",
            f"`{row.error}`: {row.message}",
            f"{row.says} ...",
            f"... {row.helps}",
        ]
        yield f"| {' | '.join(map(_escaped, cells))} |"


def _options_lines() -> Iterator[str]:
    trained = options_of(RunConfig)
    yield "# Options"
    yield ""
    yield "A file for `--config` may hold every option under *training* and *machine*, and"
    yield "`sample-every`, `checkpoint-every`, `evaluate-every` and `keep`, such as"
    yield "`batch-size = 64`; a run's own `config.json` works too. An option on the command line"
    yield "wins over the file. A resumed run may change every option except those marked *fixed*;"
    yield "with `--data` it may find its own images in another place."
    yield from ("", "## gan-tui [train]")
    for group in get_args(Group):
        yield from ("", f"### {group.capitalize()}", "")
        options = {**options_of(train_options.Arguments), **trained}
        yield from _option_rows(
            {n: o for n, o in options.items() if o.group == group}, marks_fixed=True
        )
    for command in SUBCOMMANDS[1:]:
        yield from ("", f"## gan-tui {command}", "")
        yield from _option_rows(import_module(f"tui.commands.{command}").OPTIONS)


def _option_rows(options: Mapping[str, Option], *, marks_fixed: bool = False) -> Iterator[str]:
    yield "| option | meaning | values | default |"
    yield "|---|---|---|---|"
    for name, option in options.items():
        cells = [
            f"`{option.usage(name)}`",
            option.help + (" (*fixed*)" if marks_fixed and option.fixed else ""),
            option.values.expected if option.values else "",
            option.described_default,
        ]
        yield f"| {' | '.join(map(_escaped, cells))} |"


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
    yield from ("", "## The table of runs", "")
    yield "The keys of `gan-tui runs --live`, which can't be remapped."
    yield from ("", "| key | |", "|---|---|")
    for keys, _, sentence in help_rows([*RUNS_BINDINGS, *DISCARD_BINDINGS]):
        yield f"| {_spans(keys)} | {_escaped(sentence)} |"
    yield from _key_table("gan-tui compare", COMPARISON_BINDINGS)


def _key_table(title: str, bindings: Iterable[Binding]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| key | | name |", "|---|---|---|")
    for keys, name, sentence in help_rows(bindings):
        yield f"| {_spans(keys)} | {_escaped(sentence)} | `{name}` |"


def _spans(keys: str) -> str:
    return ", ".join(f"`{key}`" for key in keys.split(", "))


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
