"""The first worker's part in what several processes prepare together, before their first step."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gan.disk.arrays import pack
from gan.machine.monitor import MachineMonitor
from gan.session.environment import computing_versions
from gan.session.machines import Machines, read_regularly
from gan.strategy.gathering import Gathering, Telling
from gan.strategy.hello import Facts, require_agreement, require_same_compiler
from gan.strategy.leader import Leader
from gan.strategy.leading import LedExecution
from gan.strategy.wire import field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from gan.config import RunConfig
    from gan.data.image_set import ImageSet
    from gan.errors import WorkersError
    from gan.session.preparation_report import PreparationReport
    from gan.session.several import Taken
    from gan.strategy.cluster import Cluster
    from gan.training.build import Program

SILENT_SHARE: Final = 0.6
"""The share of `--grace` for which a worker may be silent. The rest is for the end.

While it prepares, it may be silent for as long as workers are awaited: a thread that loads
TensorFlow's libraries, perhaps over a network, lets no other thread of its process run.
"""

_REPORT_SECONDS: Final = 1.0
_GETTING_READY: Final = {
    "facts": "to load its images and import TensorFlow",
    "compiled": "to compile",
}


class Leadership:
    """Gathers the workers, sees to it that they agree, and has them compile with this process."""

    def __init__(
        self,
        cluster: Cluster,
        report: PreparationReport,
        require_not_stopped: Callable[[], None],
        *,
        start_seconds: float,
        grace_seconds: float,
    ) -> None:
        """Wait for nobody yet.

        Args:
            cluster: The workers; this process is the first.
            report: What is said of the preparation.
            require_not_stopped: Raises if a stop was asked for.
            start_seconds: How long workers are awaited.
            grace_seconds: How long the end may take once one is gone.
        """
        self._cluster = cluster
        self._report = report
        self._require_not_stopped = require_not_stopped
        self._start_seconds = start_seconds
        self._reported = ("", 0.0)
        """What is awaited, and when that was reported last."""

        self._silence_seconds = SILENT_SHARE * grace_seconds
        self.leader = Leader(cluster, silence_seconds=self._silence_seconds)
        self.machines = Machines(cluster)
        """What the machines of all workers are doing."""

        self.leader.on_reading = self.machines.put

    def gather(
        self,
        config: RunConfig,
        on_lost: Callable[[WorkersError], None],
        on_command: Callable[[str, int], None],
    ) -> None:
        """Wait for all workers, and tell them the run's configuration.

        Args:
            config: What is trained.
            on_lost: As for `Leader.begin`.
            on_command: As for `Leader.begin`.

        Raises:
            WorkersError: One has not come, or has other versions.
            UsageError: One was given other options.
        """
        telling = Telling(
            note=self._report.note,
            waiting=self._report_waiting,
            on_wait=self._require_not_stopped,
        )
        gathering = Gathering(
            self._cluster,
            self.leader,
            telling,
            config=config.to_json(),
            versions=computing_versions(),
        )
        gathering.wait(self._start_seconds)
        self.leader.allow_silence(max(self._start_seconds, self._silence_seconds))
        welcome = {"kind": "welcome", "config": config.to_json()}
        self.leader.begin(on_lost, on_command, welcome)

    def agree(self, config: RunConfig, images: ImageSet, taken: Taken) -> None:
        """Compare what the workers have found with this process's, and have them compile.

        Raises:
            GanTuiError: They differ, or one is gone.
        """
        found = self._collect("facts", self._start_seconds)
        facts = {worker: Facts.of(message) for worker, message in found.items()}
        facts[0] = facts_of(config, images, taken)
        require_agreement(facts, self._cluster.name, config.batch_size)
        self.leader.broadcast({"kind": "compile"})

    def lead(
        self,
        program: Program,
        state: Callable[[], Mapping[str, Any]],
        is_of_workers: Callable[[Exception], bool],
    ) -> Program:
        """The program whose executions all workers make, once all have compiled theirs.

        Args:
            program: This process's.
            state: Returns what a checkpoint holds of its variables.
            is_of_workers: Whether an error of an execution may come from another worker's loss.

        Raises:
            WorkersError: One is gone.
            CompilationError: XLA compiles for some of them and not for others.
        """
        found = self._collect("compiled", None)
        compiled = {n: field(message, "jit_compiled", bool) for n, message in found.items()}
        require_same_compiler({0: program.jit_compiled, **compiled}, self._cluster.name)
        self.begin_steps()
        led: Any = LedExecution(
            program.execution,
            self.leader,
            state=lambda: pack(state()),
            is_of_workers=is_of_workers,
        )
        return replace(program, execution=led)

    def reading(self, taken: Taken) -> AbstractContextManager[None]:
        """Within the block this process's machine is read too.

        Args:
            taken: The devices whose readings count.
        """
        monitor = MachineMonitor(visible=taken.visible)
        return read_regularly(monitor, lambda reading: self.machines.put(0, reading))

    def begin_steps(self) -> None:
        """All have prepared: from here on none has a reason to be silent."""
        self.leader.allow_silence(self._silence_seconds)

    def _collect(self, kind: str, seconds: float | None) -> dict[int, dict[str, Any]]:
        count = len(self._cluster.workers)

        def on_wait(left: list[int]) -> None:
            self._require_not_stopped()
            names = " and ".join(self._cluster.name(worker) for worker in left)
            self._report_waiting(f"waiting for {names} {_GETTING_READY[kind]}", count - len(left))

        return self.leader.collect(kind, on_wait, seconds)

    def _report_waiting(self, what: str, there: int) -> None:
        """Say what is awaited: at once if it has changed, else once a second."""
        before, at = self._reported
        now = time.monotonic()
        if what != before or now - at >= _REPORT_SECONDS:
            self._reported = (what, now)
            self._report.progress(what, there, 0, f"of {len(self._cluster.workers)} workers")


def facts_of(config: RunConfig, images: ImageSet, taken: Taken) -> Facts:
    """What this process has found, as workers compare it."""
    return Facts(
        fingerprint=images.fingerprint,
        data=images.name,
        replicas=len(taken.devices),
        device=taken.name,
        precision=config.precision,
    )
