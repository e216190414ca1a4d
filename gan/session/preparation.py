"""From a plan to a training loop that is ready to run.

`prepare` is the recipe: lock, load, device, open, compile, restore. It runs in the trainer thread,
which is the only one to import TensorFlow, so those imports are inside the functions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gan import events
from gan.config import AUTO_PRECISION
from gan.data.sources import AUTO
from gan.errors import DataError
from gan.events import GPU_IDLE, Phase
from gan.paths import absolute
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run, create_run
from gan.run.lock import LockedFiles
from gan.run.log_parts import count_steps
from gan.run.reproducibility import caution, mismatches
from gan.session.environment import (
    environment,
    require_temporary_folder,
    tensorflow_imports,
)
from gan.session.locking import hold_lock
from gan.session.preparation_report import OPENING, PreparationReport
from gan.session.resuming import (
    beginning,
    checkpoint_to_resume,
    cut_words,
    replay,
    require_recorded_images,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager, ExitStack
    from pathlib import Path

    from gan.config import RunConfig
    from gan.data.image_set import ImageSet
    from gan.exchange.requests import RequestQueue
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.lock import RunLock
    from gan.run.recorder import Recorder
    from gan.run.reference import At
    from gan.session.devices import Machine, Telling
    from gan.training.build import Program
    from gan.training.loop import Trainer
    from gan.training.measuring import Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a session does."""

    config: RunConfig
    runs: Path
    """The folder in which a new run's numbered directory is created."""

    run_dir: Path | None = None
    """The directory of a new run, if it was named."""

    resume: RunDirectory | None = None
    """The run to resume; `None` for a new run."""

    resume_step: At = None
    """The step of the checkpoint to resume from; `None` for the newest that verifies."""

    take_over: bool = False
    """Whether to take the run even from a process on another machine that may be alive."""

    command_line: Sequence[str] = ()
    """The arguments of this process, for `config.json`."""

    machine: Machine | None = None
    """The machine whose devices are chosen from; `None` for this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """What a session provides for its run."""

    recorder: Recorder
    commands: RequestQueue
    """What the run is asked to do."""

    replay_to: Sequence[events.Listener]
    """Called with a resumed run's earlier events."""

    preview_seconds: float | None
    """Seconds between two previews, or `None` if nobody watches."""

    require_not_stopped: Callable[[], None]
    """Raises if a stop was asked for."""

    heartbeat: Callable[[RunDirectory], AbstractContextManager[None]]
    """Keeps the run's status fresh and reads its mailbox for as long as the context lasts."""


def prepare(plan: RunPlan, connections: Connections, held: ExitStack) -> Trainer:
    """Prepare a run up to its first step; `held` receives its lock, its log and its heartbeat.

    A run that cannot begin leaves nothing on disk: its directory is created only after everything
    that a user can get wrong has been checked.

    Raises:
        GanTuiError: The run cannot begin. Other errors, such as that of
            `connections.require_not_stopped`, are passed on.
    """
    preparation = _Preparation(connections, plan.machine)
    if plan.resume is not None:
        # Before anything slow: a run that another process writes to is refused at once.
        preparation.lock(plan.resume, plan, held)
    images, config = preparation.load(plan.config)
    if plan.resume is not None:
        # Before TensorFlow is imported; the checkpoint's own, once it is verified, is compared too.
        require_recorded_images(plan.resume, images)
    require_temporary_folder(_existing_folder(plan))
    device, config = preparation.choose_device(config)
    plan = replace(plan, config=config)
    checkpoint = preparation.open(plan, images, device, held)

    from gan.training.device import device_at_start

    with device_at_start(config.batch_size):
        program = preparation.compile(config, images, device)
        if checkpoint is not None:
            preparation.compare_environments(checkpoint)
        connections.require_not_stopped()
        trainer = _trainer(config, program, connections, _evaluation(images, device))
        if checkpoint is not None:
            trainer.restore(checkpoint)
    preparation.report.time()
    return trainer


