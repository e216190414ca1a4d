"""The processes that train a run together, as the command line or the environment names them.

Pure: words and environment variables in, a `Cluster` or `None` for a process of its own out. The
first worker is the one that writes the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.strategy import slurm, tf_config
from gan.strategy.addresses import host_and_port, read_addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGIES: Final = ("auto", "one", "mirrored", "multiworker")
"""One device, all devices of this process, and those of several processes."""

_HOW: Final = (
    "Give each process --workers HOST:PORT,HOST:PORT and its own --worker N, set TF_CONFIG, or "
    "start several tasks with srun. --strategy one trains in this process alone, a run that is "
    "resumed too."
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which processes train together, and which of them this is."""

    workers: tuple[str, ...]
    """The address, `host:port`, of every worker; at least two."""

    worker: int
    """This process's place among them, from 0."""

    job: str = ""
    """What tells this start of the run from others on the same addresses: Slurm's numbers of the
    job; empty without Slurm."""

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run."""
        return self.worker == 0

    @property
    def address(self) -> str:
        """This process's own."""
        return self.workers[self.worker]

    @property
    def options(self) -> list[str]:
        """The options that name the same workers and this process, whatever the environment has."""
        return ["--workers", ",".join(self.workers), "--worker", str(self.worker)]

    @property
    def is_of_slurm(self) -> bool:
        """Whether the processes are the tasks of a Slurm step, which one `srun` starts."""
        return bool(self.job)

    def host(self, worker: int) -> str:
        """A worker's host, without brackets."""
        return host_and_port(self.workers[worker])[0]

    def name(self, worker: int) -> str:
        """A worker as messages name it: `worker 1 (gpu2:4000)`."""
        return f"worker {worker} ({self.workers[worker]})"


def cluster_of(
    strategy: str, workers: str | None, worker: int | None, environ: Mapping[str, str]
) -> Cluster | None:
    """The processes that this one trains with; `None` if it trains alone.

    `--workers` comes before TF_CONFIG, and that before Slurm. `auto` takes the first two, which
    somebody has set for this very purpose. It doesn't take Slurm's: the tasks of a step may as well
    be runs of their own, as in a sweep.

    Args:
        strategy: One of `STRATEGIES`.
        workers: `--workers`, if it was given.
        worker: `--worker`, if it was given.
        environ: The process's environment.

    Raises:
        UsageError: They contradict each other, or what the environment holds can't be used.
    """
    if workers is None and worker is not None:
        raise UsageError(f"--worker {worker} needs --workers, the addresses of all workers.")
    if strategy in ("one", "mirrored"):
        if workers is not None:
            raise UsageError(
                f"--strategy {strategy} is one process, and --workers names several. Leave out one "
                "of them."
            )
        return None
    if workers is not None:
        return _given(workers, worker)
    found = tf_config.read(environ.get(tf_config.NAME, ""))
    job = ""
    if found is None and strategy == "multiworker":
        found, job = slurm.workers(environ), slurm.job(environ)
    if found is not None and len(found[0]) > 1:
        return Cluster(*found, job)
    if strategy == "multiworker":
        count = "one worker" if found else "no other process"
        raise UsageError(f"--strategy multiworker: there is {count} to train with. {_HOW}")
    return None


def unused_tasks(strategy: str, workers: str | None, environ: Mapping[str, str]) -> str:
    """A note that Slurm's tasks don't train together; empty if there is nothing to say."""
    tasks = slurm.tasks(environ)
    if strategy != "auto" or workers is not None or environ.get(tf_config.NAME) or tasks < 2:  # noqa: PLR2004
        return ""
    return (
        f"each of the {tasks} tasks of this Slurm step trains a run of its own; "
        "--strategy multiworker has them train one together"
    )


def _given(workers: str, worker: int | None) -> Cluster:
    try:
        addresses = read_addresses([word.strip() for word in workers.split(",")])
    except UsageError as error:
        raise UsageError(f"--workers: {error}") from None
    if len(addresses) == 1:
        raise UsageError(f"--workers: received only {workers}, expected two or more addresses.")
    last = len(addresses) - 1
    if worker is None:
        raise UsageError(
            f"--workers needs --worker, this process's own number: a whole number from 0 to {last}."
        )
    if not 0 <= worker <= last:
        raise UsageError(f"--worker: received {worker}, expected a whole number from 0 to {last}.")
    return Cluster(addresses, worker)
