"""What tests of several parts share: real MNIST, where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

_MNIST = Path(__file__).parents[2] / "shared" / "mnist"


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    """The folder with MNIST's own four files, beside the checkout; a test without it is skipped."""
    if not (_MNIST / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip(f"real MNIST is not at {_MNIST}")
    return _MNIST
