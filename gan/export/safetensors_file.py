"""Every array of a checkpoint in the safetensors format, which needs NumPy alone to be read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.export.destination import require_free, write_whole
from gan.export.extras import package
from gan.session.generating import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.export.snapshot import CheckpointSnapshot

EXTRA: Final = "safetensors"


def write(
    of: CheckpointSnapshot,
    destination: Path,
    *,
    force: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the arrays of a checkpoint: networks, averaged generator and optimizers.

    `gan.training.variable_names` names them. The metadata have the run's name, the step, and as
    JSON the configuration and the layers of both networks.

    Args:
        of: The checkpoint and its run.
        destination: The file.
        force: Whether a file that is there is replaced.
        report: Called with what is being done, in a few words.

    Returns:
        The file.

    Raises:
        CheckpointError: It is not that of such networks.
        GanTuiError: The package safetensors is missing.
        StorageError: The disk refused.
        UsageError: There is such a file, and not `force`.
    """
    require_free(destination, force=force)
    save = package("safetensors.numpy", EXTRA, "--safetensors").save
    report("importing TensorFlow, which knows what the arrays are")
    start_tensorflow(of.config, "cpu", report)
    tensors, layers = _named(of)
    metadata = {
        "written_by": "gan-tui",
        "run": of.run.name,
        "step": str(of.checkpoint.step),
        "config": json.dumps(of.config.to_json()),
        **layers,
    }
    return [write_whole(destination, [save(tensors, metadata)], force=force)]


def _named(of: CheckpointSnapshot) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays by what they are, and the layers of each network in JSON.

    The arrays are compared with the variables that give the names.
    """
    from gan.training.build import build_gan
    from gan.training.state import restore_state
    from gan.training.variable_names import described_layers, described_names

    # Neither the precision nor the length of an epoch changes a variable.
    gan = build_gan(replace(of.config, precision="float32"), 1)
    restore_state(gan, of.checkpoint.arrays)
    names = described_names(gan)
    tensors = {names[key]: np.ascontiguousarray(one) for key, one in of.checkpoint.arrays.items()}
    networks = {"generator": gan.networks.generator, "discriminator": gan.networks.discriminator}
    return tensors, {name: described_layers(network) for name, network in networks.items()}
