"""Importing without the garbage collector.

Modules make hundreds of thousands of objects that live as long as the process. The collector looks
through them again and again while they come, a tenth of the time to the first frame, and later
each time that it looks through everything.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quick_imports() -> Iterator[None]:
    """Collect nothing while the block imports; what there is at its end is not looked at again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
