"""Knows EMNIST's files by their names: the images in them lie on their sides."""

from __future__ import annotations

import re
from typing import Final

TURNED: Final = "EMNIST's images lie on their sides in its files; they were turned upright"
"""What is said about it."""


def is_emnist(name: str) -> bool:
    """Whether a file is one of EMNIST, so that rows and columns of its images are swapped."""
    return re.search("(?<![a-z])emnist", name.lower()) is not None
