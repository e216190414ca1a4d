"""A model card: what a checkpoint is, in Markdown with the front matter that model hubs read.

The fields of the front matter: https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

import json
import math
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from gan.config import RECIPE
from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.events import DataLoaded
from gan.export.destination import require_free, write_whole
from gan.export.pictures import grid_png
from gan.run.config_file import read_record
from gan.run.follower import events_of, read_evaluations
from gan.run.samples import read_samples, sample_path, sample_steps
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gan.config import RunConfig
    from gan.events import QualityMeasured
    from gan.export.snapshot import CheckpointSnapshot
    from gan.run.directory import RunDirectory

_HUB_NAMES: Final = {"mnist": "ylecun/mnist", "fashion_mnist": "zalando-datasets/fashion_mnist"}
"""The data sets' names on the hub of Hugging Face."""

_TASK: Final = "unconditional-image-generation"

_LICENCE: Final = (
    "# Fill in: an identifier of https://huggingface.co/docs/hub/repositories-licenses in place of",
    "# other, or a name and a link to its text. It has to suit the licence of the data.",
)

_USE: Final = """\
import keras
import numpy as np

generator = keras.saving.load_model("generator.keras")
latents = np.random.default_rng(1).standard_normal((16, {latent_dim}), np.float32)
images = generator.predict(latents)  # 16 x 28 x 28, from -1 (black) to 1 (white)
pixels = np.rint((images + 1) * 127.5).clip(0, 255).astype(np.uint8)"""
"""How the generator is used without this program; a test runs it."""


