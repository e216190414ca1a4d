"""What is used of TensorFlow's private parts is checked with one release."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

import gan

CHECKED_WITH = "2.21"
PRIVATE = ("tensorflow.compiler", "tensorflow.python", "keras.src")


def test_tensorflow_is_the_release_that_its_private_parts_were_checked_with() -> None:
    release = tf.__version__.rpartition(".")[0]
    assert release == CHECKED_WITH, (
        f"TensorFlow is {tf.__version__}; gan/models/private_tensorflow.py was checked with "
        f"{CHECKED_WITH}. Run tests/gan/models/test_bfloat16.py, mend what differs, and change "
        "CHECKED_WITH here and the bounds in pyproject.toml."
    )


@pytest.mark.parametrize("private", PRIVATE)
def test_one_module_imports_private_parts(private: str) -> None:
    package = Path(gan.__file__).parent
    importing = {
        path.name for path in package.rglob("*.py") if private in path.read_text(encoding="utf-8")
    }
    assert importing <= {"private_tensorflow.py"}
