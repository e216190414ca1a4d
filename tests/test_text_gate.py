"""Text from outside reaches people through one gate: no other code writes to a screen or a stream.

Each row of `SINKS` names a call that puts text in front of people, and the modules that may make
it. Those either pass the text through `safe_text`, or write text that is their own.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]

SINKS: Final = {
    "print": {
        "tui/app/failing.py",  # a traceback, into stderr.log
        "tui/commands/command_line.py",
        "tui/commands/doctor_table.py",  # text of `rich_text`
        "tui/commands/progress_bar.py",  # text of `rich_text`
        "tui/commands/summary.py",
        "tui/commands/train.py",  # a traceback, into stderr.log
    },
    "os.write": {
        "gan/bench/processes.py",  # keys
        "gan/disk/files.py",
        "tui/commands/progress_console.py",  # shows the cursor
        "tui/doctor/asking.py",  # questions of its own to the terminal
        "tui/supervision/terminal_state.py",  # its own codes, and lines that were made safe
        "tui/terminal/frame_writer.py",  # frames of rows, and titles that it makes safe
        "tui/terminal/stderr_capture.py",
    },
    "sys.stdout": {
        "tui/cli.py",  # how it encodes
        "tui/commands/command_line.py",
        "tui/doctor/reading.py",  # how it encodes
        "tui/commands/train_headless.py",  # JSON
    },
    "sys.stderr": {
        "tui/app/app.py",  # which stream it is, not what is written
        "tui/app/compare_app.py",  # as in app.py
        "tui/app/failing.py",
        "tui/cli.py",
        "tui/commands/command_line.py",
        "tui/commands/progress_console.py",  # for the console of lines
        "tui/commands/train.py",
        "tui/commands/train_detached.py",  # for the console of lines
        "tui/commands/train_end.py",  # diverted
        "tui/commands/train_worker.py",  # for the console of lines
        "tui/terminal/stderr_capture.py",
    },
    "sys.__stdout__": {"tui/terminal/driver.py"},
    "sys.__stderr__": {
        "tui/commands/train.py",  # a line of `say`
        "tui/terminal/driver.py",
        "tui/terminal/stderr_capture.py",
    },
    "Segment": {
        "tui/app/terminal_app.py",
        "tui/render/sparkline.py",  # blocks of its own
        "tui/render/strips.py",
        "tui/style/themes.py",  # text that it was given as a segment
        "tui/widgets/rows.py",
        "tui/widgets/sparklines.py",  # blanks
    },
    "Text": {"tui/commands/rich_text.py", "tui/screens/help.py"},
    "Console": {
        "tui/commands/rich_text.py",
        "tui/settings/settings.py",  # asked for the colours only
    },
    "Static": {
        "tui/screens/choice_dialog.py",
        "tui/screens/help.py",
        "tui/screens/log_screen.py",
        "tui/screens/series_dialog.py",  # words of its own
    },
    "Content": {"tui/screens/series_dialog.py"},  # labels that were made safe
    "Label": set(),
    "from_markup": set(),
    "render_markup": set(),
    "export_svg": set(),
    "showwarning": set(),
    "warnings.warn": {"gan/recorder/saying.py"},
    "getLogger": {
        "gan/data/pictures/decoding.py",  # silences that of Pillow
    },
    "console.log": set(),
}
"""Who may use each."""


def modules() -> Iterator[tuple[str, ast.AST]]:
    for top in ("gan", "tui"):
        for path in sorted((ROOT / top).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def names_used(tree: ast.AST) -> set[str]:
    """What is called, by its last name and by its dotted name, base classes, and parts of `sys`."""
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            dotted = ast.unparse(node.func)
            used |= {dotted, dotted.rpartition(".")[2], ".".join(dotted.split(".")[-2:])}
        elif isinstance(node, ast.ClassDef):
            used |= {ast.unparse(base) for base in node.bases}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sys":
            used.add(ast.unparse(node))
    return used


USED: Final = {path: names_used(tree) for path, tree in modules()}


@pytest.mark.parametrize("sink", SINKS)
def test_only_these_modules_write(sink: str) -> None:
    users = {path for path, used in USED.items() if sink in used}

    assert users - SINKS[sink] == set(), f"{sink}: pass the text through the gate instead"
    assert SINKS[sink] - users == set(), f"{sink}: no longer used there"


def test_a_module_that_goes_round_the_gate_is_found() -> None:
    module = (
        "import sys\nfrom rich.text import Text\nsys.stderr.write(Text(name).plain)\nprint(name)"
    )

    assert names_used(ast.parse(module)) >= {"sys.stderr", "Text", "print"}


def test_every_static_widget_with_text_has_markup_off() -> None:
    on = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Static"
        # A renderable, such as a table, has no markup to read.
        if not isinstance(node.args[0], ast.Call)
        if not any(keyword.arg == "markup" for keyword in node.keywords)
    ]

    assert on == []


def test_nothing_turns_markup_on() -> None:
    """A name such as `[link=...]` would become a link."""
    turned_on = [
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "markup"
        if not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]

    assert turned_on == []
