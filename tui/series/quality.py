"""The quality of generated images at every evaluation of a run, as far as it can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan.events import QualityMeasured

MAX_EVALUATIONS: Final = 4_096
"""Evaluations kept: the newest, and the best."""


@dataclass(frozen=True, slots=True, eq=False)
class QualityHistory:
    """Evaluations by one feature network with one number of images, oldest first."""

    evaluations: tuple[QualityMeasured, ...] = ()
    best: QualityMeasured | None = None
    """The first evaluation with the minimum Frechet distance; `None` if none was finite."""

    def __len__(self) -> int:
        return len(self.evaluations)

    @property
    def newest(self) -> QualityMeasured | None:
        """The newest evaluation; `None` before the first."""
        return self.evaluations[-1] if self.evaluations else None

    def append(self, event: QualityMeasured) -> QualityHistory:
        """This history with one more evaluation, in place of any at the same step or later.

        If the figures can't be compared with those before, the history begins anew.
        """
        kept = self.truncated(event.step - 1).evaluations
        if kept and (kept[-1].features, kept[-1].images) != (event.features, event.images):
            kept = ()
        return _history((*kept, event))

    def truncated(self, step: int) -> QualityHistory:
        """The history up to and including `step`; the same object if nothing is later."""
        if not self.evaluations or self.evaluations[-1].step <= step:
            return self
        return _history(tuple(one for one in self.evaluations if one.step <= step))


def _history(evaluations: tuple[QualityMeasured, ...]) -> QualityHistory:
    """The history of these, without the oldest but the best if there are very many."""
    finite = [one for one in evaluations if math.isfinite(one.fd)]
    best = min(finite, key=lambda one: one.fd, default=None)
    if len(evaluations) > MAX_EVALUATIONS:
        newest = evaluations[1 - MAX_EVALUATIONS :]
        oldest = best if best and best.step < newest[0].step else evaluations[-MAX_EVALUATIONS]
        evaluations = (oldest, *newest)
    return QualityHistory(evaluations, best)
