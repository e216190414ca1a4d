"""Decides whether the images of a set are held in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.data.checks import MAX_BYTES, refuse
from gan.machine.memory import free_memory
from gan.text.units import byte_size

if TYPE_CHECKING:
    from pathlib import Path

    from gan.data.reading_options import ReadingOptions

FITTING: Final = (
    "a smaller data set, or the images as bytes in an unpacked .npy or IDX file, which need not fit"
)
"""What to do with more images than fit in memory."""

_ALWAYS: Final = 2**28
"""Bytes of images that are held however little is free: five times MNIST."""

_OTHERS: Final = 3 * 2**29
"""Bytes that are kept free for all else that a training needs; `mlp` peaks at 0.9 GiB."""

_COPIES: Final = 2
"""How often images are held: by this program, and on a CPU by TensorFlow too."""


def require_room(path: Path, size: int) -> None:
    """Refuse images that have to be held, and for which memory has no room even once.

    Args:
        path: The file that they are in.
        size: Bytes of all images of 28 x 28.

    Raises:
        DataError: There are more than memory is free.
    """
    if size <= _ALWAYS:
        return
    free = free_memory()
    if free is not None and size > free:
        received = f"{byte_size(size)} of images, with {byte_size(free)} of memory free"
        raise refuse(path, received, FITTING)


def has_room(size: int, options: ReadingOptions) -> bool:
    """Whether images of that many bytes are held in memory.

    Args:
        size: That of all images of the set.
        options: Its `memory` decides, if there is one; otherwise the memory that is free does.
    """
    if size > MAX_BYTES:
        return False
    if options.memory is not None:
        return size <= options.memory
    if size <= _ALWAYS:
        return True
    free = free_memory()
    return free is None or _COPIES * size + _OTHERS <= free