def write(
    of: CheckpointSnapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the card and, beside it, a picture of the run's samples if it kept any by then.

    The licence is left to fill in.

    Args:
        of: The checkpoint and its run.
        destination: The card; `README.md` is what hubs look for.
        force: Whether files that are there are replaced.
        report: Called with what is being done, in a few words.

    Returns:
        The files.

    Raises:
        StorageError: The disk refused.
        UsageError: There is such a file, and not `force`.
    """
    del report  # It takes no time.
    card, picture = paths = files_of(destination)
    for path in paths:
        require_free(path, force=force)
    drawn = _newest_drawn(of)
    text = _card(of, picture.name, drawn)
    written = [write_whole(card, [text.encode()], force=force)]
    if drawn is not None:
        grid = grid_png(read_samples(of.run, sample_path(of.run, drawn)))
        written.append(write_whole(picture, [grid], force=force))
    return written


def remark_on_picture(of: CheckpointSnapshot) -> str:
    """Of which step the picture is, if it is an earlier one; may raise `StorageError`."""
    step = _newest_drawn(of)
    if step in (None, of.last_step):
        return ""
    return f"the picture of step {step:,}, the newest up to step {of.last_step:,}"


def _newest_drawn(of: CheckpointSnapshot) -> int | None:
    """The step of the newest grid, if there is one."""
    return max((step for step in sample_steps(of.run) if step <= of.last_step), default=None)


def files_of(card: Path) -> list[Path]:
    """The card and the picture beside it."""
    return [card, card.with_name(f"{card.stem}-samples.png")]


def _card(of: CheckpointSnapshot, picture: str, drawn: int | None) -> str:
    """The card, with the name of the picture and its step, if there is one."""
    run, config, step = of.run, of.config, of.last_step
    data = _data_of(run)
    measured = [event for event in read_evaluations(run) if event.step == step]
    quality = measured[-1] if measured else None
    name = safe_text(run.name)
    matter = _front_matter(name, _data_name(data), quality)
    lines = ["---", *_LICENCE]
    lines += [*(f"{key}: {json.dumps(value)}" for key, value in matter.items()), "---", ""]
    lines += [f"# {name}: {config.preset} trained on {_data_name(data)}", ""]
    lines += list(_description(config, _data_name(data), step))
    if drawn is not None:
        lines += ["", f"![sixteen samples at step {drawn:,}]({picture})"]
        lines += ["", f"Sixteen samples at step {drawn:,}, not chosen."]
    lines += ["", "## Use", "", *_use(config)]
    lines += ["", "## Quality", "", *_quality(quality)]
    lines += ["", "## Data", "", *_data(data, config)]
    lines += ["", "## Training", "", *_training(run, config)]
    lines += [
        "",
        "## Licence",
        "",
        "Fill in: the licence of the weights, and that of the data.",
        "",
    ]
    return "\n".join(lines)


def _front_matter(name: str, data: str, quality: QualityMeasured | None) -> dict[str, Any]:
    """What hubs read; every value is written as JSON, which YAML includes."""
    matter: dict[str, Any] = {
        "license": "other",
        "license_name": "fill-in",
        "license_link": "LICENSE",
        "library_name": "keras",
        "pipeline_tag": _TASK,
        "tags": ["gan", "gan-tui", _TASK],
    }
    if data in _HUB_NAMES:
        matter["datasets"] = [_HUB_NAMES[data]]
    if quality is not None:
        metric = {
            "type": "frechet-distance",
            "name": _definition(quality),
            "value": round(quality.fd, 3),
        }
        result = {
            "task": {"type": _TASK},
            "dataset": {"type": _HUB_NAMES.get(data, data), "name": data},
            "metrics": [metric],
        }
        if math.isfinite(quality.fd):
            matter["model-index"] = [{"name": name, "results": [result]}]
    return matter


def _description(config: RunConfig, data: str, step: int) -> Iterator[str]:
    yield (
        f"A generative adversarial network that makes images of 28 x 28 grey pixels, trained on "
        f"{data} with gan-tui: its preset `{config.preset}` "
        f"at step {step:,}."
    )
    yield ""
    yield (
        f"The generator takes {config.latent_dim} numbers from the standard normal distribution "
        "and gives an image in [-1, 1]."
    )
    if config.ema_half_life:
        yield (
            "Its weights are a moving average of those that were trained, with a half-life of "
            f"{config.ema_half_life:,} images."
        )


def _use(config: RunConfig) -> Iterator[str]:
    yield "With the file that `gan-tui export --keras` writes, without gan-tui:"
    yield ""
    yield "```python"
    yield _USE.format(latent_dim=config.latent_dim)
    yield "```"


def _quality(quality: QualityMeasured | None) -> Iterator[str]:
    if quality is None:
        yield "Not measured at this step; `gan-tui evaluate RUN@STEP` does it."
        return
    yield f"{_definition(quality)}. It is no Inception FID and can't be compared with one."
    yield ""
    yield "| figure | value |"
    yield "|---|---|"
    figures = {
        "Frechet distance (FD)": (quality.fd, ".2f"),
        "the same of as many real images": (quality.fd_real, ".2f"),
        "kernel distance (KID)": (quality.kid, ".5f"),
        "density": (quality.density, ".3f"),
        "coverage": (quality.coverage, ".3f"),
        "images that repeat a training image": (quality.copies, ".1%"),
    }
    for name, (value, form) in figures.items():
        if math.isfinite(value):
            yield f"| {name} | {value:{form}} |"


def _definition(quality: QualityMeasured) -> str:
    return (
        f"Frechet distance of {quality.images:,} generated images from real ones, in the features "
        f"of the classifier {safe_text(quality.features)} of gan-tui"
    )


def _training(run: RunDirectory, config: RunConfig) -> Iterator[str]:
    words = read_record(run).get("command_line")
    given = [str(word) for word in words] if isinstance(words, list) else []
    yield "```sh"
    yield safe_text(shlex.join(map(_without_folders, given)))
    yield "```"
    yield ""
    yield "| setting | value |"
    yield "|---|---|"
    settings = config.to_json()
    for name in ("preset", "seed", *sorted(RECIPE)):
        if settings[name] is not None:
            yield f"| {name.replace('_', ' ')} | {safe_text(str(settings[name]))} |"


def _without_folders(word: str) -> str:
    """A word of a command line; of an absolute path only the name, as it tells of its author."""
    option, equals, value = word.rpartition("=") if word.startswith("--") else ("", "", word)
    if not value.startswith(("/", "~")):
        return word
    return f"{option}{equals}{PurePosixPath(value).name or '.'}"


def _data(data: DataLoaded | None, config: RunConfig) -> Iterator[str]:
    if data is None:
        yield "The run's log doesn't say which images it was trained on."
        return
    yield "| data | |"
    yield "|---|---|"
    yield f"| name | {_data_name(data)} |"
    yield f"| images | {data.images:,} |"
    yield f"| `--data` | {safe_text(_without_folders(config.data))} |"
    yield f"| SHA-256 of the pixels | `{safe_text(data.fingerprint)}` |"


def _data_name(data: DataLoaded | None) -> str:
    """The short name of the data set."""
    return "unknown data" if data is None else safe_text(data.name)


def _data_of(run: RunDirectory) -> DataLoaded | None:
    """The images that the run was trained on, as its log has them."""
    with storage_errors("read", run.log_path):
        try:
            with open_plain(run.log_path, buffering=-1) as log:
                loaded = list(events_of(log, DataLoaded))
        except FileNotFoundError:
            loaded = []
    return loaded[-1] if loaded else None
