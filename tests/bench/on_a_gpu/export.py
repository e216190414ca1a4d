"""Writes the training loops as XLA is given them, with all that they need to run elsewhere.

Each is the project's own, as it is built for a GPU. TensorFlow runs it on this machine's CPU for
the losses to expect. No GPU is needed.

    python -m tests.bench.on_a_gpu.export FOLDER --data PATH [--preset mlp ...] [--precision ...]
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.config import PRECISIONS, RunConfig
from gan.data.loader import load
from gan.models.presets import PRESETS
from gan.session.environment import tensorflow_imports
from tests.bench.on_a_gpu.folder import FIRST_ARRAY, Exported, Folder

if TYPE_CHECKING:
    from gan.events import Images
    from gan.models.networks import Networks

STEPS: Final = 8
"""Steps whose losses are kept: four with a gradient penalty, and one update of the averaged
generator. Training amplifies differences of rounding so fast that more would compare chaos."""

MEASURED: Final = ("mlp", "dcgan", "tutorial")
"""The presets that are exported unless others are named."""


def export(folder: Folder, config: RunConfig, images: Images, steps: int) -> Exported:
    """Write one program. TensorFlow must not see a GPU.

    Args:
        folder: Where to.
        config: What is trained; its precision must not be `auto`.
        images: n x 28 x 28, uint8.
        steps: How many steps' losses are kept; at most an epoch's.
    """
    import tensorflow as tf

    from gan.models.keras_settings import own_keras_settings
    from gan.training.build import build_gan
    from gan.training.execution import Execution
    from gan.training.feed import DeviceImages

    # As `choose_device`: it is written into every product of the program.
    tf.config.experimental.enable_tensor_float_32_execution(config.precision == "tf32")
    feed = DeviceImages(images, batch_size=config.batch_size, seed=config.seed)
    gan = build_gan(config, feed.steps_per_epoch, on_cpu=False)
    execution = Execution(gan, feed)
    with own_keras_settings():
        function = execution.function()
        traced = function.get_concrete_function()
        arguments = execution.arguments(0, steps)
        lowered = function.experimental_get_compiler_ir(*arguments)
    by_handle = {id(variable.handle): variable for variable in traced.graph.variables}
    variables = [by_handle[id(handle)] for handle in traced.captured_inputs]
    arrays = [folder.keep(tensor.numpy()) for tensor in (*arguments[FIRST_ARRAY:], *variables)]
    returned = _returned(lowered(stage="hlo"))
    # After the first values are kept: it trains.
    losses = _losses(traced, arguments)
    exported = Exported(
        name=f"{config.preset}-{config.precision}-b{config.batch_size}",
        preset=config.preset,
        precision=config.precision,
        batch_size=config.batch_size,
        steps_per_epoch=feed.steps_per_epoch,
        recipe=config.to_json(),
        tensorflow=tf.__version__,
        arrays=arrays,
        variables=[variable.name for variable in variables],
        returned=returned,
        losses=folder.keep(losses),
        norms={
            output: _norm(variables[parameter - len(arguments)].numpy())
            for output, parameter in returned.items()
        },
        dense=_dense(gan.networks),
    )
    folder.write(exported, lowered(stage="hlo_serialized"))
    return exported


def _losses(traced: Any, arguments: tuple[Any, ...]) -> Any:
    """TensorFlow's metrics of the steps that the arguments ask for."""
    made, metrics = traced(*arguments)
    return metrics.numpy()[:, : int(made)]


def _norm(array: Any) -> float:
    import numpy as np

    return float(np.linalg.norm(array.astype(np.float64).ravel()))


def _returned(hlo: str) -> dict[str, int]:
    """The outputs that take a parameter's memory, from the first line of a program's text."""
    alias = re.findall(r"\{(\d+)\}: \((\d+), \{\}, \w+-alias\)", hlo.partition("\n")[0])
    return {output: int(parameter) for output, parameter in alias}


def _dense(networks: Networks) -> dict[str, list[int]] | None:
    from gan.bench.limit import shapes_of
    from gan.bench.processes import BenchError

    try:
        shapes = shapes_of(networks)
    except BenchError:
        return None
    return {network: list(sizes) for network, sizes in shapes._asdict().items()}


def main() -> None:
    """Export the programs that were asked for, one line each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", default="auto")
    parser.add_argument("--preset", nargs="+", default=MEASURED, choices=PRESETS)
    parser.add_argument("--precision", nargs="+", default=PRECISIONS, choices=PRECISIONS)
    parser.add_argument("--batch-size", type=int, help="the preset's unless given")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps whose losses are kept")
    options = parser.parse_args()
    folder = Folder(options.folder)
    with tensorflow_imports():
        import tensorflow as tf
    tf.config.set_visible_devices([], "GPU")
    images = load(options.data, progress=lambda *_: None).images.images
    for preset in options.preset:
        for precision in options.precision:
            given = {"preset": preset, "precision": precision, "data": options.data}
            if options.batch_size:
                given["batch_size"] = options.batch_size
            begun = time.perf_counter()
            exported = export(folder, RunConfig.resolve(given), images, options.steps)
            print(
                f"{exported.name}: {len(exported.variables)} variables, "
                f"{len(exported.returned)} of them updated, {options.steps} steps on this CPU, "
                f"{time.perf_counter() - begun:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
