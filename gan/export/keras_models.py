"""A checkpoint's networks as Keras's files, which Keras opens without this program."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.disk import permissions
from gan.disk.os_errors import storage_errors
from gan.export.destination import require_free, write_whole
from gan.run.config_file import read_config
from gan.run.reference import load_checkpoint
from gan.session.generating import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.reference import At

GENERATOR: Final = "generator.keras"
DISCRIMINATOR: Final = "discriminator.keras"


def write(
    run: RunDirectory,
    at: At,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write `generator.keras`, the one that samples come from, and `discriminator.keras`.

    Both are made of Keras's own layers alone.

    Args:
        run: The run.
        at: Which checkpoint.
        destination: The folder to write them to; made if it is missing.
        force: Whether files of these names are replaced.
        report: Called with what is being done, in a few words.

    Returns:
        The files.

    Raises:
        CheckpointError: There is no such checkpoint, or another version wrote it.
        GanTuiError: Keras has no layers for one of the networks'.
        StorageError: The disk refused.
        UsageError: There is such a file, and not `force`.
    """
    checkpoint, config = load_checkpoint(run, at), read_config(run)
    paths = [destination / GENERATOR, destination / DISCRIMINATOR]
    with storage_errors("look at", destination):
        is_new = not os.path.lexists(destination)
    for path in [] if is_new else paths:
        require_free(path, force=force)
    models = _models(config, checkpoint, report)
    with storage_errors("write", destination):
        permissions.make_folder(destination, exist_ok=True)
    for path, model in zip(paths, models, strict=True):
        write_whole(path, [_saved(model)], force=force)
    return paths


def _models(config: RunConfig, checkpoint: Checkpoint, report: Callable[[str], None]) -> list[Any]:
    """The generator and the discriminator, of Keras's own layers."""
    report("importing TensorFlow")
    start_tensorflow(config, "cpu", report)

    from gan.models.plain_keras import plain
    from gan.models.restored import restored_discriminator, restored_generator

    return [
        plain(restored_generator(config, checkpoint.arrays)),
        plain(restored_discriminator(config, checkpoint.arrays)),
    ]


def _saved(model: Any) -> bytes:
    """A model in Keras's format; Keras itself writes files alone, and not as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        with storage_errors("write", file):
            model.save(file)
            return file.read_bytes()
