"""Measures how good generated images are while a run trains, and finds the best step so far.

The trainer generates images from latents that are the same at every evaluation, a few at a time
between two executions, and passes them to a thread of their own, which measures them while training
goes on. The result is reported between two later executions. None of this changes what the run
computes: no variable is assigned, and no random numbers of the training are used.
"""

from __future__ import annotations

from concurrent.futures import wait
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.events import IMAGE_SIDE, Phase
from gan.training.evaluation_due import EvaluationDue, Slowdown
from gan.training.findings import Findings
from gan.training.measuring import Evaluation, Measurer, Round
from gan.training.receipts import OpenRequests

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.exchange.requests import Request
    from gan.quality.measure import QualityMeasure
    from gan.run.recorder import Recorder
    from gan.training.build import Program
    from gan.training.reporter import Reporter
    from gan.training.saver import Saver
    from gan.training.stopwatch import Stopwatch

_WAIT_SECONDS: Final = 0.05
"""How long the trainer waits for a measurement before it looks for commands again."""


class Evaluator:
    """Evaluates a run when it is due. Used by the trainer thread only."""

    def __init__(
        self,
        config: RunConfig,
        program: Program,
        reporter: Reporter,
        recorder: Recorder,
        stopwatch: Stopwatch,
        saver: Saver,
        evaluation: Evaluation | None,
    ) -> None:
        """Begin with nothing measured.

        Args:
            config: Sets how often, and the seed of the latents.
            program: Its sampler generates the images.
            reporter: Takes an event for every evaluation and alert.
            recorder: Knows the best evaluation so far.
            stopwatch: Measures how long training waits.
            saver: Saves the state of the best evaluation.
            evaluation: What measures, and how many images; `None` for no evaluations at all.
        """
        self._reporter = reporter
        self._recorder = recorder
        self._stopwatch = stopwatch
        self._saver = saver
        self._is_possible = evaluation is not None
        self._evaluation = evaluation or Evaluation(make_measure=_no_measure, images=0)
        self._due = _due(config, program.execution.steps_per_epoch, evaluation)
        self._slowdown = Slowdown()
        self._measurer = Measurer(config, program.sampler, stopwatch, self._evaluation)
        self._findings = Findings(reporter, recorder, saver)
        self._round: Round | None = None
        """The evaluation that is going on."""

        self.is_asked = False
        """Whether a person waits for the evaluation that is going on, or for the next."""

        self._requests = OpenRequests(reporter.emit)

    def resumed(self, step: int) -> None:
        """Continue from a checkpoint of this step.

        It is evaluated at once if that is due and its evaluation is not in the log.
        """
        evaluated = self._recorder.progress.evaluated_step
        self._due.continue_from(evaluated or 0, self._seconds)
        self._slowdown.restart(step, self._seconds)

    def rolled_back(self, step: int) -> None:
        """Continue from a checkpoint of this step, on another branch."""
        if self._round is not None and self._round.step > step:
            self._round.is_dropped = True
            if self._round.measured is None:
                self._round = None
        if self._round is None or self._round.is_dropped:
            self.refuse("the run was rolled back before it was measured")
        self._due.continue_from(step, self._seconds)
        self._slowdown.restart(step, self._seconds)
        self._findings.begin_branch()

    def ask(self, request: Request, step: int) -> str:
        """Evaluate the state after this step next; the request is answered once it is measured.

        Returns:
            Why it can't be evaluated; empty if it will be.
        """
        self._report_measured(step)
        if not self._is_possible:
            return "this run has nothing to evaluate its images with"
        if self._round is not None or self.is_asked:
            of = self._round.step if self._round is not None else step
            return f"an evaluation of step {of:,} is under way"
        if self._recorder.progress.evaluated_step == step:
            return f"step {step:,} was evaluated already"
        self.is_asked = True
        self._requests.add(request, step)
        return ""

    def work_on_asked(self, step: int, branch: int) -> None:
        """Do the next part of the evaluation that a person waits for, or wait a little for it."""
        if self._round is None or self._round.measured is None:
            self.work(step, branch)
        else:
            self._wait()
            self._report_measured(step)

    def diverged(self) -> None:
        """Generate no more images: the state holds non-finite values."""
        if self._round is None or self._round.measured is None:
            self.refuse("the run has diverged")

    def refuse(self, reason: str) -> None:
        """Give up the evaluation that a person waits for, if it was not measured yet."""
        self.is_asked = False
        self._requests.refuse(reason)

    def steps_until_due(self, step: int) -> int | None:
        """Steps until an evaluation is due, or `None` if steps do not decide."""
        return self._due.steps_until_due(step)

    def has_work(self, step: int) -> bool:
        """Whether `work` has something to do before the next step, or at the last one."""
        if self._round is None and self.is_asked:
            return True
        is_generating = self._round is not None and self._round.measured is None
        return is_generating or self._due.is_due(step, self._seconds)

    def work(self, step: int, branch: int) -> bool:
        """Report what has been measured, and do the next part of an evaluation that is due.

        Args:
            step: Steps completed.
            branch: How many times the run was rolled back.

        Returns:
            Whether to call it again before the next step: that may change the weights.
        """
        self._report_measured(step)
        if not self.has_work(step):
            return False
        if self._round is not None and self._round.measured is not None:
            return self._wait_at(step)
        waited = self._stopwatch.seconds("evaluating")
        try:
            under_way = self._round = self._round or self._begin(step, branch)
            self._generate_block(under_way)
        except Exception as error:  # noqa: BLE001 - no evaluation may end a run
            self._round = None
            self._due.cost(self._stopwatch.seconds("evaluating") - waited)
            self.refuse(self._findings.failed(error))
            return False
        return under_way.measured is None

    def finish(self, step: int, is_stopping: Callable[[], bool]) -> None:
        """Wait for the last evaluation, unless the run is to stop at once.

        Args:
            step: Steps completed.
            is_stopping: Asked again and again.
        """
        going_on = self._round
        if going_on is None or going_on.measured is None or going_on.is_dropped:
            return
        self._reporter.enter(Phase.EVALUATING)
        while not going_on.measured.done() and not is_stopping():
            self._wait()
        self._report_measured(step)

    @property
    def _seconds(self) -> float:
        """Seconds of training so far."""
        return self._stopwatch.seconds("training")

    def _begin(self, step: int, branch: int) -> Round:
        waited = self._stopwatch.seconds("evaluating")
        # First, so that a step whose evaluation fails here is not tried again and again.
        self._due.begun(step, self._seconds)
        # The log has to hold the steps before the snapshot.
        self._reporter.flush()
        with self._stopwatch.measure("evaluating"):
            images = np.empty((self._evaluation.images, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
            snapshot = self._saver.snapshot(step, branch)
        return Round(step, snapshot, waited, images)

    def _generate_block(self, under_way: Round) -> None:
        """Generate the next images; have them measured once they are complete."""
        if self._measurer.generate_block(under_way):
            self._slowdown.begin(under_way.step, self._seconds)
            self._measurer.submit(under_way)

    def _wait_at(self, step: int) -> bool:
        """Wait a little for the evaluation before, if this step must have one of its own."""
        if not self._due.waits_at(step):
            return False
        self._wait()
        return True

    def _wait(self) -> None:
        if self._round is not None and self._round.measured is not None:
            with self._stopwatch.measure("evaluating"):
                wait([self._round.measured], _WAIT_SECONDS)

    def _report_measured(self, step: int) -> None:
        """Report the evaluation that is going on, if it has been measured in the meantime."""
        done = self._round
        if done is None or done.measured is None or not done.measured.done():
            return
        self._round = None
        waited = self._stopwatch.seconds("evaluating") - done.waited
        self._due.cost(waited + self._slowdown.end(step, self._seconds))
        if (error := done.measured.exception()) is not None:
            self.refuse(self._findings.failed(error))
        elif not done.is_dropped:
            self._findings.measured(done.step, done.snapshot, *done.measured.result(), waited)
            self.is_asked = False
            self._requests.done(done.step)


def _due(config: RunConfig, steps_per_epoch: int, evaluation: Evaluation | None) -> EvaluationDue:
    return EvaluationDue(
        config.evaluate_every if evaluation else "off",
        steps_per_epoch,
        config.total_steps(steps_per_epoch),
        once_an_epoch=evaluation is not None and evaluation.once_an_epoch,
    )


def _no_measure() -> QualityMeasure:
    msg = "evaluation is off"
    raise RuntimeError(msg)
