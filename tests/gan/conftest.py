"""A small data set, and the programs compiled over it, for everything that trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.data.synthetic import draw_digits
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Images
    from tests.gan.housing import House
    from tests.gan.programs import Programs


@pytest.fixture(scope="session")
def digits() -> Images:
    """Six hundred synthetic digits."""
    images, _ = draw_digits(600, 0, ignore)
    images.setflags(write=False)
    return images


@pytest.fixture(scope="session")
def digits_file(digits: Images, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(path, images=digits)
    return path


@pytest.fixture(scope="session")
def programs(digits: Images) -> Programs:
    """Compiled programs over the digits; TensorFlow is imported only where this is asked for."""
    from tests.gan.programs import Programs

    return Programs(digits)


@pytest.fixture
def house(
    tmp_path: Path, digits_file: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> House:
    """A place to train in, where nothing is compiled twice."""
    from tests.gan.housing import House

    monkeypatch.setattr("gan.training.build.compile_program", programs)
    return House(tmp_path, digits_file)
