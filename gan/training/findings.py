"""What evaluations find: the figures, which of them is the best, and alerts about the images."""

from __future__ import annotations

import math
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gan import events
from gan.quality.verdict import QualityAlarm

if TYPE_CHECKING:
    from gan.quality.measure import Quality, QualityMeasure
    from gan.run.recorder import Recorder
    from gan.training.reporter import Reporter
    from gan.training.saver import Saver
    from gan.training.writing import Snapshot


class Findings:
    """Reports every evaluation, and has the state of the best one saved."""

    def __init__(self, reporter: Reporter, recorder: Recorder, saver: Saver) -> None:
        """Begin with nothing measured.

        Args:
            reporter: Takes an event for every evaluation and alert.
            recorder: Knows the best evaluation so far.
            saver: Saves the state of the best evaluation.
        """
        self._reporter = reporter
        self._recorder = recorder
        self._saver = saver
        self._alarm: QualityAlarm | None = None
        """`None` before the first evaluation of a branch."""

        self._has_warned = self._has_reported_limits = False

    def begin_branch(self) -> None:
        """Compare what follows with nothing before: the run was rolled back."""
        self._alarm = None

    def measured(
        self,
        step: int,
        snapshot: Snapshot | None,
        quality: Quality,
        measure: QualityMeasure,
        seconds: float,
    ) -> None:
        """Report an evaluation.

        Args:
            step: The step that it is of.
            snapshot: The state of that step; `None` if the disk refused.
            quality: The figures.
            measure: What has measured them.
            seconds: How long training waited for it.
        """
        self._report_limits(measure)
        is_best = self._is_best(quality)
        figures: dict[str, Any] = {f.name: getattr(quality, f.name) for f in fields(quality)}
        self._reporter.emit(
            events.QualityMeasured(
                time=time.time(),
                step=step,
                **figures,
                seconds=seconds,
                is_best=is_best,
                classes=measure.classes,
            )
        )
        if is_best and snapshot is not None:
            self._saver.save_best(snapshot)
        self._alarm = self._alarm or QualityAlarm(measure.real, measure.classes)
        for alert in self._alarm.add(quality):
            self._reporter.emit(events.AlertRaised(time=time.time(), step=step, **alert._asdict()))

    def failed(self, error: BaseException) -> str:
        """Say once that measuring failed; returns what failed."""
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        if not self._has_warned:
            self._has_warned = True
            text = f"the quality of the images can't be measured. Training goes on. {what}"
            self._reporter.emit(events.Noted(time=time.time(), text=text, warning=True))
        return f"the quality of the images can't be measured. {what}"

    def _is_best(self, quality: Quality) -> bool:
        """Whether it has the minimum distance of those that it can be compared with."""
        best = self._recorder.progress.best
        if not math.isfinite(quality.fd):
            return False
        if best is None or (best.features, best.images) != (quality.features, quality.images):
            return True
        return quality.fd < best.fd

    def _report_limits(self, measure: QualityMeasure) -> None:
        """Say once what can't be measured with this data."""
        if not self._has_reported_limits:
            self._has_reported_limits = True
            for limit in measure.limits:
                self._reporter.emit(events.Noted(time=time.time(), text=f"quality: {limit}"))
