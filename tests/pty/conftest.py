"""Toys that are running on terminals that can fail them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.pty.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class StartToy(Protocol):
    """Start one with options, on a terminal of a size, in an environment."""

    def __call__(self, *options: str, **details: Any) -> Rig: ...


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartToy]:
    """Starts a toy and waits for its first whole frame; it ends with the test."""
    with ExitStack() as stack:

        def start_toy(*options: str, **details: Any) -> Rig:
            rig = stack.enter_context(Rig(tmp_path, options=options, **details))
            rig.first_size = rig.pipe.next("mounted")["size"]
            rig.wait_for(lambda: (rig.frame() or 0) > 0, "a frame on every row", 10)
            return rig

        yield start_toy
