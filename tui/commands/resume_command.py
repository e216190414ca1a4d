"""The commands that go on with a run, each to be typed as it is.

Of several workers each has its own: the first resumes the run, the others join it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan.text import invocations
from gan.text.safe_text import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.strategy.cluster import Cluster


def resume_words(run_dir: str, cluster: Cluster | None = None) -> str:
    """The command that goes on with a run.

    Args:
        run_dir: Its directory.
        cluster: The processes that trained it together; `None` for one alone.
    """
    if cluster is None:
        return invocations.resume_words(run_dir)
    words = ["gan-tui", "--resume", run_dir]
    if cluster.is_of_slurm:
        return _line([*_srun(cluster), *words, "--strategy", "multiworker"])
    return _line([*words, *cluster.options])


def join_words(command_line: Sequence[str], cluster: Cluster, *, names_workers: bool) -> str:
    """The command by which a worker besides the first trains with the others again.

    Args:
        command_line: The arguments of this process, the program first.
        cluster: The processes that trained together.
        names_workers: Whether the command line has `--workers`; else the environment named them.

    Returns:
        An empty string if the first worker's command starts this one too, as `srun` does.
    """
    if cluster.is_of_slurm:
        return ""
    return _line(command_line if names_workers else [*command_line, *cluster.options])


def _srun(cluster: Cluster) -> list[str]:
    """What starts as many tasks on as many nodes."""
    nodes = len({address.rpartition(":")[0] for address in cluster.workers})
    return ["srun", f"--nodes={nodes}", f"--ntasks={len(cluster.workers)}"]


def _line(words: Sequence[str]) -> str:
    return " ".join(map(shell_word, words))
