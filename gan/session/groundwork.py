"""What every process of a run prepares: its images, its devices and its compiled programs."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gan import events
from gan.config import AUTO_PRECISION
from gan.data.sources import AUTO
from gan.errors import DataError
from gan.events import GPU_IDLE, Phase
from gan.session.environment import tensorflow_imports
from gan.session.preparation_report import PreparationReport
from gan.strategy.topology import Topology

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.data.image_set import ImageSet
    from gan.session.devices import Machine, Telling
    from gan.session.several import Taken
    from gan.strategy.cluster import Cluster
    from gan.training.build import Program


class Groundwork:
    """The steps of a preparation that need no run directory; each reports its phase."""

    def __init__(
        self,
        emit: events.Listener,
        require_not_stopped: Callable[[], None],
        *,
        machine: Machine | None,
        cluster: Cluster | None,
    ) -> None:
        """Prepare nothing yet.

        Args:
            emit: Called with every event.
            require_not_stopped: Raises if a stop was asked for.
            machine: The machine whose devices are chosen from; `None` for this one.
            cluster: The processes that train together; `None` for this one alone.
        """
        self._emit = emit
        self._require_not_stopped = require_not_stopped
        self._machine = machine
        self._cluster = cluster
        self._idle = ""
        """Why a GPU idles; empty if none does."""

        self.report = PreparationReport(emit)

    def load(self, config: RunConfig) -> tuple[ImageSet, RunConfig]:
        """The images, and the configuration with the data source that was found."""
        source = config.data
        self.report.enter(Phase.LOADING, source)
        self._require_not_stopped()
        from gan.data.loader import load
        from gan.data.reading_options import ReadingOptions

        loaded = load(source, progress=self._report_progress, options=ReadingOptions.of(config))
        self._require_not_stopped()
        images = loaded.images
        _require_a_batch(images, config)
        self._emit(
            events.DataLoaded(
                time=time.time(),
                name=images.name,
                images=len(images),
                fingerprint=images.fingerprint,
                reason=loaded.reason,
                examples=images.examples(),
            )
        )
        for note in loaded.notes:
            (self.report.warn if note.is_warning else self.report.note)(f"data: {note.text}")
        # `auto` could find something else another day, so the configuration names what it found.
        return images, replace(config, data=images.name if source == AUTO else source)

    def choose_devices(self, config: RunConfig) -> tuple[Taken, RunConfig]:
        """Import TensorFlow and have it use what the run takes.

        Returns:
            The devices, and the configuration with the precision that `auto` comes to there.
        """
        self.report.enter(Phase.IMPORTING, "TensorFlow")
        with tensorflow_imports() as unused:
            # Here, for the sake of the first frame, which comes before this.
            from gan.session.several import take_devices

            workers = 1 if self._cluster is None else len(self._cluster.workers)
            # Before TensorFlow is imported, because some GPUs would end the process.
            taken = take_devices(config, self._telling(), self._machine, workers=workers)
            from gan.training.device import doubt, limit_threads, settle_precision

            limit_threads(config.threads)
            # Keras is imported with it, once the device is chosen.
            import_module("gan.training.build")
        if unused:
            self.report.note(f"set for other programs and not used here: {', '.join(unused)}")
        self._idle = taken.idle
        if taken.idle:
            self._emit(
                events.AlertRaised(time=time.time(), step=0, name=GPU_IDLE, message=taken.idle)
            )
        if config.gpu_memory is not None and taken.name == "CPU":
            self.report.note(f"--gpu-memory {config.gpu_memory} has no effect on the CPU")
        if config.precision == AUTO_PRECISION:
            config = replace(config, precision=settle_precision(self.report.note))
        if text := doubt(config.precision, taken.name):
            self.report.warn(text)
        self._require_not_stopped()
        return taken, config

    def topology(self, taken: Taken) -> Topology:
        """The replicas of all processes."""
        cluster = self._cluster
        if cluster is None:
            return Topology(taken.devices)
        return Topology(taken.devices, cluster.workers, cluster.worker)

    def compile(self, config: RunConfig, images: ImageSet, taken: Taken) -> Program:
        """Build the networks and compile the training step."""
        from gan.training.build import compile_program

        topology = self.topology(taken)
        self.report.enter(Phase.COMPILING, f"{config.preset} for {taken.name}")
        program = compile_program(config, images.images, self.report.warn, topology)
        self._emit(_models_built(config, program, images, taken, topology, self._idle))
        return program

    def _telling(self) -> Telling:
        from gan.session.devices import Telling

        return Telling(
            note=self.report.note,
            trying=self._try_device,
            on_wait=self._require_not_stopped,
        )

    def _try_device(self, what: str) -> None:
        self.report.note(f"trying {what}")
        self.report.detail(Phase.IMPORTING, f"trying {what}")

    def _report_progress(self, what: str, done: int, total: int, unit: str) -> None:
        """Report how far the loading is; a stop takes effect here."""
        self._require_not_stopped()
        self.report.progress(what, done, total, unit)


def _models_built(
    config: RunConfig,
    program: Program,
    images: ImageSet,
    taken: Taken,
    topology: Topology,
    idle: str,
) -> events.ModelsBuilt:
    from gan.models.networks import parameter_count

    steps_per_epoch = program.execution.steps_per_epoch
    networks: Any = program.gan.networks
    return events.ModelsBuilt(
        time=time.time(),
        device=taken.name,
        generator_params=parameter_count(networks.generator),
        discriminator_params=parameter_count(networks.discriminator),
        steps_per_epoch=steps_per_epoch,
        total_steps=config.total_steps(steps_per_epoch),
        batch_size=config.batch_size,
        images_dropped=len(images) % config.batch_size,
        jit_compiled=program.jit_compiled,
        threads=config.threads or 0,
        gpu_idle=idle,
        replicas=topology.replicas,
        workers=max(len(topology.workers), 1),
        devices=taken.which,
    )


def _require_a_batch(images: ImageSet, config: RunConfig) -> None:
    if len(images) < config.batch_size:
        msg = (
            f"--data {config.data}: {len(images)} images do not fill one batch of "
            f"{config.batch_size}. Give more images, or a --batch-size of at most {len(images)}."
        )
        raise DataError(msg)
