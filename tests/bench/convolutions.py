"""A strided convolution as XLA compiles it, against products over patches: forward and backward.

Both are the discriminator's second layer in `dcgan`: 14 x 14 x 32 values to 7 x 7 x 64 by kernels
of 4 x 4, of 128 images. They take turns in one process.

    python -m tests.bench.convolutions [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any, Final

from gan.session.environment import prepare_xla

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES: Final = 128
SIDE: Final = 14
CHANNELS: Final = (32, 64)
KERNEL: Final = 4
STEPS: Final = 10
"""Steps of a loop. As in training, the loop is compiled: XLA's convolution is slower inside one."""

_RATE: Final = 1e-6
"""Makes each step depend on the one before, or the compiler would compute only one."""


def contestants() -> dict[str, Callable[[], Any]]:
    """Each computes the outputs and both gradients, step after step, in a compiled loop."""
    import tensorflow as tf

    from gan.models.bfloat16 import matmul_for
    from gan.models.convolution import StridedPatches

    patches = StridedPatches()
    inputs, outputs = CHANNELS
    images = tf.random.stateless_normal((IMAGES, SIDE, SIDE, inputs), (1, 2))
    kernel = tf.random.stateless_normal((KERNEL, KERNEL, inputs, outputs), (3, 4), stddev=0.05)

    def convolved(images: Any, kernel: Any) -> Any:
        return tf.nn.conv2d(images, kernel, 2, "SAME")

    def multiplied(precision: str) -> Callable[[Any, Any], Any]:
        matmul = matmul_for(precision, xla_compiles=True, on_cpu=True)

        def products(images: Any, kernel: Any) -> Any:
            gathered = patches(images)
            rows = tf.reshape(gathered, (-1, gathered.shape[-1]))
            product = matmul(rows, tf.reshape(kernel, (-1, outputs)))
            return tf.reshape(product, (*gathered.shape[:-1], outputs))

        return products

    def compiled(layer: Callable[[Any, Any], Any]) -> Callable[[], Any]:
        def both(index: Any, images: Any, kernel: Any) -> tuple[Any, Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch((images, kernel))
                made = layer(images, kernel)
            by_images, by_kernel = tape.gradient(made, (images, kernel), made)
            return index + 1, images - _RATE * by_images, kernel - _RATE * by_kernel

        @tf.function(jit_compile=True)
        def loop() -> Any:
            return tf.while_loop(lambda index, *_: index < STEPS, both, (0, images, kernel))[2]

        return lambda: loop().numpy()

    return {
        "XLA's convolution, float32": compiled(convolved),
        "products over patches, float32": compiled(multiplied("float32")),
        "products over patches, bfloat16": compiled(multiplied("bfloat16")),
    }


def seconds(call: Callable[[], Any]) -> float:
    """Seconds a step."""
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) / STEPS


def main() -> None:
    """Take turns and print a table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    prepare_xla()
    calls = contestants()
    for call in calls.values():
        call()
    rounds = [{name: seconds(call) for name, call in calls.items()} for _ in range(options.rounds)]
    first = next(iter(calls))
    for name in calls:
        milliseconds = 1e3 * statistics.median(times[name] for times in rounds)
        share = statistics.median(times[name] / times[first] for times in rounds)
        print(f"{name:<34}{milliseconds:8.2f} ms{share:8.2f}")


if __name__ == "__main__":
    main()
