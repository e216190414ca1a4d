"""A checkpoint's networks as Keras's files, which Keras opens without this program."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.disk.os_errors import storage_errors
from gan.export.destination import made_folder, require_folder, require_free, write_whole
from gan.session.generating import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.export.snapshot import CheckpointSnapshot

GENERATOR: Final = "generator.keras"
DISCRIMINATOR: Final = "discriminator.keras"


def write(
    of: CheckpointSnapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write `generator.keras`, the one that samples come from, and `discriminator.keras`.

    Both are made of Keras's own layers alone.

    Args:
        of: The checkpoint and its run.
        destination: The folder to write them to; made if it is missing, with those above it.
        force: Whether files of these names are replaced.
        report: Called with what is being done, in a few words.

    Returns:
        The files.

    Raises:
        CheckpointError: It is not that of such networks.
        GanTuiError: Keras has no layers for one of the networks'.
        StorageError: The disk refused.
        UsageError: There is such a file, and not `force`.
    """
    require_free_models(destination, force=force)
    paths = files_in(destination)
    # Both are complete before the first is written.
    contents = [_saved(model) for model in _models(of, report)]
    with made_folder(destination):
        _write_both(paths, contents, force=force)
    return paths


def files_in(folder: Path) -> list[Path]:
    """The files that are written into a folder."""
    return [folder / GENERATOR, folder / DISCRIMINATOR]


def require_free_models(folder: Path, *, force: bool) -> None:
    """Refuse a folder that can't take the files, or has them and not `force`.

    Raises:
        UsageError: It is no such folder.
        StorageError: It can't be looked at.
    """
    require_folder(folder)
    for path in files_in(folder) if folder.is_dir() else []:
        require_free(path, force=force)


def _write_both(paths: list[Path], contents: list[bytes], *, force: bool) -> None:
    """Write the files; without `force`, one alone doesn't stay if the other can't be written."""
    written: list[Path] = []
    try:
        for path, content in zip(paths, contents, strict=True):
            written.append(write_whole(path, [content], force=force))
    except BaseException:
        for path in [] if force else written:
            path.unlink(missing_ok=True)
        raise


def _models(of: CheckpointSnapshot, report: Callable[[str], None]) -> list[Any]:
    """The generator and the discriminator, of Keras's own layers."""
    report("importing TensorFlow")
    start_tensorflow(of.config, "cpu", report)

    from gan.models.plain_keras import plain
    from gan.models.restored import restored_discriminator, restored_generator

    return [
        plain(restored_generator(of.config, of.checkpoint.arrays)),
        plain(restored_discriminator(of.config, of.checkpoint.arrays)),
    ]


def _saved(model: Any) -> bytes:
    """A model in Keras's format; Keras itself writes files alone, and not as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        with storage_errors("write", file):
            model.save(file)
            return file.read_bytes()
