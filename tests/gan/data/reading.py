"""Reads sources as the loader does, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan.data.layouts import source
from gan.data.reading_options import ReadingOptions
from tests.gan.data.making import ignore

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.image_set import Arrays, Progress


def read_source(path: Path, progress: Progress = ignore, **options: Any) -> Arrays:
    """What a path holds; options as in `ReadingOptions`."""
    return source.read_source(path, progress, ReadingOptions(**options))[0]


def told(arrays: Arrays) -> list[str]:
    """What a user is told of a source."""
    return [note.text for note in arrays.notes]


def warned(arrays: Arrays) -> list[str]:
    """What a user is warned of."""
    return [note.text for note in arrays.notes if note.is_warning]
