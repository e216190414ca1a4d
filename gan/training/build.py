"""From a configuration to what trains: networks, optimizers, compiled programs.

Called only in the trainer's thread: Keras keeps its global state per thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from gan.config import GLOBAL_STATISTICS
from gan.data.stored_images import ImagesOnDisk
from gan.errors import CompilationError, DeviceError
from gan.models.bfloat16 import matmul_for
from gan.models.keras_settings import own_keras_settings
from gan.models.networks import dense_layers
from gan.models.presets import PRESETS, loss
from gan.models.regularisers import GradientPenalty, RandomShifts
from gan.strategy.device_list import require_even_split
from gan.strategy.topology import WHOLE, Share
from gan.training.averaging import Averaging
from gan.training.compilation_advice import advice, explained, reason
from gan.training.device import device_memory
from gan.training.feed import DeviceImages, HostImages
from gan.training.replicas import OneDevice, Replicas
from gan.training.sampling import Sampler
from gan.training.schedule import DecayToHorizon, RisingShare
from gan.training.shared_gradients import can_share, shared_gradients
from gan.training.step import Gan, Objective, plain_gradients

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.data.stored_images import AnyImages
    from gan.events import Images
    from gan.models.networks import Networks
    from gan.models.randomness import Algorithm
    from gan.strategy.topology import Topology
    from gan.training.execution import Executes


@dataclass(frozen=True, slots=True)
class Program:
    """Everything compiled that a run needs."""

    gan: Gan
    """The networks that are sampled, measured and saved: those of this process's first replica."""

    execution: Executes
    sampler: Sampler
    jit_compiled: bool
    """Whether XLA compiled the execution."""

    other_gans: tuple[Gan, ...] = ()
    """Those of this process's other replicas, which stay the same bit for bit."""


def build_networks(
    config: RunConfig, *, xla_compiles: bool = True, on_cpu: bool | None = None
) -> Networks:
    """The networks of a new run, with the matrix multiplication that its precision needs.

    `build_gan` describes the arguments.
    """
    networks = PRESETS[config.preset].build(config.latent_dim, config.seed)
    if on_cpu is None:
        on_cpu = _computes_on_cpu()
    matmul = matmul_for(config.precision, xla_compiles=xla_compiles, on_cpu=on_cpu)
    for network in (networks.generator, networks.discriminator):
        for layer in dense_layers(network):
            layer.matmul = matmul
    return networks


@own_keras_settings()
def build_gan(
    config: RunConfig,
    steps_per_epoch: int,
    *,
    xla_compiles: bool = True,
    on_cpu: bool | None = None,
    share: Share = WHOLE,
) -> Gan:
    """The networks and optimizers of a new run, with every variable created.

    Args:
        config: What is trained.
        steps_per_epoch: Steps in one pass over the images; the horizon is given in epochs.
        xla_compiles: Whether XLA compiles the step, or it runs eagerly or as a plain graph.
        on_cpu: Whether it is for a CPU, or for a GPU; `None` is what TensorFlow computes on.
        share: Which part of every batch they train on.
    """
    if on_cpu is None:
        on_cpu = _computes_on_cpu()
    networks = build_networks(config, xla_compiles=xla_compiles, on_cpu=on_cpu)
    horizon_steps = config.horizon * steps_per_epoch
    return Gan(
        networks=networks,
        objective=_objective(config, horizon_steps),
        generator_optimizer=_adam(config, horizon_steps, networks.generator),
        discriminator_optimizer=_adam(config, horizon_steps, networks.discriminator),
        latent_dim=config.latent_dim,
        seed=config.seed,
        algorithm=_algorithm(xla_compiles=xla_compiles, on_cpu=on_cpu),
        gradients=shared_gradients if can_share(networks) else plain_gradients,
        averaging=_averaging(config),
        share=share,
        for_gpu=not on_cpu,
    )


def _computes_on_cpu() -> bool:
    return not tf.config.get_visible_devices("GPU")


def _algorithm(*, xla_compiles: bool, on_cpu: bool) -> Algorithm:
    if not xla_compiles:
        return "philox"
    return "threefry" if on_cpu else "fused_threefry"


def _objective(config: RunConfig, horizon_steps: int) -> Objective:
    some = RisingShare(config.shift_share, horizon_steps) if config.shift_share < 1 else None
    return Objective(
        loss=loss(config.loss),
        shifts=RandomShifts(config.max_shift, some) if config.max_shift else None,
        penalty=GradientPenalty(config.gradient_penalty) if config.gradient_penalty else None,
    )


def _averaging(config: RunConfig) -> Averaging | None:
    """What follows the generator: a network of the same seed, so it begins with its weights."""
    if not config.ema_half_life:
        return None
    averaged = PRESETS[config.preset].build(config.latent_dim, config.seed).generator
    return Averaging(averaged, config.ema_half_life)


