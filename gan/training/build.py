"""From a configuration to what trains: device, networks, optimizers, compiled programs.

Called in the trainer's thread only: Keras keeps its global state by thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from gan.errors import DeviceError
from gan.models.bfloat16 import product_for
from gan.models.presets import PRESETS
from gan.training.device import device_memory
from gan.training.execution import Execution
from gan.training.feed import DeviceImages, HostImages
from gan.training.gradients import can_share, plain_gradients, shared_gradients
from gan.training.sampling import Sampler
from gan.training.step import Gan

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.events import Images
    from gan.models.networks import Networks


@dataclass(frozen=True, slots=True)
class Program:
    """Everything compiled that a run needs."""

    gan: Gan
    execution: Execution
    sampler: Sampler
    jit_compiled: bool
    """Whether XLA compiled the execution."""


def build_networks(config: RunConfig, *, xla_compiles: bool = True) -> Networks:
    """The networks of a new run, which multiply as its precision asks."""
    networks = PRESETS[config.preset].build(config.latent_dim, config.seed)
    on_cpu = not tf.config.get_visible_devices("GPU")
    product = product_for(config.precision, xla_compiles=xla_compiles, on_cpu=on_cpu)
    return replace(networks, product=product)


def build_gan(config: RunConfig, *, xla_compiles: bool = True) -> Gan:
    """The networks and optimizers of a new run, every variable made.

    Args:
        config: What is trained.
        xla_compiles: Whether XLA compiles the step, or it runs eagerly or as a plain graph.
    """
    networks = build_networks(config, xla_compiles=xla_compiles)
    return Gan(
        networks=networks,
        generator_optimizer=_adam(config, networks.generator),
        discriminator_optimizer=_adam(config, networks.discriminator),
        latent_dim=config.latent_dim,
        seed=config.seed,
        algorithm="threefry" if xla_compiles else "philox",
        gradients=shared_gradients if can_share(networks) else plain_gradients,
    )


def compile_program(config: RunConfig, images: Images, warn: Callable[[str], None]) -> Program:
    """Build and compile, before the first step.

    Images that a device's memory does not hold beside the rest stay on the host. Where XLA cannot
    compile the training loop it runs as a plain graph. `warn` is told of either.

    Raises:
        DeviceError: The device's memory does not suffice for the networks and a batch.
    """
    program = _compiled_if_they_fit(config, images, warn)
    if program is None:
        # Behind the handler, which would keep on the device what was put there.
        program = _compiled(config, HostImages, images, warn)
        warn(
            f"{len(images):,} images ({images.nbytes / 1e6:,.0f} MB) do not fit on the device "
            "beside the networks: they stay on the host, and each execution brings its own."
        )
    return program


def _compiled_if_they_fit(
    config: RunConfig, images: Images, warn: Callable[[str], None]
) -> Program | None:
    try:
        return _compiled(config, DeviceImages, images, warn)
    except DeviceError:
        return None


def _compiled(
    config: RunConfig,
    feed_of: type[DeviceImages | HostImages],
    images: Images,
    warn: Callable[[str], None],
) -> Program:
    with device_memory(config.batch_size):
        feed = feed_of(images, batch_size=config.batch_size, seed=config.seed)
        gan = build_gan(config)
    execution = Execution(gan, feed)
    jit_compiled = True
    try:
        execution(0, 0)
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        warn(f"XLA does not compile this step here; running it as a plain graph. {_line(error)}")
        if config.precision == "bfloat16":
            warn("a plain graph rounds the results of its products to bfloat16 too.")
        jit_compiled = False
        gan = build_gan(config, xla_compiles=False)
        execution = Execution(gan, feed, jit_compile=False)
        execution(0, 0)
    sampler = Sampler(gan.networks.generator, latent_dim=config.latent_dim, seed=config.seed)
    sampler.images()
    return Program(gan, execution, sampler, jit_compiled)


def _adam(config: RunConfig, network: Any) -> Any:
    """Adam (Kingma and Ba 2015) with its moments made, so that a checkpoint can fill them."""
    optimizer = keras.optimizers.Adam(config.learning_rate, beta_1=config.beta_1)
    optimizer.build(network.trainable_variables)
    return optimizer


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
