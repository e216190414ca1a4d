"""`gan-tui sample`: images from a checkpoint, without training, as arrays, pictures or a film.

The options and the flow; `gan.session.sampling` draws and `gan.export.image_files` writes.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from gan.errors import UsageError
from gan.events import SAMPLES, ProgressMade
from gan.export import image_files
from gan.export.image_files import Sheet, kind_of, require_free_place
from gan.options import Values, option, options_of, path, text, whole_number
from gan.paths import absolute, expanded
from gan.run.config_file import read_config
from gan.run.recorded import require_networks
from gan.run.reference import BEST, load_checkpoint, resolve_reference
from gan.session.environment import require_tensorflow
from gan.text import wording
from tui.commands.command_line import say, show_path
from tui.commands.run_options import RunArguments, device_option, given_values, parser_of
from tui.commands.termination import cleaning_up
from tui.terminal.stderr_capture import StderrCapture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    import numpy as np
    import numpy.typing as npt

    from gan.config import RunConfig
    from gan.events import Listener
    from gan.export.image_files import ImageFileKind
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.session.sampling import CheckpointSampler, Drawn
    from tui.commands.command_line import Parser

    Item = TypeVar("Item")

_MOST: Final = 10**9
_GRID: Final = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")


def _grid() -> Values:
    """Columns and rows, such as `10x10`, as a `Sheet`."""

    def read(word: str) -> Sheet | str:
        match = _GRID.fullmatch(word)
        return Sheet(int(match[1]), int(match[2])) if match else word

    return Values("columns x rows, such as 10x10", lambda value: isinstance(value, Sheet), read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments(RunArguments):
    """What to draw, and where to."""

    best: bool = option(False, group="run", help="the checkpoint of the best evaluation: RUN@best")

    images: int | None = option(
        None,
        "N",
        whole_number(1, _MOST),
        group="run",
        short="n",
        help="images to draw",
        default_text=f"{SAMPLES}, or as many as --grid or --latents has",
        nullable=True,
    )

    out: str | None = option(
        None,
        "PATH",
        text("a path"),
        group="run",
        help="where to: a .npz of images and latents, a .npy of images, a .png of all side by "
        "side, a .gif of a film, or a folder of pictures",
        default_text="a .png, or a .gif with --interpolate, named after the run and the step",
        nullable=True,
    )

    grid: Sheet | None = option(
        None,
        "CxR",
        _grid(),
        group="run",
        help="columns and rows of a picture or a film",
        default_text="about square",
        nullable=True,
    )

    interpolate: int | None = option(
        None,
        "STOPS",
        whole_number(2, 1000),
        group="run",
        help="draw a film that leads each tile through so many images and back to the first",
        nullable=True,
    )

    seed: int | None = option(
        None,
        "N",
        whole_number(0, 2**31 - 1),
        group="run",
        help="seed of the latents",
        default_text="the run's own samples first, then others of its seed",
        nullable=True,
    )

    latents: Path | None = option(
        None,
        "FILE",
        path(),
        group="run",
        help="a .npy of latents, or an .npz with an array of that name, such as a run's samples",
        nullable=True,
    )

    digit: int | None = option(
        None,
        "LABEL",
        whole_number(0, 10**6),
        group="run",
        help="only images that a classifier takes for this class, with a probability above 0.9",
        nullable=True,
    )

    raw: bool = option(
        False, group="run", help="the generator that is trained, not the average of its weights"
    )

    force: bool = option(False, group="run", help="replace what is there")


OPTIONS: Final = {
    **options_of(Arguments),
    "device": device_option("draw the images"),
}
"""Every option of this command, for its parser and the documentation."""


class Plan(NamedTuple):
    """What is written where."""

    path: Path
    kind: ImageFileKind
    images: int
    """Images, or tiles of a film."""

    sheet: Sheet
    """How they are side by side, if they are."""


@cleaning_up
def main(words: Sequence[str]) -> int:
    """Draw and write; returns the exit code.

    Args:
        words: The command line, from `sample` on.

    Raises:
        GanTuiError: The words can't be read, there is no such checkpoint, or the disk refuses.
    """
    # What TensorFlow prints is no part of the result.
    with StderrCapture():
        return _sample(words[1:])


def _sample(words: Sequence[str]) -> int:
    given = given_values(parser(), words, OPTIONS)
    device = given.pop("device", OPTIONS["device"].default)
    arguments = Arguments(**given)
    if arguments.seed is not None and arguments.latents is not None:
        raise UsageError("--seed and --latents: received both, expected one of them.")
    run, at = resolve_reference(arguments.runs, arguments.run, "sample")
    if arguments.best:
        if at not in (None, BEST):
            raise UsageError(f"--best and {arguments.run}: received two checkpoints, expected one.")
        at = BEST
    require_networks(run, "sample")
    checkpoint, config = load_checkpoint(run, at, _report), read_config(run)
    _draw(arguments, run, config, checkpoint, device)
    return 0


def _draw(
    arguments: Arguments, run: RunDirectory, config: RunConfig, checkpoint: Checkpoint, device: str
) -> None:
    from gan.session.latents_file import read_latents

    file = arguments.latents
    latents = None if file is None else read_latents(file, config.latent_dim)
    given = None if latents is None else len(latents)
    plan = plan_of(arguments, f"{run.name}-{checkpoint.step:06d}", given)
    require_free_place(plan.path, plan.kind, force=arguments.force)
    if arguments.raw and not config.ema_half_life:
        _report("this run has one generator, without an average: --raw changes nothing")
    require_tensorflow()

    from tui.commands.progress_console import progress_console

    with _opened_sampler(arguments, run, config, checkpoint, latents, device) as sampler:
        listener, context = progress_console()
        began = time.monotonic()
        with context:
            if arguments.digit is not None and given is not None and arguments.images is None:
                matching = _matching(sampler, given, listener)
                plan = plan_of(arguments, f"{run.name}-{checkpoint.step:06d}", matching)
            _write(plan, arguments, sampler, config.latent_dim, listener)
    what = wording.counted(plan.images, "tile" if plan.kind == "gif" else "image")
    of_film = " of a film" if plan.kind == "gif" else ""
    taken = wording.duration(time.monotonic() - began)
    _report(f"{what}{of_film} of {run.name} at step {checkpoint.step:,} in {taken}")
    show_path(plan.path)


def _opened_sampler(
    arguments: Arguments,
    run: RunDirectory,
    config: RunConfig,
    checkpoint: Checkpoint,
    latents: npt.NDArray[np.floating[Any]] | None,
    device: str,
) -> AbstractContextManager[CheckpointSampler]:
    from gan.session.run_classifier import recogniser
    from gan.session.sampling import opened_sampler

    label = arguments.digit
    return opened_sampler(
        config,
        checkpoint,
        seed=arguments.seed,
        latents=latents,
        accepts=None if label is None else recogniser(run, config, label, _report),
        raw=arguments.raw,
        device=device,
        report=_report,
    )


def _matching(sampler: CheckpointSampler, latents: int, listener: Listener) -> int:
    """How many of the latents give images that are wanted: they are counted before any is written.

    Raises:
        UsageError: None does.
    """
    found = 0
    blocks = told(sampler.blocks(), latents, "latents", lambda block: block.tried, listener)
    for block in blocks:
        found += len(block.drawn.images)
    if not found:
        raise UsageError(
            f"--latents and --digit: none of the {latents:,} latents gives such an image. Leave "
            "out --latents to draw others."
        )
    return found


def plan_of(arguments: Arguments, name: str, latents: int | None) -> Plan:
    """What is written where.

    Args:
        arguments: What was asked for.
        name: What a file is called that was not named, without a suffix.
        latents: How many were given, if any.

    Raises:
        UsageError: What was asked for doesn't go together.
    """
    is_film = arguments.interpolate is not None
    out = arguments.out or f"{name}.{'gif' if is_film else 'png'}"
    kind = kind_of(out)
    if is_film != (kind == "gif"):
        raise UsageError(
            f"--out {out}: a .gif is a film, which --interpolate asks for; the one needs the other."
        )
    if arguments.grid is not None and kind not in ("png", "gif"):
        raise UsageError(f"--grid: received it for {out}, expected a .png or a .gif.")
    count = arguments.images or _count(arguments, latents)
    sheet = arguments.grid or Sheet.for_count(count)
    _require_fitting(arguments, kind, count, sheet)
    stops = arguments.interpolate or 1
    if latents is not None and count * stops > latents:
        raise UsageError(
            f"--latents: received {latents:,} latents, expected at least {count * stops:,}."
        )
    return Plan(absolute(Path(expanded(out))), kind, count, sheet)


def _count(arguments: Arguments, latents: int | None) -> int:
    """How many images are drawn if nobody says."""
    if arguments.grid is not None:
        return arguments.grid.cells
    if latents is not None:
        return max(1, latents // (arguments.interpolate or 1))
    return SAMPLES


def _require_fitting(arguments: Arguments, kind: ImageFileKind, count: int, sheet: Sheet) -> None:
    """Refuse more images than a picture or a film holds.

    Raises:
        UsageError: They are more.
    """
    if kind not in ("png", "gif"):
        return
    if max(count, sheet.cells) > image_files.SHEET_LIMIT:
        given = f"-n {count:,}"
        if arguments.grid is not None and arguments.images is None:
            given = f"--grid {sheet.columns}x{sheet.rows}"
        raise UsageError(
            f"{given}: a picture or a film has room for at most {image_files.SHEET_LIMIT:,} images "
            "side by side. Write a .npy or a folder of pictures instead."
        )
    if count > sheet.cells:
        raise UsageError(
            f"--grid {sheet.columns}x{sheet.rows}: it has room for {sheet.cells:,} images, "
            f"received -n {count:,}."
        )
    frames = _frames(arguments.interpolate or 0)
    if image_files.film_pixels(sheet, frames) > image_files.FILM_LIMIT:
        raise UsageError(
            f"--interpolate {arguments.interpolate}: a film of {frames:,} frames of "
            f"{sheet.cells:,} images is too large. Give fewer stops or a smaller --grid."
        )


def _frames(stops: int) -> int:
    from gan.session.sampling import FRAMES

    return stops * FRAMES


def _write(
    plan: Plan,
    arguments: Arguments,
    sampler: CheckpointSampler,
    latent_dim: int,
    listener: Listener,
) -> None:
    force = arguments.force
    if arguments.interpolate is not None:
        frames = sampler.film(arguments.interpolate, plan.images)
        shown = told(frames, _frames(arguments.interpolate), "frames", lambda _: 1, listener)
        image_files.write_film(plan.path, shown, plan.sheet, force=force)
        return
    drawn: Iterable[Drawn] = told(
        sampler.draw(plan.images), plan.images, "images", lambda block: len(block.images), listener
    )
    if plan.kind == "npy":
        image_files.write_npy(plan.path, drawn, plan.images, force=force)
    elif plan.kind == "npz":
        image_files.write_npz(plan.path, drawn, plan.images, latent_dim, force=force)
    elif plan.kind == "png":
        image_files.write_sheet(plan.path, drawn, plan.sheet, force=force)
    else:
        image_files.write_folder(plan.path, drawn, force=force)


def told(
    items: Iterable[Item], total: int, unit: str, size: Callable[[Item], int], listener: Listener
) -> Iterator[Item]:
    """The items as they come; a listener is told how many are done.

    Args:
        items: What is made.
        total: How much there will be.
        unit: What is counted.
        size: How much an item is.
        listener: Receives `ProgressMade`.
    """
    done = 0

    def tell() -> None:
        made = ProgressMade(time=time.time(), what="drawing", done=done, total=total, unit=unit)
        listener(made)

    tell()
    for item in items:
        yield item
        # Once whoever takes it has come back for more, it is written.
        done += size(item)
        tell()


def parser() -> Parser:
    """The parser, with every option."""
    description = (
        "Images from a checkpoint of a run, which may be training: as arrays, pictures, or a film."
    )
    return parser_of("sample", description, OPTIONS)


def _report(line: str) -> None:
    say(f"sample: {line}")
