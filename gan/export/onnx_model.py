"""A checkpoint's generator in the ONNX format, by Keras's own export."""

from __future__ import annotations

import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.disk.os_errors import storage_errors
from gan.export.destination import require_free, write_whole
from gan.export.extras import package
from gan.session.generating import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.export.snapshot import CheckpointSnapshot

EXTRA: Final = "onnx"


def write(
    of: CheckpointSnapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the generator that samples come from.

    Its input `inputs` is n x latent_dim float32, its output n x 28 x 28 float32, about [-1, 1].

    Args:
        of: The checkpoint and its run.
        destination: The file.
        force: Whether a file that is there is replaced.
        report: Called with what is being done, in a few words.

    Returns:
        The file.

    Raises:
        CheckpointError: It is not that of such networks.
        GanTuiError: A package is missing, or the generator can't be expressed.
        StorageError: The disk refused.
        UsageError: There is such a file, and not `force`.
    """
    require_free(destination, force=force)
    for module in ("onnx", "tf2onnx"):
        package(module, EXTRA, "--onnx")
    generator = _generator(of, report)
    return [write_whole(destination, [_exported(generator)], force=force)]


def _generator(of: CheckpointSnapshot, report: Callable[[str], None]) -> Any:
    """The generator that samples come from, of Keras's own layers."""
    report("importing TensorFlow")
    start_tensorflow(of.config, "cpu", report)

    from gan.models.plain_keras import plain
    from gan.models.restored import restored_generator

    report("converting the generator")
    return plain(restored_generator(of.config, of.checkpoint.arrays))


def _exported(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        # Keras says on standard output where it has written to.
        with storage_errors("write", file), redirect_stdout(StringIO()):
            # Keras exports what was called.
            model(np.zeros((1, *model.input_shape[1:]), np.float32))
            model.export(file, format="onnx", verbose=False)
            return file.read_bytes()
