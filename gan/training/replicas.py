"""What a run's steps are made on: one device, or several that share every batch.

Each replica has networks of its own, built alike on its device. TensorFlow's strategy runs them
side by side and sums over them. It doesn't own their variables: Keras 3 isn't made for mirrored
ones.
"""

from __future__ import annotations

import signal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import tensorflow as tf

from gan.errors import DeviceError
from gan.strategy.topology import WHOLE
from gan.training.execution import Execution
from gan.training.kept_signals import kept_handler
from gan.training.pieces import Compiler
from gan.training.replica_step import ReplicaStep
from gan.training.replicated_execution import ReplicatedExecution
from gan.training.state import restore_state, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.strategy.topology import Share, Topology
    from gan.training.execution import Executes
    from gan.training.feed import Feed
    from gan.training.step import Gan

Made = TypeVar("Made")


class OneDevice:
    """The device that TensorFlow computes on."""

    def on_each(self, make: Callable[[Share], Made]) -> list[Made]:
        """What `make` returns for whole batches."""
        return [make(WHOLE)]

    def compiled(
        self, gans: Sequence[Gan], feeds: Sequence[Feed], *, jit_compile: bool
    ) -> Executes:
        """The training loop, compiled.

        Args:
            gans: The networks.
            feeds: The real images.
            jit_compile: Whether XLA compiles it, or it is a plain graph.

        Raises:
            tf.errors.OpError: It can't be compiled.
        """
        execution = Execution(gans[0], feeds[0], jit_compile=jit_compile)
        execution(0, 0)
        return execution


class Replicas:
    """Several devices, of this process or of several workers."""

    def __init__(self, topology: Topology, *, whole_statistics: bool) -> None:
        """Start TensorFlow's strategy; if there are other workers, wait for them.

        Args:
            topology: The devices.
            whole_statistics: Whether batches are normalised by the statistics of the whole batch.

        Raises:
            DeviceError: TensorFlow doesn't have these devices.
        """
        self._shares = topology.shares
        self._has_others = topology.is_distributed
        self._whole_statistics = whole_statistics
        self._strategy = started(topology)
        self._devices = self._strategy.extended.worker_devices

    def on_each(self, make: Callable[[Share], Made]) -> list[Made]:
        """What `make` returns for the share of each of this process's replicas, on its device."""
        made = []
        for device, share in zip(self._devices, self._shares, strict=True):
            with tf.device(device):
                made.append(make(share))
        return made

    def compiled(
        self, gans: Sequence[Gan], feeds: Sequence[Feed], *, jit_compile: bool
    ) -> Executes:
        """The training loop, compiled. No other worker is waited for.

        Args:
            gans: The networks of each of this process's replicas.
            feeds: The real images of each.
            jit_compile: Whether XLA compiles what is between two exchanges.

        Raises:
            tf.errors.OpError: It can't be compiled.
        """
        whole = self._whole_statistics
        steps = [
            ReplicaStep(
                gan, feed, Compiler(device, jit_compile=jit_compile), whole_statistics=whole
            )
            for device, gan, feed in zip(self._devices, gans, feeds, strict=True)
        ]
        execution = ReplicatedExecution(self._strategy, self._devices, steps, gans, feeds)
        # XLA compiles a function when it is first called. If that fails while a collective is under
        # way, other replicas wait in it for ever, and TensorFlow refuses all later ones.
        execution.seconds_alone(0, 1)
        # Collectives may fail too: replicas of one process make a step, which is taken back. With
        # other workers the loop is only traced, once by each: they number collectives by traces.
        before = state_of(gans[0])
        execution(0, 0 if self._has_others else 1)
        for gan in gans:
            restore_state(gan, before)
        return execution


@cache
def started(topology: Topology) -> Any:
    """TensorFlow's strategy for the devices, the same at every call.

    TensorFlow numbers collectives by strategy and looks them up by number alone: those of a second
    strategy in one process would be taken for those of the first.

    Raises:
        DeviceError: TensorFlow doesn't have these devices.
    """
    if not topology.is_distributed:
        _require_devices(topology, [one.name for one in tf.config.list_logical_devices()])
        return tf.distribute.MirroredStrategy(list(topology.devices))
    cluster = tf.train.ClusterSpec({"worker": list(topology.workers)})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        cluster, task_type="worker", task_id=topology.worker, rpc_layer="grpc"
    )
    # TensorFlow takes SIGTERM for itself, as a notice of preemption, and would swallow it.
    with kept_handler(signal.SIGTERM):
        strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
    # It takes every GPU that TensorFlow sees, or one CPU.
    _require_devices(topology, strategy.extended.worker_devices)
    return strategy


def _require_devices(topology: Topology, found: Sequence[str]) -> None:
    """Check that the strategy has the devices, and the topology all of a worker's.

    Raises:
        DeviceError: It hasn't.
    """
    names = [":".join(name.rsplit(":", 2)[-2:]) for name in found]
    missing = sorted(set(topology.devices) - set(names))
    if missing or (topology.is_distributed and len(names) != topology.local_replicas):
        raise DeviceError(
            f"received devices {', '.join(topology.devices)}, expected those that TensorFlow "
            f"{tf.__version__} has here: {', '.join(names)}."
        )
