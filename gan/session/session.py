"""Owns the one trainer thread: start, send, join.

Everything of TensorFlow happens in that thread, from its import on, because Keras keeps its state
by thread. This module loads neither TensorFlow nor a screen, so that a front end is there at once.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from gan import events
from gan.commands import Command, Stop
from gan.errors import DataError, GanTuiError, StorageError
from gan.events import Listener, Phase
from gan.run.faults import FaultReporter
from gan.run.follower import read_events
from gan.run.lock import RunLock
from gan.run.mailbox import Mailbox
from gan.run.recorder import Recorder
from gan.run.reproducibility import caution, mismatches
from gan.session.environment import environment, prepare_xla, quick_imports
from gan.session.preparation import RunPlan, checkpoint_to_resume, create_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gan import data
    from gan.progress import RunProgress
    from gan.run.checkpoints.store import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.training.build import Program

_POLL_SECONDS: Final = 0.25
"""How often the mailbox is looked into: the latency of a command from another process."""

_POLLS_PER_BEAT: Final = 4
"""The status file's heartbeat, once a second."""


class TrainingSession:
    """One run, trained in a thread of its own."""

    def __init__(
        self,
        plan: RunPlan,
        *,
        listeners: Sequence[Listener],
        replay_to: Sequence[Listener] = (),
        preview_seconds: float | None = None,
    ) -> None:
        """Prepare; nothing runs until `start`.

        Args:
            plan: What to do.
            listeners: Told of every event, in order, on the thread that it comes from. They must
                not wait.
            replay_to: Told of a resumed run's earlier events too, before the new ones.
            preview_seconds: How often to draw samples for somebody watching; none for nobody.
        """
        self._plan = plan
        self._record = Recorder(listeners)
        self._replay_to = replay_to
        self._look_seconds = preview_seconds
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._early_stop: Stop | None = None
        """A stop that came before the trainer was there to take it."""

        self._entered: list[tuple[str, float]] = []
        """The parts of the preparation, and when each began."""

        self._training = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trainer", daemon=True)

    @property
    def progress(self) -> RunProgress:
        """Where the run stands. Any thread may read it: the record is never changed in place."""
        return self._record.progress

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Ask something of the run. Returns at once; an event says when it has happened."""
        if isinstance(command, Stop) and not self._training.is_set():
            self._early_stop = command
        self._commands.put(command)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the run; returns whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        """The trainer thread: whatever happens here ends in `RunFinished` or `RunFailed`."""
        with ExitStack() as stack:
            self._last_word(stack)

    def _last_word(self, stack: ExitStack) -> None:
        """Train, and tell of any end that the trainer could not tell of itself."""
        try:
            self._train(stack)
        except _StoppedEarly:
            self._tell_of_early_stop()
        except GanTuiError as error:
            self._tell_of_failure(error, str(error), error.exit_code, "")
        except Exception as error:  # noqa: BLE001 - the one place where any error ends the run
            message = f"{type(error).__name__}: {error}".partition("\n")[0]
            self._tell_of_failure(error, message, GanTuiError.exit_code, traceback.format_exc())

    def _train(self, stack: ExitStack) -> None:
        if self._plan.resume is not None:
            # First of all: a run that another process writes to is refused before the wait for
            # TensorFlow.
            stack.enter_context(RunLock(self._plan.resume))
        loaded = self._load_data()
        device = self._choose_device()
        # Only now, with nothing left that a user could have got wrong: a run that cannot begin
        # leaves nothing on disk.
        self._entered.append(("opening the run", time.monotonic()))
        checkpoint = self._open_run(loaded.images, device, stack)
        from gan.training.device import device_memory

        with device_memory(self._plan.config.batch_size):
            self._train_on(loaded.images, device, checkpoint)

    def _train_on(self, images: data.ImageSet, device: str, checkpoint: Checkpoint | None) -> None:
        """Compile, and train to the end."""
        from gan.training.loop import Trainer

        program = self._compile(images, device)
        if checkpoint is not None:
            self._caution(checkpoint.manifest["extra"].get("environment", {}))
        self._require_not_stopped()
        self._tell_preparation()
        self._training.set()
        trainer = Trainer(
            self._plan.config,
            program,
            commands=self._commands,
            emit=self._record.emit,
            record=self._record,
            preview_seconds=self._look_seconds,
        )
        if checkpoint is not None:
            trainer.restore(checkpoint.arrays, checkpoint.manifest["extra"])
        trainer.run()

    def _load_data(self) -> data.Loaded:
        source = self._plan.config.data
        self._enter(Phase.LOADING, source)
        self._require_not_stopped()
        from gan.data import load

        loaded = load(source, progress=self._report_progress)
        self._require_not_stopped()
        self._require_a_batch(loaded.images)
        # What `auto` came to: another day it could come to something else.
        resolved = loaded.images.name if source == "auto" else source
        self._plan = replace(self._plan, config=replace(self._plan.config, data=resolved))
        self._record.emit(
            events.DataLoaded(
                time=time.time(),
                name=loaded.images.name,
                images=len(loaded.images),
                fingerprint=loaded.images.fingerprint,
                reason=loaded.reason,
                examples=loaded.images.examples(),
            )
        )
        return loaded

    def _choose_device(self) -> str:
        """Import TensorFlow and have it use one device; returns the device's name."""
        self._enter(Phase.IMPORTING, "TensorFlow")
        prepare_xla()
        config = self._plan.config
        # Else the collector looks through TensorFlow now and then, and all stands still meanwhile.
        with quick_imports():
            from gan.training.device import choose_device, doubt, limit_threads

            limit_threads(config.threads)
            device = choose_device(config.device, tf32=config.precision == "tf32")
            # Keras comes with it, once there is a device.
            import_module("gan.training.build")
        if text := doubt(config.precision, device):
            self._warn(text)
        self._require_not_stopped()
        return device

    def _open_run(self, images: data.ImageSet, device: str, stack: ExitStack) -> Checkpoint | None:
        """Make or find the run directory, lock it, and start its record and its heartbeat."""
        plan = self._plan
        run = plan.resume or create_run(plan, images.name)
        if plan.resume is None:
            stack.enter_context(RunLock(run))
        stack.callback(self._record.close)
        checkpoint = None
        if plan.resume is not None:
            checkpoint = checkpoint_to_resume(plan, run, images, self._tell_rejected)
        extra = checkpoint.manifest["extra"] if checkpoint else {}
        cut = self._record.open(run, keep=plan.config.keep, cut_at=extra.get("log_offset"))
        self._replay(run)
        self._note_cut(cut)
        self._write_config(run, images, device)
        # What was posted to a process that is gone was not meant for this one.
        Mailbox(run).take()
        stack.enter_context(self._heartbeat(run))
        self._record.emit(
            events.RunStarted(
                time=time.time(),
                name=run.name,
                run_dir=str(run.path),
                config=plan.config.to_json(),
                resumed_from=checkpoint.step if checkpoint else None,
                train_seconds=float(extra.get("train_seconds", 0.0)),
            )
        )
        return checkpoint

    def _caution(self, saved: Mapping[str, Any]) -> None:
        """Say so where this process will not compute the same bits as the one before."""
        current = self._record.checkpoint_extra["environment"]
        if text := caution(mismatches(saved, current)):
            self._warn(text)

    def _replay(self, run: RunDirectory) -> None:
        """Recall what the log holds: of a resumed run, all up to the checkpoint."""
        for event in read_events(run) if self._plan.resume else ():
            self._record.recall(event)
            for listener in self._replay_to:
                listener(event)

    def _write_config(self, run: RunDirectory, images: data.ImageSet, device: str) -> None:
        """Write down what runs on what, in the configuration and for every checkpoint."""
        config = self._plan.config
        ran_on = {**environment(), "device": device, "threads": config.threads}
        self._record.checkpoint_extra = {"fingerprint": images.fingerprint, "environment": ran_on}
        run.write_config(config, environment=ran_on, command_line=self._plan.command_line)

    def _compile(self, images: data.ImageSet, device: str) -> Program:
        from gan.training.build import compile_program

        self._enter(Phase.COMPILING, f"{self._plan.config.preset} for {device}")
        program = compile_program(self._plan.config, images.images, self._warn)
        extra = self._record.checkpoint_extra
        ran_on = {**extra["environment"], "jit_compiled": program.jit_compiled}
        self._record.checkpoint_extra = {**extra, "environment": ran_on}
        self._tell_built(program, device, images)
        return program

    def _tell_preparation(self) -> None:
        """Say where the time before the first step went."""
        begins = [begun for _, begun in self._entered]
        parts = zip(self._entered, [*begins[1:], time.monotonic()], strict=True)
        spent = ", ".join(f"{part} {end - begun:.1f} s" for (part, begun), end in parts)
        total = time.monotonic() - begins[0]
        self._record.emit(_note(f"ready after {total:.1f} s: {spent}"))

    def _tell_built(self, program: Program, device: str, images: data.ImageSet) -> None:
        from gan.models.networks import parameter_count

        config, steps_per_epoch = self._plan.config, program.execution.steps_per_epoch
        networks = program.gan.networks
        self._record.emit(
            events.ModelsBuilt(
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
            )
        )

    def _require_a_batch(self, images: data.ImageSet) -> None:
        batch_size = self._plan.config.batch_size
        if len(images) < batch_size:
            msg = (
                f"--data {self._plan.config.data}: {len(images)} images do not fill one batch of "
                f"{batch_size}. Give more images, or a --batch-size of at most {len(images)}."
            )
            raise DataError(msg)

    def _report_progress(self, what: str, done: int, total: int, unit: str) -> None:
        """Tell how far a preparation is; a stop that was asked for takes effect here."""
        self._require_not_stopped()
        self._record.emit(
            events.ProgressMade(time=time.time(), what=what, done=done, total=total, unit=unit)
        )

    def _require_not_stopped(self) -> None:
        if self._early_stop is not None:
            raise _StoppedEarly

    @contextmanager
    def _heartbeat(self, run: RunDirectory) -> Iterator[None]:
        """Keep the status fresh and the mailbox empty for as long as the block lasts."""
        over = threading.Event()
        heart = threading.Thread(
            target=self._beat_until, args=(over, Mailbox(run)), name="heartbeat", daemon=True
        )
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()

    def _beat_until(self, over: threading.Event, mailbox: Mailbox) -> None:
        """The heartbeat thread."""
        faults = FaultReporter(self._record.emit)
        polls = 0
        while not over.wait(_POLL_SECONDS):
            polls += 1
            try:
                self._read_mail(mailbox)
                faults.worked("mailbox")
            except StorageError as error:
                faults.failed("mailbox", error)
            if polls % _POLLS_PER_BEAT == 0:
                self._record.beat()

    def _read_mail(self, mailbox: Mailbox) -> None:
        commands, refusals = mailbox.take()
        for command in commands:
            self.send(command)
        for refusal in refusals:
            self._warn(f"mailbox: {refusal.name} was refused: {refusal.reason}")

    def _enter(self, phase: Phase, detail: str) -> None:
        self._entered.append((phase.value, time.monotonic()))
        self._record.emit(events.PhaseEntered(time=time.time(), phase=phase, detail=detail))

    def _warn(self, text: str) -> None:
        self._record.emit(_note(text, warning=True))

    def _note_cut(self, name: str | None) -> None:
        if name is not None:
            self._record.emit(_note(f"what the log held after the checkpoint is in {name}"))

    def _tell_rejected(self, path: str, reason: str) -> None:
        self._record.emit(events.CheckpointRejected(time=time.time(), path=path, reason=reason))

    def _tell_of_early_stop(self) -> None:
        stop = self._early_stop or Stop()
        self._record.emit(
            events.RunFinished(
                time=time.time(),
                step=self.progress.step,
                completed=False,
                train_seconds=self.progress.train_seconds,
                resumable=self._plan.resume is not None,
                exit_code=stop.exit_code,
            )
        )

    def _tell_of_failure(self, error: Exception, message: str, code: int, trace: str) -> None:
        self._record.emit(
            events.RunFailed(
                time=time.time(),
                error=type(error).__name__,
                message=message,
                exit_code=code,
                traceback=trace,
            )
        )


def _note(text: str, *, warning: bool = False) -> events.Noted:
    return events.Noted(time=time.time(), text=text, warning=warning)


class _StoppedEarly(Exception):  # noqa: N818 - it is a signal between two functions, not an error
    """A stop was asked for before there was anything to train."""
