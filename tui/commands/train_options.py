"""The command line of `gan-tui train`: its options, and the plan that they make; nothing done yet.

The options of the training itself are the fields of `gan.config.RunConfig`; `Arguments` has the
others. Both describe their fields with `gan.options`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

from gan.config import RECIPE, RunConfig, from_schema_1, with_current_names
from gan.data.sources import DATA_NAMES
from gan.errors import UsageError
from gan.options import Group, Values, number, one_of, option, options_of, path
from gan.session.signals import DEFAULT_GRACE_SECONDS
from tui.choices import GLYPHS, THEME_NAMES
from tui.commands import SUBCOMMANDS
from tui.commands.command_line import Parser, add_option

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.run.directory import RunDirectory
    from gan.run.reference import At
    from gan.session.preparation import RunPlan

NEWEST: Final = ""
"""The value of `--resume` without a run: the newest run."""

_MAX_FPS: Final = 60
_MAX_GRACE_SECONDS: Final = 86_400
"""A day: no scheduler waits longer, and timers overflow somewhere beyond."""

_LENGTH: Final = frozenset({"epochs", "steps"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The command line: the training's options, and how to run and show it."""

    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Fields of `RunConfig` that were given, as options or by `--config`. Options win."""

    no_ui: bool = option(
        False,
        group="screen",
        help="no dashboard: progress on stderr, the run directory last on stdout",
    )

    json: bool = option(
        False,
        group="screen",
        help="with --no-ui: every event as one JSON object per line on stdout",
    )

    fps: float | None = option(
        None,
        "N",
        number(f"frames per second above 0, up to {_MAX_FPS}", lambda fps: 0 < fps <= _MAX_FPS),
        group="screen",
        help="frames per second of the dashboard",
        default_text="10, over SSH 4",
    )
    """Frames per second of the dashboard; `None` if the link decides."""

    glyphs: str | None = option(
        None,
        "NAME",
        one_of(GLYPHS),
        group="screen",
        help="what digits are drawn with",
        lists_values=True,
        default_text="as last chosen",
    )
    """What digits are drawn with, one of `tui.choices.GLYPHS`; `None` for the last choice."""

    theme: str | None = option(
        None,
        "NAME",
        one_of(THEME_NAMES),
        group="screen",
        help="the colours",
        lists_values=True,
        default_text="as last chosen",
    )
    """The dashboard's colours, one of `tui.choices.THEME_NAMES`; `None` for the last choice."""

    exit_when_done: bool = option(
        False,
        group="screen",
        help="close the dashboard when the run has ended or diverged, as in a script",
    )
    """Whether the dashboard closes by itself at the run's end."""

    on_hangup: str = option(
        "continue",
        "WHAT",
        one_of(("continue", "stop")),
        group="screen",
        help="if the dashboard's terminal closes: continue training unseen, or save and stop",
    )
    """What the run does if the dashboard's terminal closes, `continue` or `stop`."""

    grace: float = option(
        DEFAULT_GRACE_SECONDS,
        "SECONDS",
        number(
            f"seconds above 0, up to {_MAX_GRACE_SECONDS}",
            lambda seconds: 0 < seconds <= _MAX_GRACE_SECONDS,
        ),
        group="screen",
        help="time that a stop by signal may take before the process is ended",
        default_text=f"{DEFAULT_GRACE_SECONDS:g}",
    )
    """Seconds that a stop by signal may take."""

    run_dir: Path | None = option(
        None,
        "PATH",
        path(),
        group="run",
        help="the run's directory",
        default_text="the next number in --runs",
    )

    runs: Path = option(
        Path("runs"), group="run", metavar="DIR", values=path(), help="the folder of numbered runs"
    )

    resume: str | None = option(
        None,
        "RUN",
        Values("a run", lambda run: isinstance(run, str)),
        group="run",
        bare=NEWEST,
        help="resume a run: its path, name or number, or RUN@STEP or RUN@best for one checkpoint; "
        "without RUN, --run-dir or the newest",
    )
    """A run's path, name or number, `NEWEST`, or `None` for a new run."""

    config: Path | None = option(
        None,
        "FILE",
        path(),
        group="run",
        help="these options from a TOML file or from a run's config.json",
    )
    """The file that some of `options` come from."""


def parse(words: Sequence[str]) -> Arguments:
    """Read the command line.

    Args:
        words: The words after `train`.

    Raises:
        UsageError: It can't be read, or options exclude each other.
        SystemExit: `--help` or `--version` was answered.
    """
    given = vars(parser().parse_args(list(words)))
    if given.pop("version", False):
        _print_version()
    arguments = {name: given.pop(name) for name in _OWN if name in given}
    for name, value in arguments.items():
        _OWN[name].check(name, value)
    if arguments.get("json") and not arguments.get("no_ui"):
        raise UsageError("--json works only with --no-ui. Add --no-ui.")
    options = _merged(_from_file(arguments.get("config")), given)
    if "data" in options:
        options["data"] = _absolute_data(options["data"])
    return Arguments(options=options, **arguments)


