"""What the parts of a training step cost: the same step without each of them, and its limit.

Speeds are shares of the limit, or of the whole step for networks whose limit isn't known.

All are compiled in one process and take turns, so that all are measured under the same load. A step
without a part doesn't learn as it should; it is as fast as a step in which that part costs nothing.

    python -m tests.bench.ablation --data PATH [--preset tutorial] [--rounds 15] [--steps 25]
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from gan.config import PRECISIONS, RunConfig
from gan.data.loader import load
from gan.models.presets import PRESETS
from gan.session.environment import prepare_xla

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gan.events import Images
    from gan.training.step import Gan

LIMIT: Final = "matrix multiplications only"
WHOLE: Final = "the whole step"
NAME: Final = 34
"""Columns of a contestant's name."""

_LEARNING_RATE: Final = 1e-6


class PlainDescent:
    """In place of Adam: one pass over the weights, without moments."""

    def apply(self, gradients: list[Any], variables: list[Any]) -> None:
        for gradient, variable in zip(gradients, variables, strict=True):
            variable.assign(variable.value - _LEARNING_RATE * gradient)


def without_adam(gan: Gan) -> Gan:
    return replace(gan, generator_optimizer=PlainDescent(), discriminator_optimizer=PlainDescent())


def without_normalisation() -> AbstractContextManager[Any]:
    """Nothing is normalised in what is traced meanwhile."""
    from gan.models.layers import BatchNormalization

    return patch.object(BatchNormalization, "call", lambda _, inputs, training=None: inputs)  # noqa: ARG005 - Keras's signature


def without_noise() -> AbstractContextManager[Any]:
    """The latents are the same at every step in what is traced meanwhile."""
    import tensorflow as tf

    return patch("gan.models.randomness.Draws.normal", lambda _, __, shape: tf.fill(shape, 0.5))


def contestants(config: RunConfig, images: Images) -> dict[str, Callable[[int], object]]:
    """The whole step, the step without each part, and the limit; compiled."""
    from gan.bench.limit import matmul_loop
    from gan.bench.processes import BenchError
    from gan.training.build import build_gan, build_networks
    from gan.training.execution import Execution
    from gan.training.feed import DeviceImages
    from gan.training.step import plain_gradients

    feed = DeviceImages(images, batch_size=config.batch_size, seed=config.seed)

    def loop(gan: Gan, during: AbstractContextManager[Any]) -> Callable[[int], object]:
        execution = Execution(gan, feed)
        with during:
            execution(0, 1)
        return lambda steps: execution(0, steps)

    def gan() -> Gan:
        return build_gan(config, feed.steps_per_epoch)

    def without(**parts: None) -> Gan:
        whole = gan()
        return replace(whole, objective=replace(whole.objective, **parts))

    loops: dict[str, Callable[[int], object]] = {}
    # What products of patches of images cost at least isn't known.
    with suppress(BenchError):
        loops[LIMIT] = matmul_loop(build_networks(config), config.batch_size)
    loops |= {
        WHOLE: loop(gan(), nullcontext()),
        "without batch normalisation": loop(gan(), without_normalisation()),
        "without the shared backward pass": loop(
            replace(gan(), gradients=plain_gradients), nullcontext()
        ),
        "without Adam": loop(without_adam(gan()), nullcontext()),
        "without new latents": loop(gan(), without_noise()),
    }
    if config.gradient_penalty:
        loops["without the gradient penalty"] = loop(without(penalty=None), nullcontext())
    if config.max_shift:
        loops["without shifts"] = loop(without(shifts=None), nullcontext())
    if config.ema_half_life:
        loops["without averaging"] = loop(replace(gan(), averaging=None), nullcontext())
    return loops


def speed(run: Callable[[int], object], steps: int) -> float:
    """Steps per second."""
    begun = time.perf_counter()
    run(steps)
    return steps / (time.perf_counter() - begun)


def main() -> None:
    """Take turns and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", default="tutorial", choices=PRESETS)
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=25)
    options = parser.parse_args()
    prepare_xla()
    images = load(options.data, progress=lambda *_: None).images.images
    config = RunConfig.resolve({"preset": options.preset, "precision": options.precision})
    loops = contestants(config, images)
    rounds = []
    for number in range(options.rounds):
        names = list(loops) if number % 2 else list(loops)[::-1]
        rounds.append({name: speed(loops[name], options.steps) for name in names})
    print(f"{options.preset}, {options.rounds} rounds of {options.steps} steps; medians")
    reference = next(iter(loops))
    print(f"{'':<{NAME}}{'steps/s':>9}  of {reference}")
    for name in loops:
        share = statistics.median(speeds[name] / speeds[reference] for speeds in rounds)
        steps = statistics.median(speeds[name] for speeds in rounds)
        print(f"{name:<{NAME}}{steps:>9.1f}{share:>9.0%}")


if __name__ == "__main__":
    main()
