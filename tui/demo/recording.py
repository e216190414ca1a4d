"""The recorded run of this package: its log as it was written, and the images beside it."""

from __future__ import annotations

import io
import lzma
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.errors import StorageError
from gan.events import DataLoaded, SamplesDrawn
from gan.run.event_json import from_line, to_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gan.events import Event, Images

FOLDER: Final = Path(__file__).parent
_EVENTS: Final = "events.jsonl.xz"
_IMAGES: Final = "images.npz.xz"
_PRESET: Final = 9 | lzma.PRESET_EXTREME


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A run from its first event to its last."""

    events: tuple[Event, ...]
    """Everything that happened, oldest first, with the images."""

    grids: Mapping[str, Images]
    """Each sample grid, 16 x 28 x 28, by its path in the run's directory."""


def read_recording(folder: Path = FOLDER) -> Recording:
    """The recorded run, of which the events have their images again.

    Raises:
        StorageError: A file can't be read, or holds something else.
    """
    try:
        return _read(folder)
    except (OSError, ValueError, KeyError, EOFError, lzma.LZMAError) as error:
        raise StorageError(
            f"cannot read the recorded run in {folder}: {error}. Install gan-tui again."
        ) from error


def _read(folder: Path) -> Recording:
    with lzma.open(folder / _EVENTS) as file:
        events = [from_line(line) for line in file.read().splitlines()]
    with np.load(io.BytesIO(lzma.decompress((folder / _IMAGES).read_bytes()))) as arrays:
        grids, examples = arrays["grids"], arrays["examples"]
    grids.setflags(write=False)
    examples.setflags(write=False)
    paths = [one.path for one in events if isinstance(one, SamplesDrawn) and one.path is not None]
    by_path = dict(zip(paths, grids, strict=True))
    whole = (_with_images(event, by_path, examples) for event in events)
    return Recording(events=tuple(whole), grids=by_path)


def write_recording(folder: Path, events: Iterable[Event], grids: Images, examples: Images) -> None:
    """Write a run for `read_recording`.

    Args:
        folder: Where to.
        events: The run's log.
        grids: Its sample grids in the log's order, n x 16 x 28 x 28 uint8.
        examples: Real images, 16 x 28 x 28 uint8.

    Raises:
        OSError: It can't be written.
    """
    text = "".join(f"{to_line(event)}\n" for event in events)
    arrays = io.BytesIO()
    # Not compressed twice: the whole file is, at four fifths of the size of a zip archive.
    np.savez(arrays, grids=grids, examples=examples)
    (folder / _EVENTS).write_bytes(lzma.compress(text.encode(), preset=_PRESET))
    (folder / _IMAGES).write_bytes(lzma.compress(arrays.getvalue(), preset=_PRESET))


def _with_images(event: Event, grids: Mapping[str, Images], examples: Images) -> Event:
    """The event with the images that no log holds."""
    if isinstance(event, SamplesDrawn) and event.path is not None:
        return replace(event, images=grids[event.path])
    if isinstance(event, DataLoaded):
        return replace(event, examples=examples)
    return event
