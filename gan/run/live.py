"""`live/`: the newest preview and interpolation, for viewers in other processes.

Written only while somebody watches, each file replaced as a whole. A small index counts the
versions, so that a reader fetches an image only once it is new.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gan.disk import arrays
from gan.disk.files import read_plain, write_file
from gan.disk.json_text import read_json
from gan.disk.os_errors import storage_errors
from gan.disk.permissions import make_folder
from gan.errors import StorageError
from gan.events import IMAGE_SIDE, SAMPLES, LatentsInterpolated, SamplesDrawn

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event, Frames, Images
    from gan.run.directory import RunDirectory

_INDEX: Final = "index.json"
_PREVIEW: Final = "preview.npz"
_INTERPOLATION: Final = "interpolation.npz"
_EXAMPLES: Final = "real.npz"
_MAX_INDEX: Final = 4096
_MAX_ARRAYS: Final = 8 << 20
_MAX_FRAMES: Final = 256
_GRID: Final = (SAMPLES, IMAGE_SIDE, IMAGE_SIDE)
_IMAGES: Final = "images"


class LiveWriter:
    """Keeps the newest images of a run, and writes them when it is asked to.

    The trainer's thread only hands them over; another one writes, so that a slow disk holds up no
    step.
    """

    def __init__(self, run: RunDirectory) -> None:
        """Nothing is written yet."""
        self._run = run
        self._preview: SamplesDrawn | None = None
        self._interpolation: LatentsInterpolated | None = None
        self._written: tuple[SamplesDrawn | None, LatentsInterpolated | None] = (None, None)
        # Another process of the run counts from 0 again.
        self._index: dict[str, Any] = {"writer": secrets.token_hex(8), "preview": 0}
        self._index |= {"preview_step": 0, "interpolation": 0, "interpolation_step": 0}

    def __call__(self, event: Event) -> None:
        """Keep the images of an event; never waits."""
        if isinstance(event, SamplesDrawn) and event.path is None:
            self._preview = event
        elif isinstance(event, LatentsInterpolated):
            self._interpolation = event

    def write(self) -> None:
        """Write what is new; call it only while somebody watches.

        Raises:
            StorageError: The disk refused.
        """
        preview, interpolation = self._preview, self._interpolation
        if preview is self._written[0] and interpolation is self._written[1]:
            return
        folder = self._run.live_path
        with storage_errors("create", folder):
            make_folder(folder, exist_ok=True)
        if preview is not None and preview is not self._written[0]:
            self._put(_PREVIEW, "preview", preview.step, preview.images)
        if interpolation is not None and interpolation is not self._written[1]:
            self._put(_INTERPOLATION, "interpolation", interpolation.step, interpolation.frames)
        write_file(folder / _INDEX, json.dumps(self._index).encode(), durable=False)
        self._written = (preview, interpolation)

    def _put(self, file: str, name: str, step: int, images: np.ndarray) -> None:
        self._index[name] += 1
        self._index[f"{name}_step"] = step
        write_file(self._run.live_path / file, arrays.pack({_IMAGES: images}), durable=False)


@dataclass(slots=True)
class LiveReader:
    """Reads what is new in a run's `live` folder."""

    run: RunDirectory
    _seen: tuple[object, int, int] = (None, 0, 0)
    """The writer, and its versions of the preview and of the interpolation."""

    def read(self) -> list[SamplesDrawn | LatentsInterpolated]:
        """The newest preview and interpolation, if they are new.

        An interpolation that is there at the first look was asked for before, and is left out.

        Raises:
            StorageError: Something is there that can't be read.
        """
        index = self._index()
        if index is None:
            return []
        seen = (index["writer"], index["preview"], index["interpolation"])
        before = self._seen
        if seen == before:
            return []
        found: list[SamplesDrawn | LatentsInterpolated] = []
        is_other = before[0] != seen[0]
        if index["preview"] and (is_other or before[1] != seen[1]):
            images = self._images(_PREVIEW, _GRID)
            found.append(
                SamplesDrawn(time=time.time(), step=index["preview_step"], images=images, path=None)
            )
        if index["interpolation"] and not is_other and before[2] != seen[2]:
            frames = self._frames()
            step = index["interpolation_step"]
            found.append(LatentsInterpolated(time=time.time(), step=step, frames=frames))
        # What could not be read is still new at the next look.
        self._seen = seen
        return found

    def _index(self) -> dict[str, Any] | None:
        path = self.run.live_path / _INDEX
        with storage_errors("read", path):
            try:
                data = read_plain(path, _MAX_INDEX)
            except (FileNotFoundError, NotADirectoryError):
                return None
        try:
            index: Any = read_json(data)
            names = ("preview", "preview_step", "interpolation", "interpolation_step")
            if all(type(index[name]) is int and index[name] >= 0 for name in names):
                return {"writer": str(index["writer"]), **{name: index[name] for name in names}}
        except (ValueError, KeyError, TypeError):
            pass
        raise StorageError(f"cannot read {path}: it is not an index of live images.")

    def _images(self, file: str, shape: tuple[int, ...]) -> Images:
        return _read_images(self.run.live_path / file, shape)

    def _frames(self) -> Frames:
        path = self.run.live_path / _INTERPOLATION
        with storage_errors("read", path):
            size = len(read_plain(path, _MAX_ARRAYS))
        count = max(1, min(size // int(np.prod(_GRID)), _MAX_FRAMES))
        return _read_images(path, (count, *_GRID))


def write_examples(run: RunDirectory, images: Images) -> None:
    """Keep sixteen real images in the run's directory, for viewers that don't have the data.

    Raises:
        StorageError: The disk refused.
    """
    write_file(run.path / _EXAMPLES, arrays.pack({_IMAGES: images}), durable=False)


def read_examples(run: RunDirectory) -> Images | None:
    """Sixteen real images of the run's data, 16 x 28 x 28; `None` if the run has kept none.

    Raises:
        StorageError: The file is damaged.
    """
    path = run.path / _EXAMPLES
    return _read_images(path, _GRID) if path.exists() else None


def _read_images(path: Path, shape: tuple[int, ...]) -> Images:
    with storage_errors("read", path):
        data = read_plain(path, _MAX_ARRAYS)
    try:
        return arrays.unpack(data, {_IMAGES: (shape, np.dtype(np.uint8).str)})[_IMAGES]
    except ValueError as error:
        raise StorageError(f"cannot read {path}: {error}.") from None
