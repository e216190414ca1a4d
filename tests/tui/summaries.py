"""Runs as a list shows them, for the tests of the table: no disk behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gan.run_facts.sighting import Liveness
from gan.run_facts.summary import RunSummary


def summary(number: int = 1, state: str = "finished", **changes: Any) -> RunSummary:
    """A run; live if its state says so."""
    name = f"{number:05d}-mlp-mnist"
    liveness = {
        "training": Liveness.LIVE,
        "paused": Liveness.LIVE,
        "died": Liveness.DIED,
        "not known yet": Liveness.UNKNOWN,
        "silent for 20 s": Liveness.SILENT,
    }.get(state, Liveness.ENDED)
    known: dict[str, Any] = {
        "name": name,
        "path": Path("/runs") / name,
        "state": state,
        "liveness": liveness,
        "preset": "mlp",
        "data": "mnist",
        "step": 1200,
        "total_steps": 11_700,
        "d_loss": 0.693,
        "g_loss": 1.2345,
        "fd": 9.77,
        "best_fd": 8.21,
        "best_fd_step": 800,
        "age_seconds": 60.0 * number,
        "size_bytes": 13_200_000,
    }
    return RunSummary(**(known | changes))
