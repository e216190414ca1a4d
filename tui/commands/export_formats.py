"""The formats of `gan-tui export`, a row each: its option, its suffix, its words, its function."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.export import (
    keras_models,
    model_card,
    named_files,
    onnx_model,
    safetensors_file,
    tensorboard_log,
)
from gan.export.destination import require_free
from gan.options import Option, Values, path
from tui.commands import export_page, export_picture

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format."""

    help: str
    """What is written, in a clause."""

    write: Callable[..., list[Path]]
    """Writes it, called as `gan.export.named_files` says, and returns the files."""

    suffix: str = ""
    """What the file's name ends in; empty for a folder."""

    needs_networks: bool = False
    """Whether it needs a checkpoint, which a recorded run doesn't have."""

    imports_tensorflow: bool = False
    """Whether it builds the networks."""

    options: tuple[str, ...] = ()
    """Further options of the command that `write` takes, by field name."""

    outputs: Callable[[Path], list[Path]] = lambda destination: [destination]
    """All the paths that `write` may write to, of a destination."""

    refuse: Callable[..., object] | None = None
    """Raises what `require_free` does; by default, what is so for files."""

    remark: Callable[[Any], str] = lambda _: ""
    """What to say of what was written of a snapshot besides its paths, in a clause."""

    def require_free(self, destination: Path, *, force: bool) -> None:
        """Refuse a destination that `write` would refuse; nothing is written.

        Raises:
            UsageError: Something is there, and not `force`, or it is never replaced.
            StorageError: It can't be looked at.
        """
        if self.refuse is not None:
            self.refuse(destination, force=force)
            return
        for file in self.outputs(destination):
            require_free(file, force=force)

    @property
    def option(self) -> Option:
        """The option that asks for it."""
        return Option(
            group="run",
            help=self.help,
            metavar="FILE" if self.suffix else "DIR",
            values=_ending_in(self.suffix) if self.suffix else path(),
            nullable=True,
        )


FORMATS: Final[dict[str, Format]] = {
    "png": Format(
        suffix=".png",
        help="the newest grid of digits, four times as large",
        write=named_files.write_grid,
        remark=named_files.remark_on_grid,
    ),
    "gif": Format(
        suffix=".gif",
        help="a film of the run's grids, twice as large, with more of the early ones",
        write=named_files.write_film,
    ),
    "csv": Format(
        suffix=".csv",
        help="the losses and scores of every step, or all series of a recorded run",
        write=named_files.write_losses,
    ),
    "quality_csv": Format(
        suffix=".csv",
        help="the FD, the KID and the other figures of every evaluation",
        write=named_files.write_quality,
    ),
    "svg": Format(
        suffix=".svg",
        help="the dashboard with its chart and digits, or one of these, drawn without a terminal",
        write=export_picture.write_screen,
        options=("part", "size", "glyphs", "theme"),
    ),
    "html": Format(
        suffix=".html",
        help="a page for a browser with charts, the film, the configuration and a summary, in one "
        "file",
        write=export_page.write_page,
    ),
    "tensorboard": Format(
        help="an event file for TensorBoard with every step, the evaluations, the grids and the "
        "configuration; a folder for each run",
        write=tensorboard_log.write_tensorboard,
        refuse=tensorboard_log.require_free_for_events,
    ),
    "keras": Format(
        help="the networks of a checkpoint as files that Keras opens on its own: generator.keras, "
        "the one that samples come from, and discriminator.keras",
        write=keras_models.write,
        outputs=keras_models.files_in,
        refuse=keras_models.require_free_models,
        needs_networks=True,
        imports_tensorflow=True,
    ),
    "safetensors": Format(
        suffix=".safetensors",
        help="every array of a checkpoint, with names that say what it is",
        write=safetensors_file.write,
        needs_networks=True,
        imports_tensorflow=True,
    ),
    "onnx": Format(
        suffix=".onnx",
        help="the generator of a checkpoint for ONNX, with pip install 'gan-tui[onnx]'",
        write=onnx_model.write,
        needs_networks=True,
        imports_tensorflow=True,
    ),
    "card": Format(
        suffix=".md",
        help="a model card, with the front matter that hubs of models read, and a picture",
        write=model_card.write,
        outputs=model_card.files_of,
        remark=model_card.remark_on_picture,
        needs_networks=True,
    ),
}
"""Every format by the field name of its option, in the order of the help and of writing."""


def _ending_in(suffix: str) -> Values:
    """Paths of files whose names end in a suffix, in capitals or not."""
    paths = path()

    def fits(value: Any) -> bool:
        return isinstance(value, Path) and value.suffix.lower() == suffix

    def read(word: str) -> Path | str:
        # A word that is refused is shown as it was given.
        return found if fits(found := paths.read(word)) else word

    return Values(f"the path of a file that ends in {suffix}", fits, read)
