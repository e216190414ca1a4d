"""The pages of `docs` that are made from the code: the options and the keys.

    python -m tests.pages

writes them. `tests/test_pages.py` fails if a page is out of date.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from gan.config import RunConfig
from gan.options import Group, option_name, options_of
from tui.app.app import GanTuiApp
from tui.commands import bench, train_options
from tui.model.run_state import MARKS
from tui.screens.help import grouped, help_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gan.options import Option

DOCS = Path(__file__).parents[1] / "docs"


def options_page() -> str:
    """Every option of every subcommand, with its values and its default."""
    trained = options_of(RunConfig)
    options = {**options_of(train_options.Arguments), **trained}
    measured = {**{n: trained[n] for n in bench.TRAINED}, **options_of(bench.Arguments)}
    sections = [
        "# Options",
        "Made from the code by `python -m tests.pages`.",
        "## gan-tui [train]",
        (
            "A file for `--config` may hold every option under *training* and *machine*, and "
            "`sample-every`, `checkpoint-every` and `keep`: `batch-size = 64`. An option on the "
            "command line wins over the file. A resumed run can change every option except those "
            "marked *fixed*."
        ),
    ]
    for group in get_args(Group):
        sections += [f"### {group.capitalize()}", _options_table(options, group)]
    sections += ["## gan-tui bench", _options_table(measured)]
    return "\n\n".join(sections) + "\n"


def keys_page() -> str:
    """Every key of the dashboard, its name for `keys.toml`, and the signs of the chart."""
    sections = [
        "# Keys",
        "Made from the code by `python -m tests.pages`.",
        'To remap a key, give its name in `~/.config/gan-tui/keys.toml`: `pause = "x"`.',
    ]
    for group, bindings in grouped(GanTuiApp.BINDINGS).items():
        rows = [(_code(*keys.split(", ")), s, _code(name)) for keys, name, s in help_rows(bindings)]
        sections += [f"## {group}", _table(("key", "what it does", "name"), rows)]
    signs = [(_code(sign), f"{meaning}.".capitalize()) for sign, meaning in MARKS.items()]
    sections += ["## Signs on the chart's axis", _table(("sign", "meaning"), signs)]
    return "\n\n".join(sections) + "\n"


def _options_table(options: Mapping[str, Option], group: str | None = None) -> str:
    rows = [
        (
            _code(f"{option_name(name)} {_metavar(option)}".rstrip()),
            option.help + (" (*fixed*)" if option.fixed else ""),
            option.values.expected if option.values else "",
            option.described_default,
        )
        for name, option in options.items()
        if group in (None, option.group)
    ]
    return _table(("option", "meaning", "values", "default"), rows)


def _metavar(option: Option) -> str:
    return option.metavar if option.bare is None else f"[{option.metavar}]"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(head), *([text.replace("|", r"\|") for text in row] for row in rows)]
    cells.insert(1, ["---"] * len(cells[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _code(*texts: str) -> str:
    return ", ".join(f"`{text}`" for text in texts)


PAGES = {"options.md": options_page, "keys.md": keys_page}


def main() -> None:
    """Write every page."""
    for name, made in PAGES.items():
        (DOCS / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
