"""`gan-tui evaluate`: how good the images of a checkpoint are, as a table or as JSON.

The options and the output; `gan.session.on_demand` evaluates and `gan.quality` measures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from gan.data.sources import SOURCE
from gan.options import option, options_of, whole_number
from gan.run.recorded import require_networks
from gan.run.reference import resolve_reference
from gan.session.environment import require_tensorflow
from gan.text import wording
from gan.text.safe_text import safe_text
from tui.commands.command_line import say, show, show_json
from tui.commands.run_options import RunArguments, device_option, given_values, parser_of
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.run.directory import RunDirectory
    from gan.session.on_demand import EvaluatedCheckpoint
    from tui.commands.command_line import Parser

_IMAGES: Final = 10_000
"""Images to generate unless the user says otherwise."""

_LABEL: Final = 18
"""Columns of the name of a figure."""

_BAR: Final = 40
"""Columns of a bar of the census that stands for half of all images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments(RunArguments):
    """What to evaluate."""

    images: int | None = option(
        None,
        "N",
        whole_number(1, 10**6),
        group="run",
        short="n",
        help="images to generate; figures of other numbers can't be compared",
        default_text=f"{_IMAGES:,}, or fewer if there are fewer real images to compare with",
        nullable=True,
    )

    data: str | None = option(
        None,
        "SOURCE",
        SOURCE,
        group="training",
        help="the run's images, if they are elsewhere now",
        default_text="where they were",
        nullable=True,
    )

    json: bool = option(False, group="run", help="one JSON object on stdout")


OPTIONS: Final = {
    **options_of(Arguments),
    "device": device_option("generate the images"),
}
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Evaluate and print; returns the exit code.

    Args:
        words: The command line, from `evaluate` on.

    Raises:
        GanTuiError: The words can't be read, or the checkpoint can't be evaluated.
    """
    # What TensorFlow prints is no part of the result.
    with StderrCapture():
        return _evaluate(words[1:])


def _evaluate(words: Sequence[str]) -> int:
    given = given_values(parser(), words, OPTIONS)
    device = given.pop("device", OPTIONS["device"].default)
    arguments = Arguments(**given)
    run, at = resolve_reference(arguments.runs, arguments.run, "evaluate")
    require_networks(run, "evaluate")
    require_tensorflow()

    from gan.session.on_demand import evaluate_checkpoint

    found = evaluate_checkpoint(
        run,
        at,
        count=arguments.images or _IMAGES,
        or_fewer=arguments.images is None,
        data=arguments.data,
        device=device,
        report=lambda doing: say(f"evaluate: {doing}"),
    )
    if arguments.json:
        show_json(to_json(run, found))
    else:
        show(table(run, found))
    return 0


def to_json(run: RunDirectory, found: EvaluatedCheckpoint) -> dict[str, Any]:
    """The figures in JSON values, as in the event `QualityMeasured`; `null` for NaN."""
    quality = found.quality
    figures = {field.name: getattr(quality, field.name) for field in fields(quality)}
    return {
        "run": str(run.path),
        "step": found.step,
        **{name: _plain(value) for name, value in figures.items()},
        "classes": list(found.classes),
        "limits": list(found.limits),
        "seconds": round(found.seconds, 3),
    }


def table(run: RunDirectory, found: EvaluatedCheckpoint) -> list[str]:
    """The figures as the lines of a table, without those that the data don't allow."""
    return list(_lines(run, found))


def _lines(run: RunDirectory, found: EvaluatedCheckpoint) -> Iterator[str]:
    quality = found.quality
    yield f"{safe_text(run.name)} at step {found.step:,}: {quality.images:,} generated images"
    yield ""
    net = safe_text(quality.features)
    figures = [
        ("FD", quality.fd, ".2f", f" (of real images {quality.fd_real:.2f}; features {net})"),
        ("KID", quality.kid, ".5f", ""),
        ("density", quality.density, ".3f", ""),
        ("coverage", quality.coverage, ".3f", ""),
        ("confident", quality.confident, ".1%", ""),
        ("copies", quality.copies, ".1%", ""),
    ]
    for name, value, form, note in figures:
        if math.isfinite(value):
            yield f"{name:<{_LABEL}}{value:{form}}{note}"
    for label, share in zip(found.classes, quality.census.tolist(), strict=False):
        bar = "#" * min(round(2 * _BAR * share), _BAR)
        yield f"{f'class {label}':<{_LABEL}}{share:6.1%} {bar}".rstrip()
    yield from (f"note: {safe_text(limit)}" for limit in found.limits)
    yield f"{'time':<{_LABEL}}{wording.duration(found.seconds)}"


def parser() -> Parser:
    """The parser, with every option."""
    description = "How good the images of a checkpoint are, compared with the run's real images."
    return parser_of("evaluate", description, OPTIONS)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int)) else [round(share, 6) for share in value.tolist()]
