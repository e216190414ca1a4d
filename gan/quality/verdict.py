"""Reads a run's evaluations for signs of failure: lost classes, falling variety, copies.

An alert is raised once two evaluations running show the failure, and again only after one that
doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.events import Alert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.quality.measure import Quality

EVALUATIONS: Final = 2
"""How many evaluations running must show a failure."""

RARE: Final = 0.1
"""Share of a class, relative to real images, below which it counts as missing."""

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

COPIED: Final = 0.03
"""Share of copies above which they count. Of real images it is 0."""


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

    def add(self, quality: Quality) -> list[Alert]:
        """Take the next evaluation; returns the alerts that it raises."""
        seen = list(self._seen(quality))
        self._running = {alert.name: self._running.get(alert.name, 0) + 1 for alert in seen}
        self._best_coverage = max(self._best_coverage, quality.coverage)
        return [alert for alert in seen if self._running[alert.name] == EVALUATIONS]

    def _seen(self, quality: Quality) -> Iterator[Alert]:
        """The failures that this evaluation shows. Figures that are NaN show none."""
        # Without classes no confidence is known, and coverage must do on its own.
        is_readable = quality.confident >= READABLE * self._real.confident
        missing = self._missing(quality) if is_readable else []
        if missing:
            yield Alert("classes_missing", _about_missing(missing))
        best = self._best_coverage
        had_variety = best >= KNOWN * self._real.coverage
        has_fallen = had_variety and quality.coverage < FALLEN * best
        is_narrow = is_readable and quality.coverage < NARROW * self._real.coverage
        if has_fallen or is_narrow:
            yield Alert("variety_falling", _about_variety(quality.coverage, best))
        if quality.copies > COPIED:
            yield Alert("copies", _about_copies(quality.copies))

    def _missing(self, quality: Quality) -> list[int]:
        """The labels of the classes that are missing."""
        shares = zip(self._classes, quality.census, self._real.census, strict=True)
        return [label for label, share, expected in shares if share < RARE * expected]


def _about_missing(labels: Sequence[int]) -> str:
    names = ", ".join(str(label) for label in labels)
    classes = "class" if len(labels) == 1 else "classes"
    return (
        f"{classes} {names} missing among the generated images in {EVALUATIONS} evaluations: "
        "mode collapse. Go on from an earlier checkpoint with a lower --learning-rate."
    )


def _about_variety(coverage: float, best: float) -> str:
    had = f", {best:.0%} at best" if coverage < best else ""
    return (
        f"little variety: generated images cover {coverage:.0%} of the real ones{had}. The "
        "generator repeats itself (mode collapse). Go on from an earlier checkpoint with a lower "
        "--learning-rate."
    )


def _about_copies(share: float) -> str:
    return (
        f"{share:.0%} of the generated images repeat a training image: the generator has learnt "
        "images by heart. More training images or fewer epochs help."
    )