def plan_of(arguments: Arguments, words: Sequence[str]) -> RunPlan:
    """What the session does. Whatever needs neither TensorFlow nor data is checked here.

    Args:
        arguments: The options.
        words: The whole command line, which the run's `config.json` records.

    Raises:
        UsageError: An option can't be used.
        GanTuiError: The run to resume can't be used.
    """
    from gan.run.config_file import read_config
    from gan.session.preparation import RunPlan

    resume, step = None, None
    if arguments.resume is not None:
        resume, step = _run_to_resume(arguments)
        config = read_config(resume).with_options(arguments.options)
    else:
        config = RunConfig.resolve(arguments.options)
        _require_free(arguments.run_dir)
    return RunPlan(
        config=config,
        runs=arguments.runs,
        run_dir=arguments.run_dir,
        resume=resume,
        resume_step=step,
        command_line=["gan-tui", *words],
    )


def parser() -> argparse.ArgumentParser:
    """The parser, with every option in its group."""
    usages = ["gan-tui [train] [OPTIONS]", *(f"gan-tui {c} [OPTIONS]" for c in SUBCOMMANDS[1:])]
    made = Parser(
        prog="gan-tui",
        usage="\n       ".join(usages),
        description="Train a GAN on images of digits and watch it learn, live, in the terminal.",
        epilog="Exit codes: 0 done, 1 error, 2 usage, 3 diverged, 4 no usable data or checkpoint, "
        "74 input/output error, 75 stopped early and resumable, 128+n stopped by signal n.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="store_true", help="show version and exit")
    for group in get_args(Group):
        section = made.add_argument_group(group)
        for name, described in {**_OWN, **options_of(RunConfig)}.items():
            if described.group == group:
                add_option(section, name, described)
    return made


_OWN: Final = options_of(Arguments)
"""The options that aren't fields of `RunConfig`."""


def _print_version() -> NoReturn:
    """Answer `--version`. Only an installed package has one."""
    # Imported here because it takes a tenth of the time to the first frame.
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("gan-tui")
    except PackageNotFoundError:
        found = "(not installed)"
    print(f"gan-tui {found}")  # noqa: T201 - what was asked for
    raise SystemExit(0)


def _merged(from_file: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """The options of a file, with those of the command line on top.

    Epochs and steps both set the length, and every `config.json` holds a length and its preset's
    recipe. A length on the command line replaces the file's length; another preset brings the
    rest of its recipe. A file without a preset is for any: what it sets stays.
    """
    replaced = _LENGTH if not _LENGTH.isdisjoint(named) else frozenset()
    former = from_file.get("preset")
    if former is not None and named.get("preset", former) != former:
        replaced |= RECIPE - _LENGTH
    kept = {name: value for name, value in from_file.items() if name not in replaced}
    return {**kept, **named}


def _absolute_data(source: Any) -> Any:
    """The source with a path made absolute, so that a run can be resumed from another folder."""
    if not isinstance(source, str) or not source or source in DATA_NAMES:
        return source
    try:
        return os.path.abspath(Path(source).expanduser())  # noqa: PTH100 - resolves `..`, not links
    except (OSError, RuntimeError) as error:
        msg = f"--data {source}: {error}"
        raise UsageError(msg) from None


def _from_file(file: Path | None) -> dict[str, Any]:
    """Options from TOML, or from a run's config.json, by their current names.

    Raises:
        UsageError: The file can't be read as either.
    """
    if file is None:
        return {}
    try:
        text = file.read_text(encoding="utf-8")
        values = _config_json(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        msg = f"--config {file}: {reason}. Expected TOML, or a run's config.json."
        raise UsageError(msg) from None
    options = {name.replace("-", "_"): value for name, value in values.items()}
    known = options_of(RunConfig)
    if unknown := sorted(set(options) - set(known)):
        msg = f"--config {file}: received {', '.join(unknown)}, expected only {', '.join(known)}."
        raise UsageError(msg)
    return with_current_names(options)


def _config_json(text: str) -> dict[str, Any]:
    record = json.loads(text)
    config = record.get("config") if isinstance(record, dict) else None
    if not isinstance(config, dict):
        msg = "no object `config`"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, as json and tomllib report it
    return from_schema_1(config) if record.get("schema_version") == 1 else config


def _run_to_resume(arguments: Arguments) -> tuple[RunDirectory, At]:
    """The run, and its checkpoint if one was given as RUN@STEP or RUN@best."""
    from gan.run.directory import RunDirectory
    from gan.run.reference import parse_reference

    wanted = arguments.resume or NEWEST
    run, at = parse_reference(wanted)
    if arguments.run_dir is None:
        return RunDirectory.find(arguments.runs, run or None), at
    if run != NEWEST:
        msg = (
            f"--resume {wanted} and --run-dir {arguments.run_dir} both name a run. "
            "Give only one of them."
        )
        raise UsageError(msg)
    return RunDirectory.open(arguments.run_dir), at


def _require_free(run_dir: Path | None) -> None:
    """Refuse an existing directory before anything is loaded."""
    from gan.disk.os_errors import storage_errors

    if run_dir is None:
        return
    with storage_errors("look into", run_dir):
        occupied = any(run_dir.iterdir()) if run_dir.is_dir() else os.path.lexists(run_dir)
    if occupied:
        msg = (
            f"--run-dir: {run_dir} exists and is not an empty folder. "
            "Resume it with --resume, or choose another path."
        )
        raise UsageError(msg)
