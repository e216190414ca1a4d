"""The summary of a run: a small table, printed when the run or the dashboard has ended."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from gan.commands import DECISION_SECONDS
from gan.events import Phase
from gan.run.checkpoints.folder import name_of
from gan.run.directory import RunDirectory
from gan.text import wording
from tui.commands.resume_command import resume_words
from tui.commands.rich_text import safe

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from gan.progress import RunProgress
    from gan.strategy.cluster import Cluster


def print_summary(progress: RunProgress, console: Console, cluster: Cluster | None = None) -> None:
    """Print the summary after an empty line.

    Args:
        progress: Where the run stands.
        console: Where to.
        cluster: The processes that trained it together; `None` for one alone.
    """
    console.print()
    console.print(summary(progress, has_others=cluster is not None))
    if cluster is not None and (words := _resume(progress, cluster)):
        # In one line, however long: a command that a table has folded can't be copied.
        console.print(safe("resume with  ", "dim"), safe(words), sep="", soft_wrap=True)


def summary(progress: RunProgress, *, has_others: bool = False) -> RenderableType:
    """The run as a table, without the rows whose values are unknown.

    Args:
        progress: Where it stands.
        has_others: Whether other processes trained it too, which the command to resume it names:
            that is left out.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    # A long path is folded, never cut.
    table.add_column(overflow="fold")
    table.add_row(*_outcome(progress))
    for label, value in _rows(progress, has_others=has_others):
        table.add_row(safe(label, "dim"), safe(value))
    return table


def _outcome(progress: RunProgress) -> tuple[Text, Text]:
    """How the run ended: a word, and details."""
    if progress.error:
        return safe("failed", "bold red"), safe(progress.error)
    if progress.completed:
        return safe("finished", "bold green"), safe(progress.name, "bold")
    word = "stopped" if progress.ended else progress.phase.value
    return safe(word, "bold yellow"), safe(progress.name, "bold")


def _rows(progress: RunProgress, *, has_others: bool) -> list[tuple[str, str]]:
    rows = [
        ("epochs", _epochs(progress)),
        ("steps", _of_total(progress.step, progress.total_steps)),
        ("time", _time(progress)),
        ("speed", _speed(progress)),
        ("d_loss", _loss(progress.d_loss, progress.best_d_loss)),
        ("g_loss", _loss(progress.g_loss, progress.best_g_loss)),
        ("FD", _distance(progress)),
        ("preset", progress.preset),
        ("device", _device(progress)),
        ("warning", progress.gpu_idle),
        ("data", _data(progress)),
        ("checkpoint", _checkpoint(progress)),
        ("run", progress.run_dir),
        ("resume with", "" if has_others else _resume(progress)),
    ]
    return [(label, value) for label, value in rows if value]


def _epochs(progress: RunProgress) -> str:
    """Epochs completed, the running one as a fraction."""
    if not progress.steps_per_epoch:
        return ""
    epochs = progress.step / progress.steps_per_epoch
    total = progress.total_steps / progress.steps_per_epoch
    return f"{_number(epochs)} of {_number(total)}"


def _number(value: float) -> str:
    """One decimal, rounded down so that an epoch is not counted before its end."""
    return f"{math.floor(value * 10) / 10:,.1f}".removesuffix(".0")


def _of_total(done: int, total: int) -> str:
    return f"{done:,} of {total:,}" if total else ""


def _time(progress: RunProgress) -> str:
    return wording.duration(progress.train_seconds) if progress.train_seconds else ""


def _speed(progress: RunProgress) -> str:
    """The average over the whole run, pauses excluded."""
    if not progress.train_seconds or not progress.step:
        return ""
    speed = progress.step / progress.train_seconds
    return f"{speed:,.1f} steps/s, {speed * progress.batch_size:,.0f} images/s"


def _loss(last: float, best: float) -> str:
    if math.isnan(last) and math.isinf(best):
        return ""
    minimum = f"min {wording.loss(best)}" if math.isfinite(best) else "never finite"
    return f"last {wording.loss(last)}, {minimum}"


def _distance(progress: RunProgress) -> str:
    """The newest evaluation and the best one, with what they can be compared with."""
    if progress.evaluated_step is None:
        return ""
    best = progress.best
    at_best = f", min {best.fd:.2f} at step {best.step:,}" if best else ""
    of = f"{progress.features}, {progress.evaluated_images:,} images"
    last, real = wording.figure(progress.fd, 2), wording.figure(progress.fd_real, 2)
    return f"last {last}{at_best}; of real images {real} ({of})"


def _device(progress: RunProgress) -> str:
    if not progress.device:
        return ""
    device = wording.device_line(progress.device, jit_compiled=progress.jit_compiled)
    split = wording.replica_words(progress.replicas, progress.workers, progress.devices)
    return f"{device}, {split}" if split else device


def _data(progress: RunProgress) -> str:
    reason = f" ({progress.data_reason})" if progress.data_reason else ""
    return f"{progress.data}{reason}" if progress.data else ""


def _checkpoint(progress: RunProgress) -> str:
    if not progress.run_dir:
        return ""
    if progress.checkpoint_step is None:
        return "none"
    best, folder = progress.best, RunDirectory(Path(progress.run_dir)).checkpoints_path
    # A disk that refused it left the best evaluation without one. `isdir` takes any path, and the
    # log's may be one that no disk can have.
    is_kept = best is not None and os.path.isdir(folder / name_of(best.step))  # noqa: PTH112
    of_best = f"; the best evaluation's: step {best.step:,}" if best and is_kept else ""
    return f"step {progress.checkpoint_step:,}{_since(progress)}{of_best}"


def _since(progress: RunProgress) -> str:
    """What became of the steps after the newest checkpoint, if there may be doubt."""
    later = progress.step - (progress.checkpoint_step or 0)
    if later > 0:
        return f", and {_steps(later)} since then not saved"
    return "" if progress.completed else ", nothing new since"


def _steps(count: int) -> str:
    return f"{count:,} step" if count == 1 else f"{count:,} steps"


def _resume(progress: RunProgress, cluster: Cluster | None = None) -> str:
    if progress.completed or progress.checkpoint_step is None or not progress.run_dir:
        return ""
    return resume_words(progress.run_dir, cluster)


def going_on_words(progress: RunProgress) -> str:
    """What a run does that its screen has left."""
    if progress.diverged_step is not None:
        minutes = DECISION_SECONDS / 60
        return f"the run has diverged, and waits {minutes:.0f} minutes for a decision"
    if progress.phase is Phase.PAUSED:
        return "the run stays paused"
    return "the training goes on"


def saved_words(progress: RunProgress) -> str:
    """Which step of a run is saved, in a clause that follows its newest step."""
    if progress.checkpoint_step is None:
        return "nothing saved yet"
    if progress.checkpoint_step >= progress.step:
        return "saved, nothing new since"
    return f"last saved at step {progress.checkpoint_step:,}"
