"""`gan-tui export`: a run as files for people and other programs.

The options, and what is written in which order; `tui.commands.export_formats` lists the formats.
Loads TensorFlow only to write networks, and Textual only to draw the dashboard.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.errors import GanTuiError, UsageError
from gan.export.snapshot import checkpoint_snapshot, snapshot
from gan.options import Option, either, one_of, option, option_name, options_of, text
from gan.paths import absolute
from gan.run.finding import NEWEST
from gan.run.reference import resolve_reference
from gan.session.environment import require_tensorflow
from gan.text.safe_text import safe_text
from tui.choices import GLYPHS, PARTS, THEME_NAMES
from tui.commands.command_line import say, show_path
from tui.commands.export_formats import FORMATS
from tui.commands.export_picture import DEFAULT_SIZE, size_values
from tui.commands.export_progress import reporting
from tui.commands.run_options import RunArguments, given_values, parser_of
from tui.commands.termination import cleaning_up
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from gan.export.snapshot import Snapshot
    from gan.run.directory import RunDirectory
    from gan.run.reference import At
    from tui.commands.command_line import Parser
    from tui.commands.export_formats import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments(RunArguments):
    """What to export besides the formats, and how."""

    run: str = option(
        NEWEST,
        "RUN",
        text("a run"),
        group="run",
        help="the run: its path, name or number, or RUN@STEP or RUN@best for no more than up to "
        "that step",
        default_text="the newest run, all of it",
        is_positional=True,
    )

    force: bool = option(False, group="run", help="replace files that exist")

    part: str = option(
        "dashboard",
        "PART",
        one_of(PARTS),
        group="screen",
        help="what --svg shows",
        lists_values=True,
    )

    size: str = option(
        DEFAULT_SIZE,
        "COLUMNSxROWS",
        size_values(),
        group="screen",
        help="of the picture in --svg, in cells of a terminal",
    )

    glyphs: str = option(
        "auto",
        "KIND",
        one_of(GLYPHS),
        group="screen",
        help="what the digits in --svg are drawn with",
        lists_values=True,
    )

    theme: str = option(
        "dark",
        "NAME",
        one_of(THEME_NAMES),
        group="screen",
        help="the colours of --svg",
        lists_values=True,
    )


OPTIONS: Final[dict[str, Option]] = {
    **{name: options_of(Arguments)[name] for name in ("run", "runs")},
    **{name: one.option for name, one in FORMATS.items()},
    **{name: options_of(Arguments)[name] for name in ("force", "part", "size", "glyphs", "theme")},
}
"""Every option of this command, for its parser and the documentation."""


@cleaning_up
def main(words: Sequence[str]) -> int:
    """Export a run; returns the exit code.

    Prints the path of each file. What can't be written is said, and the others are written all the
    same; the exit code is that of the first error. All files are of the run up to the same step,
    which is that of the checkpoint if a format needs one.

    Args:
        words: The command line, from `export` on.

    Raises:
        GanTuiError: The words can't be read, a file exists, there is no such run or step, or
            standard output refuses a path.
    """
    given = given_values(parser(), words[1:], OPTIONS)
    wanted = {name: absolute(given.pop(name)) for name in FORMATS if name in given}
    require_sense(wanted, given)
    arguments = Arguments(**given)
    run, at = resolve_reference(arguments.runs, arguments.run, "export")
    for name, destination in wanted.items():
        with _naming(name):
            FORMATS[name].require_free(destination, force=arguments.force)
    return _write_all(run, at, wanted, arguments)


def require_sense(wanted: Mapping[str, Path], others: Collection[str]) -> None:
    """Refuse a command line that asks for nothing, for one file twice, or for what has no effect.

    Args:
        wanted: The destinations by format.
        others: The further options that were given, by field name.

    Raises:
        UsageError: It makes no sense.
    """
    if not wanted:
        names = either(f"{option_name(name)} {one.option.metavar}" for name, one in FORMATS.items())
        raise UsageError(f"received no format, expected {names}. Several may be given.")
    require_different(wanted)
    taken = {name for one in wanted for name in FORMATS[one].options}
    for name in others:
        takers = [option_name(one) for one, kind in FORMATS.items() if name in kind.options]
        if takers and name not in taken:
            raise UsageError(
                f"{option_name(name)} changes only {either(takers)}, which was not given."
            )


def require_different(wanted: Mapping[str, Path]) -> None:
    """Refuse formats of which one would write over what another has written.

    Args:
        wanted: The destinations by format.

    Raises:
        UsageError: Two write to one path.
    """
    named: dict[Path, str] = {}
    for name, destination in wanted.items():
        for file in {destination, *FORMATS[name].outputs(destination)}:
            place = Path(os.path.realpath(file.parent), file.name)
            if (other := named.setdefault(place, name)) != name:
                raise UsageError(
                    f"{option_name(name)}: {file} is that of {option_name(other)} too. "
                    "Name another."
                )


def _write_all(run: RunDirectory, at: At, wanted: Mapping[str, Path], arguments: Arguments) -> int:
    """Write every file that can be written; returns the exit code."""
    of, refusal = _settled(run, at, wanted)
    if refusal is None or not all(FORMATS[name].needs_networks for name in wanted):
        _report(f"{safe_text(run.name)} up to step {of.last_step:,}")
    code = 0
    for name, destination in wanted.items():
        why_not = refusal if FORMATS[name].needs_networks else None
        failed = _write_and_show(name, of, destination, arguments, why_not)
        code = code or failed
    return code


def _write_and_show(
    name: str, of: Snapshot, destination: Path, arguments: Arguments, refusal: GanTuiError | None
) -> int:
    """Write one format and print its paths, or why not; returns the exit code for it."""
    try:
        with _naming(name):
            if refusal is not None:
                raise refusal
            files = _written(name, of, destination, arguments)
        for file in files:
            show_path(file)
    except GanTuiError as error:
        say(f"gan-tui: {error}")
        return error.exit_code
    return 0


def _settled(
    run: RunDirectory, at: At, wanted: Mapping[str, Path]
) -> tuple[Snapshot, GanTuiError | None]:
    """What all formats are of; and why those that need a checkpoint can't be written, if so."""
    if not any(FORMATS[name].needs_networks for name in wanted):
        return snapshot(run, at), None
    try:
        return checkpoint_snapshot(run, at, _report), None
    except GanTuiError as error:
        return snapshot(run, at), error