class _Preparation:
    """The steps of the recipe, each of which reports its phase."""

    def __init__(self, connections: Connections, machine: Machine | None) -> None:
        self._connections = connections
        self._recorder = connections.recorder
        self._machine = machine
        self._idle = ""
        """Why a GPU idles; empty if none does."""

        self._lock: RunLock | None = None
        self.report = PreparationReport(connections.recorder.emit)

    def lock(self, run: RunDirectory, plan: RunPlan, held: ExitStack) -> RunLock:
        """Lock the run, until `held` is closed."""
        require_not_stopped = self._connections.require_not_stopped
        self._lock = hold_lock(
            run, self.report, require_not_stopped, held, take_over=plan.take_over
        )
        return self._lock

    def load(self, config: RunConfig) -> tuple[ImageSet, RunConfig]:
        """The images, and the configuration with the data source that was found."""
        source = config.data
        self.report.enter(Phase.LOADING, source)
        self._connections.require_not_stopped()
        from gan.data.loader import load
        from gan.data.reading_options import ReadingOptions

        loaded = load(source, progress=self._report_progress, options=ReadingOptions.of(config))
        self._connections.require_not_stopped()
        images = loaded.images
        _require_a_batch(images, config)
        self._recorder.emit(
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

    def choose_device(self, config: RunConfig) -> tuple[str, RunConfig]:
        """Import TensorFlow and have it use one device.

        Returns:
            The device's name, and the configuration with the precision that `auto` comes to there.
        """
        self.report.enter(Phase.IMPORTING, "TensorFlow")
        with tensorflow_imports() as unused:
            # Here, for the sake of the first frame, which comes before this.
            from gan.session.devices import pick_device, take_device

            # Before TensorFlow is imported, because some GPUs would end the process.
            picked = pick_device(config.device, config.gpu_memory, self._telling(), self._machine)
            from gan.training.device import doubt, limit_threads, settle_precision

            limit_threads(config.threads)
            device, self._idle = take_device(config, picked)
            # Keras is imported with it, once the device is chosen.
            import_module("gan.training.build")
        if unused:
            self.report.note(f"set for other programs and not used here: {', '.join(unused)}")
        if self._idle:
            self._recorder.emit(
                events.AlertRaised(time=time.time(), step=0, name=GPU_IDLE, message=self._idle)
            )
        if config.gpu_memory is not None and device == "CPU":
            self.report.note(f"--gpu-memory {config.gpu_memory} has no effect on the CPU")
        if config.precision == AUTO_PRECISION:
            config = replace(config, precision=settle_precision(self.report.note))
        if text := doubt(config.precision, device):
            self.report.warn(text)
        self._connections.require_not_stopped()
        return device, config

    def _telling(self) -> Telling:
        from gan.session.devices import Telling

        return Telling(
            note=self.report.note,
            trying=self._try_device,
            on_wait=self._connections.require_not_stopped,
        )

    def _try_device(self, what: str) -> None:
        self.report.note(f"trying {what}")
        self.report.detail(Phase.IMPORTING, f"trying {what}")

    def open(
        self, plan: RunPlan, images: ImageSet, device: str, held: ExitStack
    ) -> Checkpoint | None:
        """Open the run directory, a new one or that of the run to resume.

        Returns:
            The checkpoint to resume from; `None` for a new run, and for one that has none yet.
        """
        self.report.begin(OPENING)
        run = plan.resume or _create_run(plan, images.name)
        lock = self._lock or self.lock(run, plan, held)
        # Much time may have passed since.
        lock.require()
        held.callback(self._recorder.close)
        store = CheckpointStore(run, keep=plan.config.keep, files=LockedFiles(lock))
        if plan.resume is None:
            checkpoint = None
            self._recorder.open(run, store, lock=lock)
        else:
            checkpoint = self._resume(plan, images, run, store, lock)
        ran_on = {**environment(), "device": device, "threads": plan.config.threads}
        checkpoints = self._recorder.checkpoints
        checkpoints.fingerprint, checkpoints.environment = images.fingerprint, ran_on
        write_config(run, plan.config, environment=ran_on, command_line=plan.command_line)
        held.enter_context(self._connections.heartbeat(run))
        self._recorder.emit(
            events.RunStarted(
                time=time.time(),
                name=run.name,
                run_dir=str(run.path),
                config=plan.config.to_json(),
                resumed_from=checkpoint.step if checkpoint else None,
                train_seconds=checkpoint.resume_point.train_seconds if checkpoint else 0.0,
            )
        )
        return checkpoint

    def _resume(
        self,
        plan: RunPlan,
        images: ImageSet,
        run: RunDirectory,
        store: CheckpointStore,
        lock: RunLock,
    ) -> Checkpoint | None:
        """Open a run that has a directory; returns its checkpoint, or `None` if it has none yet."""
        run.complete()
        checkpoint = checkpoint_to_resume(
            run,
            store,
            plan.resume_step,
            config=plan.config,
            images=images,
            on_rejected=self._recorder.checkpoints.report_rejected,
        )
        point = checkpoint.resume_point if checkpoint else beginning(run, images)
        cut = self._recorder.open(run, store, cut_at=point, lock=lock)
        problems = replay(run, point.step, self._recall)
        self._recorder.forget_lost_bests()
        for text in problems:
            self.report.warn(text)
        if checkpoint is None:
            self.report.note("the run has no checkpoint yet, so it begins at step 0")
        if cut is not None:
            steps = count_steps(run.path / cut)
            self.report.note(cut_words(steps, cut, has_checkpoint=checkpoint is not None))
        return checkpoint

    def compile(self, config: RunConfig, images: ImageSet, device: str) -> Program:
        """Build the networks and compile the training step."""
        from gan.training.build import compile_program

        self.report.enter(Phase.COMPILING, f"{config.preset} for {device}")
        program = compile_program(config, images.images, self.report.warn)
        ran_on = {**self._recorder.checkpoints.environment, "jit_compiled": program.jit_compiled}
        self._recorder.checkpoints.environment = ran_on
        self._recorder.emit(_models_built(config, program, images, device, self._idle))
        return program

    def compare_environments(self, checkpoint: Checkpoint) -> None:
        """Warn if this process may not compute the same bits as the one before."""
        saved = checkpoint.resume_point.environment
        if text := caution(mismatches(saved, self._recorder.checkpoints.environment)):
            self.report.warn(text)

    def _recall(self, event: events.Event) -> None:
        self._recorder.recall(event)
        for listener in self._connections.replay_to:
            listener(event)

    def _report_progress(self, what: str, done: int, total: int, unit: str) -> None:
        """Report how far the loading is; a stop takes effect here."""
        self._connections.require_not_stopped()
        self.report.progress(what, done, total, unit)


def _trainer(
    config: RunConfig, program: Program, connections: Connections, evaluation: Evaluation
) -> Trainer:
    from gan.training.loop import Trainer

    return Trainer(
        config,
        program,
        commands=connections.commands,
        recorder=connections.recorder,
        preview_seconds=connections.preview_seconds,
        evaluation=evaluation,
    )


def _models_built(
    config: RunConfig, program: Program, images: ImageSet, device: str, idle: str
) -> events.ModelsBuilt:
    from gan.models.networks import parameter_count

    steps_per_epoch = program.execution.steps_per_epoch
    networks: Any = program.gan.networks
    return events.ModelsBuilt(
        time=time.time(),
        device=device,
        generator_params=parameter_count(networks.generator),
        discriminator_params=parameter_count(networks.discriminator),
        steps_per_epoch=steps_per_epoch,
        total_steps=config.total_steps(steps_per_epoch),
        batch_size=config.batch_size,
        images_dropped=len(images) % config.batch_size,
        jit_compiled=program.jit_compiled,
        threads=config.threads or 0,
        gpu_idle=idle,
    )


def _evaluation(images: ImageSet, device: str) -> Evaluation:
    """What the run's evaluations need."""
    from gan.quality.measure import DEFAULT_COUNT, QualityMeasure
    from gan.training.measuring import Evaluation

    return Evaluation(
        make_measure=lambda: QualityMeasure(images, DEFAULT_COUNT),
        # There are no real images to compare more with.
        images=min(DEFAULT_COUNT, len(images)),
        once_an_epoch=device != "CPU",
    )


def _existing_folder(plan: RunPlan) -> Path:
    """The folder in which the run's directory is, or will be."""
    folder = absolute(plan.resume.path if plan.resume else plan.run_dir or plan.runs)
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _create_run(plan: RunPlan, data_name: str) -> RunDirectory:
    """The directory of a new run: the one that was named, or the next number.

    Raises:
        UsageError: The named directory is in use.
        StorageError: It could not be created.
    """
    if plan.run_dir is not None:
        return create_run(plan.run_dir)
    return create_numbered_run(plan.runs, f"{plan.config.preset}-{data_name}")


def _require_a_batch(images: ImageSet, config: RunConfig) -> None:
    if len(images) < config.batch_size:
        msg = (
            f"--data {config.data}: {len(images)} images do not fill one batch of "
            f"{config.batch_size}. Give more images, or a --batch-size of at most {len(images)}."
        )
        raise DataError(msg)