@own_keras_settings()
def compile_program(
    config: RunConfig,
    images: AnyImages,
    warn: Callable[[str], None],
    topology: Topology | None = None,
) -> Program:
    """Build and compile, before the first step.

    Images that don't fit in the device's memory with the networks stay on the host, and images on
    disk stay there. If XLA can't
    compile the training loop, whatever the reason, it runs as a plain graph. `warn` receives a
    sentence about either.

    Args:
        config: What is trained.
        images: n x 28 x 28, uint8.
        warn: As above.
        topology: The devices; `None` is the one that TensorFlow computes on. With other workers,
            all have to call this at the same time, before TensorFlow has computed anything.

    Raises:
        CompilationError: The training loop runs neither compiled nor as a plain graph.
        DeviceError: The device's memory doesn't suffice for the networks and one batch, or
            TensorFlow doesn't have the devices of the topology.
        UsageError: The devices can't share a batch evenly.
    """
    target = _target(config, topology)
    if isinstance(images, ImagesOnDisk):
        return _compiled(config, target, HostImages, images, warn)
    program = _compiled_if_they_fit(config, target, images, warn)
    if program is None:
        # After the handler: its traceback would keep the images on the device.
        program = _compiled(config, target, HostImages, images, warn)
        warn(
            f"{len(images):,} images ({images.nbytes / 1e6:,.0f} MB) don't fit on the device; "
            "keeping them on the host and copying those of each execution."
        )
    return program


def _target(config: RunConfig, topology: Topology | None) -> OneDevice | Replicas:
    if topology is None or topology.replicas == 1:
        return OneDevice()
    require_even_split(config.batch_size, topology.replicas)
    return Replicas(topology, whole_statistics=config.batch_statistics == GLOBAL_STATISTICS)


def _compiled_if_they_fit(
    config: RunConfig,
    target: OneDevice | Replicas,
    images: Images,
    warn: Callable[[str], None],
) -> Program | None:
    try:
        return _compiled(config, target, DeviceImages, images, warn)
    except CompilationError:
        # Images on the host would not help.
        raise
    except DeviceError:
        return None


def _compiled(
    config: RunConfig,
    target: OneDevice | Replicas,
    feed_type: Callable[..., DeviceImages | HostImages],
    images: AnyImages,
    warn: Callable[[str], None],
) -> Program:
    def feed(share: Share) -> DeviceImages | HostImages:
        return feed_type(images, batch_size=config.batch_size, seed=config.seed, share=share)

    with device_memory(config.batch_size):
        feeds = target.on_each(feed)
    gans = _built(config, target, feeds[0].steps_per_epoch)
    not_compiled = ""
    try:
        with device_memory(config.batch_size):
            execution = target.compiled(gans, feeds, jit_compile=True)
    except tf.errors.OpError as error:
        not_compiled = str(error)
    if not_compiled:
        # After the handler: its traceback would keep the first networks on the device.
        gans, execution = _plain_graph(config, target, feeds, not_compiled)
        warn(
            "XLA can't compile this step here; running it as a plain graph, which is slower. "
            f"{explained(not_compiled)}"
        )
        if config.precision == "bfloat16":
            warn("a plain graph rounds the results of matrix multiplications to bfloat16 too.")
    gan, *others = gans
    sampler = Sampler(
        gan.sampled_generator,
        latent_dim=config.latent_dim,
        seed=config.seed,
        raw_generator=gan.networks.generator if gan.averaging else None,
    )
    sampler.images()
    return Program(gan, execution, sampler, not not_compiled, tuple(others))


def _built(config: RunConfig, target: OneDevice | Replicas, steps_per_epoch: int) -> list[Gan]:
    """The networks, whose first values are computed on the device.

    Raises:
        CompilationError: TensorFlow has no code that runs there.
        DeviceError: The device is out of memory.
    """
    try:
        with device_memory(config.batch_size):
            return target.on_each(lambda share: build_gan(config, steps_per_epoch, share=share))
    except tf.errors.OpError as error:
        help_ = "" if advice(str(error)) else " Try --device cpu."
        raise CompilationError(
            f"the networks can't be built on this device: {explained(str(error))}{help_}"
        ) from error


def _plain_graph(
    config: RunConfig,
    target: OneDevice | Replicas,
    feeds: list[DeviceImages | HostImages],
    not_compiled: str,
) -> tuple[list[Gan], Executes]:
    """The same training loop without XLA.

    Args:
        config: What is trained.
        target: The devices.
        feeds: The real images of each.
        not_compiled: TensorFlow's message about the compilation.

    Raises:
        CompilationError: It doesn't run either.
        DeviceError: The device is out of memory.
    """

    def plain(share: Share) -> Gan:
        return build_gan(config, feeds[0].steps_per_epoch, xla_compiles=False, share=share)

    try:
        with device_memory(config.batch_size):
            gans = target.on_each(plain)
            execution = target.compiled(gans, feeds, jit_compile=False)
    except tf.errors.OpError as error:
        help_ = advice(not_compiled) or advice(str(error)) or "Try --device cpu."
        raise CompilationError(
            f"the training step runs neither compiled ({reason(not_compiled)}) nor as a plain "
            f"graph ({reason(str(error))}). {help_}"
        ) from error
    return gans, execution


def _adam(config: RunConfig, horizon_steps: int, network: Any) -> Any:
    """Adam (Kingma and Ba 2015) with its moments created, so that a checkpoint can fill them."""
    rate: Any = config.learning_rate
    if horizon_steps:
        rate = DecayToHorizon(rate, horizon_steps)
    optimizer = keras.optimizers.Adam(rate, beta_1=config.beta_1)
    optimizer.build(network.trainable_variables)
    return optimizer
