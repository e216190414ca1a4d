"""Fixtures: recorders that are closed whatever a test does."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from gan.recorder.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    """Opens recorders in the test's own folder."""
    with ExitStack() as stack:

        def opened(**options: Any) -> Recorder:
            recorder = Recorder(tmp_path / "runs", **options)
            stack.callback(recorder.close)
            return recorder

        yield opened
