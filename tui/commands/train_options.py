"""The command line of `gan-tui train`: its options, and the plan that they make; nothing done yet.

The options of the training itself are the fields of `gan.config.RunConfig`; `Arguments` has the
others. Both describe their fields with `gan.options`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

from gan.config import RECIPE, RunConfig
from gan.data.sources import absolute_source
from gan.errors import EXIT_CODES, UsageError
from gan.options import (
    Group,
    duration,
    number,
    one_of,
    option,
    option_name,
    options_of,
    path,
    seconds_of,
    text,
    whole_number,
)
from gan.paths import absolute
from gan.run.creation import require_free
from gan.run.finding import NEWEST, open_run
from gan.session.signals import DEFAULT_GRACE_SECONDS
from gan.strategy.addresses import MAX_WORKERS
from gan.strategy.cluster import cluster_of
from gan.strategy.device_list import require_fitting
from gan.trackers.table import choices_of, require_usable, tracker_values
from tui.choices import GLYPHS, SHELLS, THEME_CHOICES
from tui.commands import SUBCOMMANDS
from tui.commands.command_line import Parser, add_option, write_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.run.directory import RunDirectory
    from gan.run.reference import At
    from gan.session.preparation import RunPlan
    from gan.strategy.cluster import Cluster
    from gan.trackers.tracking import Tracking

_MAX_FPS: Final = 60
_MAX_GRACE_SECONDS: Final = 86_400
"""A day: no scheduler waits longer, and timers overflow somewhere beyond."""

_LENGTH: Final = frozenset({"epochs", "steps"})
_LOOKS: Final = frozenset({"demo", "fps", "glyphs", "theme"})
"""What goes with --demo."""


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

    demo: bool = option(
        False,
        group="screen",
        help="play a recorded run in the dashboard, without TensorFlow; no run is made",
    )
    """Whether to play the recording of a run and train nothing."""

    print_completion: str | None = option(
        None,
        "SHELL",
        one_of(SHELLS),
        group="screen",
        help="print what completes this command line in a shell, and exit",
        lists_values=True,
        nullable=True,
    )
    """The shell to print a script for, one of `tui.choices.SHELLS`; then nothing else is done."""

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
        one_of(THEME_CHOICES),
        group="screen",
        help="the colours; ansi are the terminal's own sixteen, and auto is ansi if its background "
        "is light, else dark",
        lists_values=True,
        default_text="as last chosen, at first auto",
    )
    """The dashboard's colours, one of `tui.choices.THEME_CHOICES`; `None` for the last choice."""

    exit_when_done: bool = option(
        False,
        group="screen",
        help="close the dashboard when the run has ended or diverged, as in a script",
    )
    """Whether the dashboard closes by itself at the run's end."""

    detach: bool = option(
        False,
        group="screen",
        help="train in the background without a terminal: print the run's directory and return",
    )
    """Whether the terminal is given back once the run has a directory."""

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
        help="time that a stop by signal may take before the process is ended; with several "
        "workers also the time in which all others end once one is gone",
        default_text=f"{DEFAULT_GRACE_SECONDS:g}",
    )
    """Seconds that a stop by signal may take, and the end of all workers once one is gone."""

    workers: str | None = option(
        None,
        "HOST:PORT,...",
        text("addresses of workers, host:port,host:port"),
        group="machine",
        help="the addresses of all processes that train together, the same on each; the first "
        "writes the run",
        default_text="those of the environment",
        nullable=True,
    )
    """The addresses of all workers, with commas; `None` for those of the environment."""

    worker: int | None = option(
        None,
        "N",
        whole_number(0, MAX_WORKERS - 1),
        group="machine",
        help="which of --workers this process is, from 0",
        nullable=True,
    )
    """This process's place among the workers."""

    start_timeout: str = option(
        "5m",
        "TIME",
        duration("a time such as 30s, 5m or 2h"),
        group="machine",
        help="how long workers wait for each other at the start",
    )
    """How long workers wait for each other at the start."""

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
        text("a run"),
        group="run",
        bare=NEWEST,
        help="resume a run: its path, name or number, or RUN@STEP or RUN@best for one checkpoint; "
        "without RUN, --run-dir or the newest",
    )
    """A run's path, name or number, `NEWEST`, or `None` for a new run."""

    take_over: bool = option(
        False,
        group="run",
        help="with --resume: resume a run although another machine's claim on it was never "
        "released; make sure that no process there still trains it",
    )
    """Whether to take the run even from a process on another machine that may be alive."""

    log_to: tuple[str, ...] = option(
        (),
        "TRACKER",
        tracker_values(),
        group="run",
        help="log the run to a tracker too, while it trains; give it again for another; "
        "tensorboard writes into the run's directory, or into a folder for each run in DIR",
        lists_values=True,
        default_text="none",
        is_repeated=True,
    )
    """The trackers that are told of the run, as `gan.trackers.table` names them."""

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
        StorageError: Standard output refuses the answer to one of these three.
        SystemExit: `--help`, `--version` or `--print-completion` was answered.
    """
    given = parser().read(words)
    if given.pop("version", False):
        _print_version()
    arguments = {name: given.pop(name) for name in _OWN if name in given}
    for name, value in arguments.items():
        _OWN[name].check(name, value)
    if shell := arguments.get("print_completion"):
        _print_completion(shell)
    if arguments.get("json") and not arguments.get("no_ui"):
        raise UsageError("--json works only with --no-ui. Add --no-ui.")
    if arguments.get("json") and arguments.get("detach"):
        raise UsageError("--detach leaves no terminal to print events on. Leave out --json.")
    if arguments.get("take_over") and "resume" not in arguments:
        raise UsageError("--take-over works only with --resume. Add --resume.")
    if arguments.get("demo"):
        _require_only_looks({**arguments, **given})
    options = _merged(_from_file(arguments.get("config"), given), given)
    if "data" in options:
        options_of(RunConfig)["data"].check("data", options["data"])
        options["data"] = absolute_source(options["data"])
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
    from gan.run.recorded import require_networks
    from gan.session.preparation import RunPlan

    run_dir, resume, step = arguments.run_dir, None, None
    is_chief = _cluster_of(arguments, arguments.options.get("strategy", "auto"))[1]
    if arguments.resume is not None and is_chief:
        resume, step = _run_to_resume(arguments)
    if resume is not None and resume.has_config:
        require_networks(resume, "train further")
        config = read_config(resume).with_options(arguments.options)
    else:
        config = RunConfig.resolve(arguments.options)
        # A run that was killed before it had a configuration begins, in its own folder.
        run_dir, resume = resume.path if resume else run_dir, None
        if not is_chief:
            # Its run is the first worker's, which may be on another machine.
            run_dir = None
        elif run_dir is not None:
            require_free(run_dir)
        else:
            # Refused now if it can't be found, and not after everything has been loaded.
            absolute(arguments.runs)
    cluster, _ = _cluster_of(arguments, config.strategy)
    if cluster is not None and arguments.detach:
        raise UsageError("--detach is for one process, and this run has several. Use --no-ui.")
    workers = 1 if cluster is None else len(cluster.workers)
    require_fitting(config.strategy, config.device, config.batch_size, workers)
    return RunPlan(
        config=config,
        runs=arguments.runs,
        run_dir=run_dir,
        resume=resume,
        resume_step=step,
        take_over=arguments.take_over,
        command_line=["gan-tui", *words],
        cluster=cluster,
        start_seconds=seconds_of(arguments.start_timeout),
        grace_seconds=arguments.grace,
        # Only the process that writes the run tells others of it.
        tracking=_tracking(arguments.log_to) if is_chief else None,
    )


def _tracking(words: Sequence[str]) -> Tracking | None:
    """The trackers that were asked for; `None` without any.

    Raises:
        UsageError: One can't be used.
    """
    if not words:
        return None
    choices = choices_of(words)
    require_usable(choices)
    # Imported here: most runs have none, and the first frame shouldn't wait for it.
    from gan.trackers.tracking import tracking_of

    return tracking_of(choices)


def _cluster_of(arguments: Arguments, strategy: str) -> tuple[Cluster | None, bool]:
    """The processes that train together, if there are several, and whether this one is the first.

    Raises:
        UsageError: The command line or the environment contradicts itself.
    """
    cluster = cluster_of(strategy, arguments.workers, arguments.worker, os.environ)
    return cluster, cluster is None or cluster.is_chief


def parser() -> Parser:
    """The parser, with every option in its group."""
    usages = ["gan-tui [train] [OPTIONS]", *(f"gan-tui {c} [OPTIONS]" for c in SUBCOMMANDS[1:])]
    made = Parser(
        prog="gan-tui",
        usage="\n       ".join(usages),
        description="Train a GAN on images of digits and watch it learn, live, in the terminal.",
        epilog=f"Exit codes: {', '.join(f'{code} {words}' for code, words in EXIT_CODES.items())}. "
        "gan-tui help WORD explains one key, option, exit code, alert or series.",
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
    write_out(f"gan-tui {found}\n")
    raise SystemExit(0)


def _require_only_looks(given: dict[str, Any]) -> None:
    """Refuse options that a recording can't follow.

    Raises:
        UsageError: There are some.
    """
    if others := [option_name(name) for name in given if name not in _LOOKS]:
        raise UsageError(
            f"--demo plays a recorded run in the dashboard, so {others[0]} has no effect. "
            f"Leave out {others[0]}, or --demo to train."
        )


def _print_completion(shell: str) -> NoReturn:
    # Imported here: it reads the options of every subcommand.
    from tui.commands.completion import completion

    write_out(completion(shell))
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


def _from_file(file: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    """The options of the file of `--config`; those that were given don't count.

    Raises:
        UsageError: The file can't be read, or holds something else.
    """
    if file is None:
        return {}
    # Imported here: most runs have no such file, and its readers take time.
    from gan.run.options_file import read_options

    return read_options(file, overridden=given)


def _run_to_resume(arguments: Arguments) -> tuple[RunDirectory, At]:
    """The run, and its checkpoint if one was given as RUN@STEP or RUN@best."""
    from gan.run.reference import parse_reference, resolve_reference

    wanted = arguments.resume or NEWEST
    if arguments.run_dir is None:
        return resolve_reference(arguments.runs, wanted)
    name, at = parse_reference(wanted)
    if name:
        msg = (
            f"--resume {wanted} and --run-dir {arguments.run_dir} both name a run. "
            "Give only one of them."
        )
        raise UsageError(msg)
    return open_run(arguments.run_dir), at
