"""A run of several processes that adds numbers in place of training: `python -m ... toy`.

    python -m tests.gan.strategy.toy HOST:PORT,HOST:PORT N GRACE STEPS

Sessions, links, signals and ends are the program's own; there is no TensorFlow. Its collective is
like TensorFlow's: it fails if another process is gone, and waits for ever for one that stands
still.
The word `working` on standard error says that steps are being made.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from gan import events
from gan.commands import Abandon, Stop
from gan.config import RunConfig
from gan.errors import RunLockedError
from gan.headless.line_console import LineConsole
from gan.headless.runner import run_headless, run_session
from gan.session import session as sessions
from gan.session.groundwork import Groundwork
from gan.session.joining import Joining
from gan.session.leadership import Leadership
from gan.session.preparation import Connections, RunPlan
from gan.session.preparation_report import PreparationReport
from gan.session.worker_session import WorkerSession
from gan.strategy import membership
from gan.strategy.addresses import host_and_port
from gan.strategy.cluster import Cluster
from gan.strategy.leading import LedExecution
from gan.strategy.membership import RunEnded
from gan.strategy.ports import listener_on
from tui.commands.train_end import exit_code
from tui.commands.train_worker import leave_cluster

if TYPE_CHECKING:
    from contextlib import ExitStack

RELAY: Final = "TOY_RELAY"
"""The port of a relay to the first worker, for its link."""

WORKING: Final = "working"
_NUMBER: Final = struct.Struct("d")
_STEP_SECONDS: Final = 0.01


class Adding:
    """An execution: at each step all processes add their numbers together."""

    steps_per_epoch = 100

    def __init__(self, cluster: Cluster) -> None:
        """Connect with the others, as TensorFlow's servers do."""
        self._streams = _accepted(cluster) if cluster.is_chief else [_connected(cluster)]
        self._is_chief = cluster.is_chief
        self._own = float(cluster.worker + 1)
        self._has_said = False

    def max_steps_after(self, step: int) -> int:
        """As an execution's."""
        return self.steps_per_epoch - step % self.steps_per_epoch

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> None:
        """As an execution's: it isn't measured."""

    def __call__(self, step: int, steps: int, branch: int = 0) -> list[list[float]]:
        """Make the steps."""
        del step, branch
        sums = [self._sum() for _ in range(steps)]
        if not self._has_said:
            self._has_said = True
            print(WORKING, file=sys.stderr, flush=True)  # noqa: T201 - for the test
        return [sums, sums]

    def _sum(self) -> float:
        time.sleep(_STEP_SECONDS)
        if not self._is_chief:
            self._streams[0].sendall(_NUMBER.pack(self._own))
            return _received(self._streams[0])
        total = self._own + sum(_received(stream) for stream in self._streams)
        for stream in self._streams:
            stream.sendall(_NUMBER.pack(total))
        return total


def _accepted(cluster: Cluster) -> list[socket.socket]:
    with listener_on(cluster.address) as listener:
        return [listener.accept()[0] for _ in cluster.workers[1:]]


def _connected(cluster: Cluster) -> socket.socket:
    while (stream := reached(host_and_port(cluster.workers[0]))) is None:
        time.sleep(_STEP_SECONDS)
    return stream


def reached(address: tuple[str, int]) -> socket.socket | None:
    """A connection to an address; `None` if nobody listens there."""
    try:
        return socket.create_connection(address)
    except OSError:
        return None


def _received(stream: socket.socket) -> float:
    data = stream.recv(_NUMBER.size, socket.MSG_WAITALL)
    if len(data) < _NUMBER.size:
        raise ConnectionResetError("Collective ops is aborted by: Connection reset by peer")
    number: float = _NUMBER.unpack(data)[0]
    return number


class ToyTrainer:
    """What `prepare` returns: a loop that makes steps and takes commands in between."""

    stall = SimpleNamespace(look=lambda _: None)

    def __init__(self, plan: RunPlan, connections: Connections, led: LedExecution[Any]) -> None:
        self._plan = plan
        self._connections = connections
        self._led = led

    def run(self) -> None:
        """Make all steps, or those before a stop."""
        for step in range(self._plan.config.steps or 0):
            for request in self._connections.commands.drain():
                if isinstance(request.command, Abandon):
                    raise RunLockedError(request.command.message)
                if isinstance(request.command, Stop):
                    self._finish(step, request.command.exit_code)
                    return
            self._led(step, 1)
        self._finish(self._plan.config.steps or 0, 0)

    def _finish(self, step: int, code: int) -> None:
        self._connections.recorder.emit(
            events.RunFinished(
                time=time.time(),
                step=step,
                completed=code == 0,
                train_seconds=0.0,
                exit_code=code,
            )
        )


def prepare(plan: RunPlan, connections: Connections, held: ExitStack) -> ToyTrainer:
    """Stands in for the recipe of a real run, as far as other workers are concerned."""
    assert plan.cluster is not None
    leadership = Leadership(
        plan.cluster,
        PreparationReport(connections.recorder.emit),
        connections.require_not_stopped,
        start_seconds=plan.start_seconds,
        grace_seconds=plan.grace_seconds,
    )
    held.callback(connections.workers.end, leadership.leader)
    leadership.gather(plan.config, connections.workers.lost, connections.workers.asked)
    leadership.begin_steps()
    led = LedExecution(
        Adding(plan.cluster),
        leadership.leader,
        state=lambda: b"state",
        is_of_workers=lambda error: isinstance(error, OSError),
    )
    return ToyTrainer(plan, connections, led)


def train_as_worker(self: WorkerSession) -> None:
    """Stands in for the part of a real worker that needs TensorFlow."""
    ground = Groundwork(self._emit, self._require_not_stopped, machine=None, cluster=self._cluster)
    joining = Joining(
        plan=self._plan,
        cluster=self._cluster,
        given={},
        ground=ground,
        require_not_stopped=self._require_not_stopped,
    )
    self._membership = link = joining.come(self._end_for)
    joining.welcomed(link)
    self._is_welcome = True
    joining.begin_steps(link)
    adding = Adding(self._cluster)
    while True:
        message, _ = link.wait()
        if message["kind"] == "run":
            try:
                adding(message["step"], message["steps"])
            except OSError as error:
                raise RunEnded(link.blame(error)) from error


def through_a_relay(port: str) -> None:
    """Have the link, which is the first connection, go through a relay."""
    connect, relays = socket.create_connection, [("127.0.0.1", int(port))]

    def connected(address: Any, *arguments: Any, **options: Any) -> socket.socket:
        return connect(relays.pop() if relays else address, *arguments, **options)

    membership.socket.create_connection = connected  # type: ignore[assignment]


def main() -> None:
    """Run one process of it."""
    addresses, number, grace, steps = sys.argv[1:]
    cluster = Cluster(tuple(addresses.split(",")), int(number))
    plan = RunPlan(
        config=RunConfig.resolve({"steps": int(steps)}),
        runs=Path(),
        cluster=cluster,
        grace_seconds=float(grace),
        start_seconds=60.0,
    )
    console = LineConsole(sys.stderr)
    if port := os.environ.get(RELAY):
        through_a_relay(port)
    if cluster.is_chief:
        sessions.prepare = prepare  # type: ignore[assignment]
        end = run_headless(plan, [console], grace_seconds=float(grace))
    else:
        WorkerSession._train = train_as_worker  # type: ignore[method-assign]
        end = run_session(
            lambda listener: WorkerSession(plan, cluster, {}, listeners=[listener]),
            [console],
            grace_seconds=float(grace),
        )
    leave_cluster(exit_code(end))


if __name__ == "__main__":
    main()