def _written(name: str, of: Snapshot, destination: Path, arguments: Arguments) -> list[Path]:
    """Write one format; returns its files."""
    kind = FORMATS[name]
    further = {field: getattr(arguments, field) for field in kind.options}
    with _in_order(kind), reporting(option_name(name)) as report:
        files = kind.write(of, destination, force=arguments.force, report=report, **further)
    if remark := kind.remark(of):
        _report(f"{option_name(name)} has {remark}")
    return files


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Errors within the block begin with the option of the format."""
    try:
        yield
    except GanTuiError as error:
        raise type(error)(f"{option_name(name)}: {error}") from error


def parser() -> Parser:
    """The parser, with every option."""
    description = (
        "Write a run as files for people and other programs, several at once. A run that is being "
        "trained is written as far as it is: all files up to the same step, that of the newest "
        "checkpoint if a format needs one."
    )
    return parser_of("export", description, OPTIONS)


def _report(line: str) -> None:
    say(f"export: {line}")


def _in_order(kind: Format) -> AbstractContextManager[object]:
    """Keeps what TensorFlow prints from the terminal, if the format needs TensorFlow.

    Raises:
        GanTuiError: There is none.
    """
    if not kind.imports_tensorflow:
        return nullcontext()
    require_tensorflow()
    return StderrCapture()
