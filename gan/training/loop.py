"""The training loop: executions one after another, with commands and due work in between.

Everything happens in the trainer thread, except that checkpoints are written to disk, and generated
images measured, in threads of their own. The loop has three connections to the rest of the program:
commands arrive in a queue, events leave through the recorder, and so do samples and checkpoints. It
knows no screen and never waits for one.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gan import events
from gan.errors import Diverged
from gan.events import Phase
from gan.run.stall import StallWatch
from gan.training.command_handler import CommandHandler
from gan.training.device import device_breakdowns
from gan.training.evaluator import Evaluator
from gan.training.execution import Stepper
from gan.training.reporter import Reporter
from gan.training.sampling import GridDrawer
from gan.training.saver import Saver
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from gan.config import RunConfig
    from gan.exchange.requests import RequestQueue
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.recorder import Recorder
    from gan.training.build import Program
    from gan.training.measuring import Evaluation


class Trainer:
    """Trains one run until its last step or until it is stopped."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        *,
        commands: RequestQueue,
        recorder: Recorder,
        preview_seconds: float | None = None,
        evaluation: Evaluation | None = None,
        stopwatch: Stopwatch | None = None,
        executor: Executor | None = None,
    ) -> None:
        """Start at step 0.

        Args:
            config: The run's configuration.
            program: Compiled, with fresh variables.
            commands: What the run is asked to do; read between executions.
            recorder: Takes events, in order, and stores samples and checkpoints.
            preview_seconds: Seconds between two previews, or `None` if nobody watches. If somebody
                watches, a run that diverges waits for a decision instead of ending.
            evaluation: What measures generated images; `None` for no evaluations.
            stopwatch: Injected in tests.
            executor: Writes checkpoints; by default one thread of the trainer's own.
        """
        self._batch_size = config.batch_size
        self._recorder = recorder
        self._stopwatch = watch = stopwatch or Stopwatch()
        self._executor = executor or ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._reporter = Reporter(recorder.emit, watch)
        self._emit = emit = self._reporter.emit
        self.stall = StallWatch(recorder)
        """Notices steps that do not come back, if another thread looks."""

        self._stepper = Stepper(
            config, program.execution, self._reporter.add, emit, watch, self.stall
        )
        epoch = program.execution.steps_per_epoch
        self._grids = GridDrawer(
            config, epoch, program.sampler, emit, recorder, watch, preview_seconds
        )
        self._saver = Saver(config, program, emit, recorder, watch, self._executor)
        self._evaluator = Evaluator(
            config, program, self._reporter, recorder, watch, self._saver, evaluation
        )
        self._handler = CommandHandler(
            commands,
            self._stepper,
            self._grids,
            self._saver,
            self._evaluator,
            self._reporter,
            watch,
        )

    @property
    def step(self) -> int:
        """Steps completed."""
        return self._stepper.step

    def restore(self, checkpoint: Checkpoint) -> None:
        """Resume from a checkpoint.

        Raises:
            CheckpointError: Its arrays are not those of these networks.
        """
        self._saver.restore(checkpoint)
        self._stepper.resume(checkpoint.resume_point)
        self._grids.restored(self.step)
        self._evaluator.resumed(self.step)

    def run(self) -> None:
        """Train until the last step or a `Stop`, and save a checkpoint of the end.

        Raises:
            Diverged: A loss or a weight is non-finite; earlier checkpoints remain.
            DeviceError: The device is out of memory, or was lost; earlier checkpoints remain.
            StorageError: The last checkpoint could not be written.
            RunLockedError: Another process trains the run by now.
        """
        # However the run ends, the checkpoint that is being written gets completed.
        with self._executor, self._breakdowns():
            try:
                self._grids.draw_first(self.step)
                self._reporter.enter(Phase.TRAINING)
                self._train()
                self._end()
            finally:
                self._reporter.flush()
                self._saver.finish_saving()
                self._handler.end()

    def _breakdowns(self) -> AbstractContextManager[None]:
        recorder = self._recorder
        return device_breakdowns(
            self._batch_size, lambda: self.step, lambda: recorder.progress.checkpoint_step
        )

    def _train(self) -> None:
        while not self._is_complete or self._handler.halt.diverged:
            self._handler.carry_out_commands()
            if self._handler.is_stopping:
                return
            if self._evaluator.work(self.step, self._stepper.branch):
                # In parts, with commands in between; the weights must not change meanwhile.
                continue
            if self._is_complete:
                continue
            try:
                self._stepper.make_steps(
                    self._grids.steps_until_due(self.step),
                    self._saver.due.steps_until_due(self.step),
                    self._evaluator.steps_until_due(self.step),
                )
            except Diverged as diverged:
                self._handler.halt.wait_for_decision(diverged)
                continue
            self._saver.report_saved()
            self._grids.draw_if_due(self.step)
            if self._saver.due.is_due(self.step):
                self._handler.save()

    @property
    def _is_complete(self) -> bool:
        """Whether all steps are made, and the images of the last evaluation are generated."""
        is_last = self.step >= self._stepper.total_steps
        return is_last and not self._evaluator.has_work(self.step)

    def _end(self) -> None:
        """Save the end of the run and report it.

        Raises:
            Diverged: The run stopped while it waited for a decision, or its state is
            non-finite.
            StorageError: The last checkpoint could not be written.
        """
        if self._handler.halt.diverged is not None:
            raise self._handler.halt.diverged
        self._reporter.enter(Phase.SAVING)
        self._saver.finish_saving()
        self._handler.leave()
        self._grids.draw_last(self.step)
        try:
            self._saver.save_last(self.step, self._stepper.branch)
        except Diverged as diverged:
            message = str(diverged)
            self._emit(events.Diverged(time=time.time(), step=self.step, message=message))
            raise
        is_completed = self.step >= self._stepper.total_steps
        if is_completed:
            self._evaluator.finish(self.step, self._handler.is_stop_requested)
            self._saver.finish_saving()
        self._handler.end()
        stop = self._handler.stop
        self._emit(
            events.RunFinished(
                time=time.time(),
                step=self.step,
                completed=is_completed,
                train_seconds=self._stopwatch.seconds("training"),
                exit_code=stop.exit_code if stop and not is_completed else 0,
            )
        )
