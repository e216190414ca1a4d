"""Which images show a digit, by the classifier that knows the run's classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.config import RunConfig
from gan.data.synthetic import draw_digits
from gan.errors import UsageError
from gan.run.creation import create_run
from gan.run.event_log import EventLog
from gan.session.run_classifier import recogniser
from tests.fakes import quality
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory

SYNTHETIC = "synthetic-1"


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path / "run")


def measured_by(run: RunDirectory, features: str) -> None:
    log = EventLog(run)
    log.append(replace(quality(5, 3.0), features=features))
    log.close()


def config(data: str) -> RunConfig:
    return RunConfig.resolve({"data": data})


@pytest.mark.parametrize("digit", [1, 7])
def test_it_finds_the_images_of_a_digit(run: RunDirectory, digit: int) -> None:
    """By the network that measured the run, without the run's data."""
    measured_by(run, SYNTHETIC)
    images, labels = draw_digits(500, 3, ignore)
    found = recogniser(run, config("/gone"), digit, pytest.fail)(images)
    assert found.dtype == np.bool_
    assert np.mean(labels[found] == digit) > 0.95
    assert found.sum() > 0.7 * np.sum(labels == digit)


def test_a_run_that_was_never_measured_is_known_by_its_images(
    run: RunDirectory, tmp_path: Path
) -> None:
    images, labels = draw_digits(500, 3, ignore)
    np.savez(tmp_path / "digits.npz", x_train=images, y_train=labels)
    said: list[str] = []
    found = recogniser(run, config(str(tmp_path / "digits.npz")), 7, said.append)(images)
    assert np.mean(labels[found] == 7) > 0.95
    assert any("loading" in line for line in said)


def test_a_class_that_is_not_known_is_refused_with_those_that_are(run: RunDirectory) -> None:
    measured_by(run, SYNTHETIC)
    with pytest.raises(UsageError, match=r"--digit 12: .*synthetic-1 knows the classes 0, 1, 2"):
        recogniser(run, config("/gone"), 12, pytest.fail)
