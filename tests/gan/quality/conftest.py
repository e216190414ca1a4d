"""Labelled digits to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.image_set import ImageSet
from gan.data.synthetic import draw_digits
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from gan.events import Images


@pytest.fixture(scope="session")
def labelled() -> ImageSet:
    """Two thousand built-in digits; the drawing's own seed is another than the shipped net's."""
    return ImageSet.of("digits", *draw_digits(2000, 7, ignore))


@pytest.fixture(scope="session")
def others() -> Images:
    """A thousand more."""
    images, _ = draw_digits(1000, 8, ignore)
    return images


@pytest.fixture(scope="session")
def stripes() -> ImageSet:
    """Three classes that no shipped network knows: horizontal, vertical and diagonal stripes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 900).astype(np.uint8) * 5 + 40
    rows, columns = np.mgrid[:28, :28]
    angles = np.stack([rows, columns, rows + columns])[(labels - 40) // 5]
    phases = rng.uniform(0, 6, (900, 1, 1))
    waves = np.sin(angles * 0.8 + phases) * rng.uniform(60, 120, (900, 1, 1)) + 128
    return ImageSet.of("stripes", np.rint(waves).astype(np.uint8), labels)
