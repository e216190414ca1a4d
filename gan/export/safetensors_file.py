"""Every array of a checkpoint in the safetensors format, which needs NumPy alone to be read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.export.destination import require_free, write_whole
from gan.export.extras import package
from gan.run.config_file import read_config
from gan.run.reference import load_checkpoint
from gan.session.generating import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.config import RunConfig
    from gan.disk.arrays import Array
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.reference import At

EXTRA: Final = "safetensors"


def write(
    run: RunDirectory,
    at: At,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the arrays of a checkpoint: networks, averaged generator and optimizers.

    `gan.training.variable_names` names them. The metadata have the run's name, the step, and the
    configuration as JSON.

    Args:
        run: The run.
        at: Which checkpoint.
        destination: The file.
        force: Whether a file that is there is replaced.
        report: Called with what is being done, in a few words.

    Returns:
        The file.

    Raises:
        CheckpointError: There is no such checkpoint, or another version wrote it.
        GanTuiError: The package safetensors is missing.
        StorageError: The disk refused.
        UsageError: There is such a file, and not `force`.
    """
    require_free(destination, force=force)
    save = package("safetensors.numpy", EXTRA, "--safetensors").save
    checkpoint, config = load_checkpoint(run, at), read_config(run)
    report("importing TensorFlow, which knows what the arrays are")
    start_tensorflow(config, "cpu", report)
    tensors = _named(config, checkpoint)
    origin = {"run": run.name, "step": str(checkpoint.step)}
    metadata = {"written_by": "gan-tui", **origin, "config": json.dumps(config.to_json())}
    return [write_whole(destination, [save(tensors, metadata)], force=force)]


def _named(config: RunConfig, checkpoint: Checkpoint) -> dict[str, Array]:
    """The arrays by what they are; they are compared with the variables that give the names."""
    from gan.training.build import build_gan
    from gan.training.state import restore_state
    from gan.training.variable_names import described_names

    # Neither the precision nor the length of an epoch changes a variable.
    gan = build_gan(replace(config, precision="float32"), 1)
    restore_state(gan, checkpoint.arrays)
    names = described_names(gan)
    return {names[key]: np.ascontiguousarray(one) for key, one in checkpoint.arrays.items()}
