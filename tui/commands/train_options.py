"""The command line as data: what was asked for, validated, and nothing done about it yet."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from gan.config import DEFAULT_EPOCHS, PRECISIONS, PRESETS, RunConfig, option_name
from gan.errors import UsageError
from gan.session.signals import DEFAULT_GRACE_SECONDS
from tui.choices import GLYPHS, THEME_NAMES
from tui.commands.parser import Parser

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_GRACE: Final = 86_400
"""A day: no scheduler waits longer, and a timer cannot count for ever."""

_MAX_FPS: Final = 60

NEWEST: Final = ""
"""What `--resume` means without a run: the newest one."""

_NOT_CONFIG: Final = (
    "version",
    "no_ui",
    "json",
    "fps",
    "glyphs",
    "look",
    "grace",
    "on_hangup",
    "run_dir",
    "runs",
    "resume",
    "config",
)
"""Options that say how to run, not what: they are no fields of `RunConfig`."""

_OPTIMIZER: Final = frozenset({"learning_rate", "beta_1"})
"""Options whose defaults are the preset's."""

_LENGTH: Final = frozenset({"epochs", "steps"})

_DATA_NAMES: Final = ("auto", "mnist", "fashion_mnist", "synthetic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What the command line asks for."""

    options: dict[str, Any]
    """Fields of `RunConfig` that were given, by `--config` or as options, which win."""

    no_ui: bool
    fps: float | None
    """Frames a second of the dashboard; none where the link decides."""

    glyphs: str | None
    """What digits are drawn with, one of `tui.choices.GLYPHS`; none is what was chosen last."""

    look: str | None
    """The dashboard's colours, one of `tui.choices.THEME_NAMES`; none is what was chosen last."""

    on_hangup: Literal["continue", "stop"]
    """What becomes of the run when the dashboard's terminal goes."""

    grace_seconds: float
    """How long a stop by signal may take."""

    json: bool
    run_dir: Path | None
    runs: Path
    resume: str | None
    """A run's path, name or number, `NEWEST`, or none for a new run."""


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line.

    Raises:
        UsageError: It cannot be read, or options exclude each other.
        SystemExit: `--help` or `--version` was answered.
    """
    words = list(argv)
    if words[:1] == ["train"]:
        del words[0]
    given = vars(_parser().parse_args(words))
    if given["version"]:
        _tell_version()
    named = {name: given[name] for name in given if name not in _NOT_CONFIG}
    options = _merged(_from_file(given["config"]), named)
    if "data" in options:
        options["data"] = _absolute_data(options["data"])
    _require_sane(given)
    if given["json"] and not given["no_ui"]:
        msg = "--json: received without --no-ui, which it belongs to. Add --no-ui."
        raise UsageError(msg)
    return Arguments(
        options=options,
        no_ui=given["no_ui"],
        fps=given["fps"],
        glyphs=given["glyphs"],
        look=given["look"],
        on_hangup=given["on_hangup"],
        grace_seconds=given["grace"],
        json=given["json"],
        run_dir=given["run_dir"],
        runs=given["runs"],
        resume=given["resume"],
    )


def _tell_version() -> NoReturn:
    """Answer `--version`. It is known of an installed package only."""
    # Here, because it takes a tenth of the time to the first frame.
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("gan-tui")
    except PackageNotFoundError:
        found = "(not installed)"
    print(f"gan-tui {found}")  # noqa: T201 - what was asked for
    raise SystemExit(0)


def _require_sane(given: dict[str, Any]) -> None:
    if given["on_hangup"] not in ("continue", "stop"):
        msg = f"--on-hangup: received {given['on_hangup']!r}, expected continue or stop."
        raise UsageError(msg)
    if given["fps"] is not None and not 0 < given["fps"] <= _MAX_FPS:
        msg = f"--fps: received {given['fps']:g}, expected frames a second up to {_MAX_FPS}."
        raise UsageError(msg)
    for name, known in (("glyphs", GLYPHS), ("look", THEME_NAMES)):
        if given[name] is not None and given[name] not in known:
            msg = f"--{name}: received {given[name]!r}, expected one of {', '.join(known)}."
            raise UsageError(msg)
    if not 0 < given["grace"] <= _MAX_GRACE:
        msg = f"--grace: received {given['grace']:g}, expected seconds above 0, up to {_MAX_GRACE}."
        raise UsageError(msg)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="gan-tui",
        usage="gan-tui [train] [OPTIONS]\n       gan-tui bench [OPTIONS]",
        description="Train a GAN on images of digits and watch it learn, live, in the terminal.",
        epilog="Exit codes: 0 done, 1 error, 2 usage, 3 diverged, 4 no usable data or checkpoint, "
        "74 input/output error, 75 stopped early and resumable, 128+n stopped by signal n.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", default=False, help="say which, and end")
    _add_screen(parser.add_argument_group("screen"))
    _add_run(parser.add_argument_group("run"))
    _add_training(parser.add_argument_group("training"))
    _add_machine(parser.add_argument_group("machine"))
    return parser


def _add_screen(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--no-ui",
        action="store_true",
        default=False,
        help="no dashboard: progress on stderr, the run directory last on stdout",
    )
    group.add_argument(
        "--json",
        action="store_true",
        default=False,
        help="with --no-ui: every event as one JSON object a line on stdout",
    )
    group.add_argument(
        "--fps",
        metavar="N",
        type=float,
        default=None,
        help="frames a second of the dashboard (default: 10, over SSH 4)",
    )
    group.add_argument(
        "--glyphs",
        metavar="NAME",
        default=None,
        help=f"what digits are drawn with: {', '.join(GLYPHS)} (default: as last chosen)",
    )
    group.add_argument(
        "--look",
        metavar="NAME",
        default=None,
        help=f"the colours: {', '.join(THEME_NAMES)} (default: as last chosen)",
    )
    group.add_argument(
        "--on-hangup",
        metavar="WHAT",
        default="continue",
        help="when the dashboard's terminal goes: continue (default) trains on unseen, stop saves "
        "and stops",
    )
    group.add_argument(
        "--grace",
        metavar="SECONDS",
        type=float,
        default=DEFAULT_GRACE_SECONDS,
        help="how long a stop by signal may take before the process is ended (default: 25)",
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--run-dir",
        metavar="PATH",
        type=Path,
        default=None,
        help="the run's directory (default: the next number under --runs)",
    )
    group.add_argument(
        "--runs",
        metavar="DIR",
        type=Path,
        default=Path("runs"),
        help="the folder of numbered runs (default: runs)",
    )
    group.add_argument(
        "--resume",
        metavar="RUN",
        nargs="?",
        const=NEWEST,
        default=None,
        help="go on with a run: its path, name or number, or RUN@STEP for one checkpoint; alone, "
        "--run-dir or the newest",
    )
    group.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=None,
        help="the same options from a TOML file, or from a run's config.json",
    )
    for name in ("sample_every", "checkpoint_every"):
        default = RunConfig.__dataclass_fields__[name].default
        group.add_argument(
            option_name(name),
            metavar="WHEN",
            help=f"500 (steps), 2ep (epochs), 30s, 5m or off (default: {default})",
        )
    group.add_argument(
        "--keep", metavar="N", type=_whole_number, help="checkpoints that stay on disk (default: 3)"
    )


def _add_training(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--data",
        metavar="SOURCE",
        help="auto (default), mnist, fashion_mnist, synthetic, or a path: an IDX folder or file, "
        "an .npz, a folder of images",
    )
    group.add_argument(
        "--preset", metavar="NAME", help=f"the networks: {' or '.join(PRESETS)} (default: mlp)"
    )
    group.add_argument(
        "--epochs",
        metavar="N",
        type=_whole_number,
        help=f"total epochs (default: {DEFAULT_EPOCHS})",
    )
    group.add_argument(
        "--steps", metavar="N", type=_whole_number, help="total steps, in place of epochs"
    )
    group.add_argument(
        "--batch-size", metavar="N", type=_whole_number, help="images in a step (default: 256)"
    )
    group.add_argument(
        "--latent-dim",
        metavar="N",
        type=_whole_number,
        help="length of a latent vector (default: 100)",
    )
    group.add_argument(
        "--learning-rate",
        metavar="X",
        type=_number,
        help="Adam's step size (default: the preset's)",
    )
    group.add_argument(
        "--beta-1", metavar="X", type=_number, help="Adam's first decay (default: the preset's)"
    )
    group.add_argument(
        "--precision",
        metavar="NAME",
        help=f"of matrix products: {', '.join(PRECISIONS)} (default: {PRECISIONS[0]})",
    )
    group.add_argument(
        "--seed", metavar="N", type=_whole_number, help="the key of every random draw (default: 0)"
    )


def _add_machine(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--device",
        metavar="NAME",
        help="auto (default: the first GPU, else the CPU), cpu, gpu, gpu:N",
    )
    group.add_argument(
        "--threads",
        metavar="N",
        type=_whole_number,
        help="threads for one operation (default: TensorFlow's)",
    )


def _whole_number(text: str) -> int | str:
    """What is no whole number stays text: `RunConfig` says which numbers it expected."""
    try:
        return int(text)
    except ValueError:
        return text


def _number(text: str) -> float | str:
    """As `_whole_number`, for any number."""
    try:
        return float(text)
    except ValueError:
        return text


def _merged(from_file: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """Options over those of a file, which give way to what they replace.

    Epochs and steps are two ways to say one thing, and every `config.json` holds one of them and
    its preset's optimizer. A length given as an option replaces the file's length; another preset
    brings its own optimizer.
    """
    replaced = _LENGTH if not _LENGTH.isdisjoint(named) else frozenset()
    if named.get("preset", from_file.get("preset")) != from_file.get("preset"):
        replaced |= _OPTIMIZER
    kept = {name: value for name, value in from_file.items() if name not in replaced}
    return {**kept, **named}


def _absolute_data(source: Any) -> Any:
    """A path is kept absolute, so that a run can be resumed from another folder."""
    if not isinstance(source, str) or not source or source in _DATA_NAMES:
        return source
    try:
        return os.path.abspath(Path(source).expanduser())  # noqa: PTH100 - resolves `..`, not links
    except (OSError, RuntimeError) as error:
        msg = f"--data {source}: {error}"
        raise UsageError(msg) from None


def _from_file(path: Path | None) -> dict[str, Any]:
    """Options from TOML, or from a run's config.json.

    Raises:
        UsageError: The file cannot be read as either.
    """
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        values = _config_json(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        msg = f"--config {path}: {reason}. Expected TOML, or a run's config.json."
        raise UsageError(msg) from None
    options = {name.replace("-", "_"): value for name, value in values.items()}
    if unknown := sorted(set(options) - set(RunConfig.__dataclass_fields__)):
        known = ", ".join(RunConfig.__dataclass_fields__)
        msg = f"--config {path}: received {', '.join(unknown)}, expected only {known}."
        raise UsageError(msg)
    return options


def _config_json(text: str) -> dict[str, Any]:
    record = json.loads(text)
    config = record.get("config") if isinstance(record, dict) else None
    if not isinstance(config, dict):
        msg = "there is no object `config` in it"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, as json and tomllib say it
    return config
