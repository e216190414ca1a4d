"""The numbers of a run in one line of plain text, to copy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.model.run_state import RunState
    from tui.model.view import View


def readout(run: RunState, view: View) -> str:
    """The losses at the chart's cursor; without a cursor the newest numbers of the run.

    Of a part of the run that is only kept in bins, the mean of the bin.
    """
    if view.cursor is not None:
        losses = (window.summary(1).mean[0] for window in run.losses.windows(*[view.cursor] * 2))
        return _line(view.cursor, zip(("D loss", "G loss"), losses, strict=True))
    now = run.progress
    numbers = {
        "D loss": now.d_loss,
        "G loss": now.g_loss,
        "D(x)": now.real_score,
        "D(G(z))": now.fake_score,
        "img/s": now.images_per_second,
        "FD": now.fd,
        "KID": now.kid,
    }
    return _line(now.step, numbers.items())


def _line(step: int, numbers: Iterable[tuple[str, float]]) -> str:
    """The step, and the numbers that are known."""
    known = (f"{name} {value:.4g}" for name, value in numbers if not math.isnan(value))
    return "  ".join([f"step {step:,}", *known])
