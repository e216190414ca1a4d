"""Where a run's replicas are: devices of this process, and of other workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Share:
    """The part of every batch that one replica takes.

    Replica r of n takes images r, r + n, r + 2n, and so on. So whatever is true of the first images
    of a batch, such as that they have a gradient penalty, is true of the first of each share.
    """

    replica: int = 0
    """From 0."""

    replicas: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether there is no other replica."""
        return self.replicas == 1

    @property
    def rows(self) -> slice:
        """Which rows of a batch it takes."""
        return slice(self.replica, None, self.replicas)

    def count(self, rows: int) -> int:
        """How many of the first `rows` rows of a batch it takes."""
        return len(range(self.replica, rows, self.replicas))


WHOLE: Final = Share()
"""Whole batches."""


@dataclass(frozen=True, slots=True)
class Topology:
    """The devices that make a run's steps together, one replica on each.

    Every worker has as many devices as this one, and replicas are numbered worker by worker.
    """

    devices: tuple[str, ...]
    """This process's, as TensorFlow names them: `GPU:0`, `CPU:1`."""

    workers: tuple[str, ...] = ()
    """The address, `host:port`, of every worker; empty if this process is the only one."""

    worker: int = 0
    """This process's place among the workers."""

    def __post_init__(self) -> None:
        """Refuse what is no topology.

        Raises:
            ValueError: No device, one device twice, or a worker that is none of the workers.
        """
        if not self.devices or len(set(self.devices)) < len(self.devices):
            raise ValueError(
                f"received devices {self.devices}, expected one or more, all different"
            )
        if not 0 <= self.worker < max(len(self.workers), 1):
            raise ValueError(
                f"received worker {self.worker}, expected one of {len(self.workers)} from 0"
            )

    @property
    def local_replicas(self) -> int:
        """How many replicas this process has."""
        return len(self.devices)

    @property
    def replicas(self) -> int:
        """How many replicas all processes have together."""
        return self.local_replicas * max(len(self.workers), 1)

    @property
    def first_replica(self) -> int:
        """The number of this process's first replica among all."""
        return self.worker * self.local_replicas

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run."""
        return self.worker == 0

    @property
    def is_distributed(self) -> bool:
        """Whether there are other processes."""
        return len(self.workers) > 1

    @property
    def shares(self) -> tuple[Share, ...]:
        """The share of each of this process's replicas."""
        first = self.first_replica
        return tuple(Share(first + place, self.replicas) for place in range(self.local_replicas))
