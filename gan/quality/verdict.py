"""Reads a run's evaluations for signs of failure: lost classes, falling variety, copies.

An alert is raised once two evaluations running show the failure, and again only after one that
doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gan.events import Alert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.events import QualityMeasured
    from gan.quality.measure import Quality

EVALUATIONS: Final = 2
"""How many evaluations running must show a failure."""

RARE: Final = 0.1
"""Share of a class, relative to real images, below which it counts as missing."""

PRESENT: Final = 0.01
"""Share of real images in a class below which it isn't missed: that few may be misclassified."""

EXPECTED: Final = 10
"""Images that an evaluation should have of a class, at least, for their absence to be no chance."""

READABLE: Final = 0.5
"""Confident share, relative to real images, from which the census can be believed.

Before there are digits, the classifier calls nearly all images the same and is sure of none.
"""

FALLEN: Final = 0.5
"""Coverage, relative to the best of the run, below which variety has fallen."""

KNOWN: Final = 0.1
"""Best coverage, relative to real images, below which there was no variety to lose."""

NARROW: Final = 0.05
"""Coverage, relative to real images, below which readable images have no variety at all."""

UNEVEN: Final = 0.35
"""Half the sum of the differences between the census and that of real images, above which readable
images have little variety: the total variation distance, from 0 to 1."""

COPIED: Final = 0.03
"""Share of copies above which they count. Of real images it is 0."""

_ADVICE: Final = "An earlier checkpoint may be better; a new run may want a lower --learning-rate."


class QualityAlarm:
    """Raises alerts about a series of evaluations with one measure."""

    def __init__(self, real: Quality, classes: Sequence[int]) -> None:
        """Begin without evaluations.

        Args:
            real: The figures of real images, `QualityMeasure.real`.
            classes: The label of each class of the census, `QualityMeasure.classes`.
        """
        self._real = real
        self._classes = classes
        self._best_coverage = 0.0
        self._running: dict[str, int] = {}
        """How many evaluations running have shown each failure that the last one shows."""

    def add(self, quality: Quality | QualityMeasured) -> list[Alert]:
        """Take the next evaluation; returns the alerts that it raises."""
        seen = list(self._seen(quality))
        self._running = {alert.name: self._running.get(alert.name, 0) + 1 for alert in seen}
        self._best_coverage = max(self._best_coverage, quality.coverage)
        return [alert for alert in seen if self._running[alert.name] == EVALUATIONS]

    def _seen(self, quality: Quality | QualityMeasured) -> Iterator[Alert]:
        """The failures that this evaluation shows. Figures that are NaN show none."""
        # If not even real images are classified with confidence, or there are no classes, coverage
        # is all that there is.
        sure_of_real = self._real.confident
        is_readable = sure_of_real >= READABLE and quality.confident >= READABLE * sure_of_real
        missing = self._missing(quality) if is_readable else []
        if missing:
            yield Alert("classes_missing", _about_missing(missing))
        if self._has_fallen(quality) or (is_readable and self._is_narrow(quality)):
            yield Alert("variety_falling", self._about_variety(quality))
        if quality.copies > COPIED:
            yield Alert("copies", _about_copies(quality.copies))

    def _has_fallen(self, quality: Quality | QualityMeasured) -> bool:
        """Whether there was variety, and much of it is lost."""
        best = self._best_coverage
        return best >= KNOWN * self._real.coverage and quality.coverage < FALLEN * best

    def _is_narrow(self, quality: Quality | QualityMeasured) -> bool:
        """Whether readable images are too few different ones, or most are of a few classes."""
        distance = float(np.abs(quality.census - self._real.census).sum()) / 2
        return distance > UNEVEN or quality.coverage < NARROW * self._real.coverage

    def _missing(self, quality: Quality | QualityMeasured) -> list[int]:
        """The labels of the classes that are missing."""
        shares = zip(self._classes, quality.census, self._real.census, strict=True)
        common = max(PRESENT, EXPECTED / quality.images)
        return [
            label
            for label, share, expected in shares
            if expected >= common and share < RARE * expected
        ]

    def _about_variety(self, quality: Quality | QualityMeasured) -> str:
        coverage, best = quality.coverage, self._best_coverage
        had = f" ({best:.0%} at best)" if coverage < best else ""
        most = ""
        if self._classes:
            largest = int(np.argmax(quality.census))
            most = f", and {quality.census[largest]:.0%} are of class {self._classes[largest]}"
        return (
            f"little variety: generated images cover {coverage:.0%} of the real ones{had}{most}. "
            f"The generator repeats itself (mode collapse). {_ADVICE}"
        )


def _about_missing(labels: Sequence[int]) -> str:
    names = ", ".join(str(label) for label in labels)
    classes = "class" if len(labels) == 1 else "classes"
    return (
        f"{classes} {names} missing among the generated images in {EVALUATIONS} evaluations: "
        f"mode collapse. {_ADVICE}"
    )


def _about_copies(share: float) -> str:
    return (
        f"{share:.0%} of the generated images repeat a training image: the generator has memorised "
        "training images. More training images or fewer epochs help."
    )
