"""Which failures of a generator the alarm names, and how soon; and that healthy runs raise none.

Failures are made by hand from real images: two evaluations of images that are as good as real ones,
then two of a generator that has collapsed or repeats what it was trained on. Runs are read from
their logs, evaluation by evaluation. Ten seconds on two cores, without the runs' training.

    python -m tests.bench.verdicts --data FOLDER [RUN ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan.data.loader import load
from gan.events import QualityMeasured
from gan.quality.measure import QualityMeasure
from gan.quality.verdict import QualityAlarm
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from tests.bench.measure import drawn, halves, ignore

if TYPE_CHECKING:
    import numpy.typing as npt

    from gan.events import Images


def main() -> None:
    """Print a row for each failure and for each run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", required=True, help="as gan-tui's --data; with labels")
    parser.add_argument("runs", nargs="*", type=Path, help="directories of runs")
    options = parser.parse_args()
    known, others = halves(load(options.data, progress=ignore).images)
    measure = QualityMeasure(known)
    good = measure.measure(drawn(others, measure.count, 0)[0])
    for name, images in _failures(known.images, *drawn(others, len(others), 1)).items():
        alarm = QualityAlarm(measure.real, measure.classes)
        assert alarm.add(good) == alarm.add(good) == []
        bad = measure.measure(images[: measure.count])
        raised = [", ".join(alert.name for alert in alarm.add(bad)) or "-" for _ in range(2)]
        print(f"{name:<44} 1st: {raised[0]:<20} 2nd: {raised[1]}", flush=True)
    for path in options.runs:
        _print_run(path, QualityAlarm(measure.real, measure.classes))


def _failures(known: Images, others: Images, labels: npt.NDArray[np.uint8]) -> dict[str, Images]:
    """Images of generators that fail in one way each, in random order."""
    count = len(others)
    first = np.stack([others[labels == label][0] for label in np.unique(labels)])
    fifty = np.concatenate([others[labels == label][:5] for label in np.unique(labels)])
    few = others.copy()
    few[: count // 2] = others[0]
    return {
        "nothing": others,
        "one class missing": others[labels != 4],
        "two classes left": others[np.isin(labels, (1, 7))],
        "one class left": others[labels == 0],
        "one image again and again": np.repeat(others[:1], count, axis=0),
        "one image of each class": first[np.arange(count) % len(first)],
        "five images of each class": fifty[np.arange(count) % len(fifty)],
        "half of the images are one": np.random.default_rng(0).permutation(few),
        "black images": np.zeros_like(others),
        "a tenth are copies": np.random.default_rng(0).permutation(
            np.concatenate([known[: count // 10], others[: count - count // 10]])
        ),
        "all are copies": known,
    }


def _print_run(path: Path, alarm: QualityAlarm) -> None:
    evaluations = [
        event for event in read_events(RunDirectory(path)) if isinstance(event, QualityMeasured)
    ]
    raised = [
        f"{alert.name} at step {event.step:,}"
        for event in evaluations
        for alert in alarm.add(event)
    ]
    last = f"FD {evaluations[-1].fd:.2f} at the end" if evaluations else ""
    alerts = "; ".join(raised) or "none"
    print(f"{path.name:<44} {len(evaluations)} evaluations, {last}; alerts: {alerts}", flush=True)


if __name__ == "__main__":
    main()
