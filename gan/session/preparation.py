"""From a plan to a training loop that is ready to run.

`prepare` is the recipe: lock, load, device, open, compile, restore. It runs in the trainer thread,
which is the only one to import TensorFlow, so those imports are inside the functions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from gan import events
from gan.paths import absolute
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run, create_run
from gan.run.lock import LockedFiles
from gan.run.log_parts import count_steps
from gan.run.reproducibility import caution, mismatches
from gan.session.environment import environment, require_temporary_folder
from gan.session.groundwork import Groundwork
from gan.session.leadership import Leadership
from gan.session.locking import hold_lock
from gan.session.preparation_report import OPENING
from gan.session.resuming import (
    beginning,
    checkpoint_to_resume,
    cut_words,
    replay,
    require_recorded_images,
)
from gan.session.signals import DEFAULT_GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager, ExitStack
    from pathlib import Path

    from gan.config import RunConfig
    from gan.data.image_set import ImageSet
    from gan.errors import WorkersError
    from gan.exchange.requests import RequestQueue
    from gan.readings import WorkerReading
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.lock import RunLock
    from gan.run.recorder import Recorder
    from gan.run.reference import At
    from gan.session.devices import Machine
    from gan.session.several import Taken
    from gan.strategy.cluster import Cluster
    from gan.strategy.leader import Leader
    from gan.training.build import Program
    from gan.training.loop import Trainer
    from gan.training.measuring import Evaluation


DEFAULT_START_SECONDS: Final = 300.0
"""How long the processes of a run wait for each other at the start."""


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

    cluster: Cluster | None = None
    """The processes that train together; `None` for this one alone."""

    start_seconds: float = DEFAULT_START_SECONDS
    """How long the processes wait for each other at the start."""

    grace_seconds: float = DEFAULT_GRACE_SECONDS
    """How long the end may take once one of them is gone."""

    tracking: Tracking | None = None
    """The trackers that are told of the run; `None` without any."""


class Tracking(Protocol):
    """Tells trackers of experiments what happens in a run."""

    def __call__(self, event: events.Event) -> None:
        """Take an event; never waits."""

    def following(self, run: RunDirectory, emit: events.Listener) -> AbstractContextManager[None]:
        """Tell them for as long as the context lasts; its end takes a few seconds at most.

        Args:
            run: The run.
            emit: Takes what the log should say of a tracker, in any thread.
        """


class WorkerCare(Protocol):
    """What a session does about the other processes of its run."""

    def lost(self, error: WorkersError) -> None:
        """End the run, because one of them is gone. Called in a thread of its own."""

    def measure(self, machines: Callable[[], tuple[WorkerReading, ...]]) -> None:
        """Show what the machines of all are doing; `machines` returns the newest readings."""

    def asked(self, command: str, exit_code: int) -> None:
        """Do what one was asked: `stop` with an exit code, or `save`."""

    def end(self, leader: Leader) -> None:
        """Tell them how the run has ended."""


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

    workers: WorkerCare
    """Acts for the other processes of the run."""


def prepare(plan: RunPlan, connections: Connections, held: ExitStack) -> Trainer:
    """Prepare a run up to its first step; `held` receives its lock, its log and its heartbeat.

    A run that cannot begin leaves nothing on disk: its directory is created only after everything
    that a user can get wrong has been checked.

    Raises:
        GanTuiError: The run cannot begin. Other errors, such as that of
            `connections.require_not_stopped`, are passed on.
    """
    preparation = _Preparation(connections, plan)
    if plan.resume is not None:
        # Before anything slow: a run that another process writes to is refused at once.
        preparation.lock(plan.resume, plan, held)
    ground, leadership = preparation.ground, preparation.leadership
    if leadership is not None:
        held.callback(connections.workers.end, leadership.leader)
        leadership.gather(plan.config, connections.workers.lost, connections.workers.asked)
    images, config = ground.load(plan.config)
    if plan.resume is not None:
        # Before TensorFlow is imported; the checkpoint's own, once it is verified, is compared too.
        require_recorded_images(plan.resume, images)
    require_temporary_folder(_existing_folder(plan))
    taken, config = ground.choose_devices(config)
    if leadership is not None:
        leadership.agree(config, images, taken)
    plan = replace(plan, config=config)
    checkpoint = preparation.open(plan, images, taken, held)
    trainer = _trainer(config, connections, preparation, images, taken, checkpoint)
    if leadership is not None:
        held.enter_context(leadership.reading(taken))
        connections.workers.measure(leadership.machines.now)
    preparation.report.time()
    return trainer


def _trainer(
    config: RunConfig,
    connections: Connections,
    preparation: _Preparation,
    images: ImageSet,
    taken: Taken,
    checkpoint: Checkpoint | None,
) -> Trainer:
    """Compile, and restore the checkpoint if there is one; with several workers, all compile."""
    from gan.training.device import device_at_start
    from gan.training.loop import Trainer
    from gan.training.peers import is_of_workers
    from gan.training.state import state_arrays

    with device_at_start(config.batch_size):
        program = preparation.compile(config, images, taken)
        if checkpoint is not None:
            preparation.compare_environments(checkpoint)
        if preparation.leadership is not None:
            led = program
            program = preparation.leadership.lead(led, lambda: state_arrays(led), is_of_workers)
        connections.require_not_stopped()
        trainer = Trainer(
            config,
            program,
            commands=connections.commands,
            recorder=connections.recorder,
            preview_seconds=connections.preview_seconds,
            evaluation=_evaluation(images, taken.name),
        )
        if checkpoint is not None:
            trainer.restore(checkpoint)
    return trainer


class _Preparation:
    """The steps of the recipe, each of which reports its phase."""

    def __init__(self, connections: Connections, plan: RunPlan) -> None:
        self._connections = connections
        self._recorder = connections.recorder
        self._lock: RunLock | None = None
        self.ground = Groundwork(
            connections.recorder.emit,
            connections.require_not_stopped,
            machine=plan.machine,
            cluster=plan.cluster,
        )
        self.report = self.ground.report
        self.leadership = (
            None
            if plan.cluster is None
            else Leadership(
                plan.cluster,
                self.report,
                connections.require_not_stopped,
                start_seconds=plan.start_seconds,
                grace_seconds=plan.grace_seconds,
            )
        )

    def lock(self, run: RunDirectory, plan: RunPlan, held: ExitStack) -> RunLock:
        """Lock the run, until `held` is closed."""
        require_not_stopped = self._connections.require_not_stopped
        self._lock = hold_lock(
            run, self.report, require_not_stopped, held, take_over=plan.take_over
        )
        return self._lock

    def open(
        self, plan: RunPlan, images: ImageSet, taken: Taken, held: ExitStack
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
        topology = self.ground.topology(taken)
        ran_on = {
            **environment(),
            "device": taken.name,
            "threads": plan.config.threads,
            "replicas": topology.replicas,
            "devices": list(topology.devices),
            "workers": list(topology.workers),
        }
        checkpoints = self._recorder.checkpoints
        checkpoints.fingerprint, checkpoints.environment = images.fingerprint, ran_on
        write_config(run, plan.config, environment=ran_on, command_line=plan.command_line)
        held.enter_context(self._connections.heartbeat(run))
        if plan.tracking is not None:
            held.enter_context(plan.tracking.following(run, self._recorder.emit))
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

    def compile(self, config: RunConfig, images: ImageSet, taken: Taken) -> Program:
        """Build the networks and compile the training step."""
        program = self.ground.compile(config, images, taken)
        ran_on = {**self._recorder.checkpoints.environment, "jit_compiled": program.jit_compiled}
        self._recorder.checkpoints.environment = ran_on
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
