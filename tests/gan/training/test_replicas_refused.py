"""Devices that are not there, and batches that they can't share, are refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tensorflow as tf

from gan.errors import DeviceError, UsageError
from gan.models.keras_settings import own_keras_settings
from gan.strategy.topology import Topology
from gan.training.build import build_gan, compile_program
from gan.training.feed import DeviceImages
from gan.training.replicas import Replicas, started
from gan.training.replicated_execution import ReplicatedExecution
from tests.gan.small import tiny

if TYPE_CHECKING:
    from gan.events import Images
    from gan.strategy.topology import Share
    from gan.training.execution import Losses


def refuse(text: str) -> None:
    raise AssertionError(text)


def test_a_device_that_tensorflow_does_not_have_is_refused() -> None:
    with pytest.raises(DeviceError, match=r"received devices CPU:0, CPU:7, expected .* CPU:0"):
        started(Topology(("CPU:0", "CPU:7")))


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "steps"), [((), 1), (("a:4000", "b:4000"), 0)])
def test_other_workers_are_not_waited_for_while_one_compiles(
    workers: tuple[str, ...], steps: int, digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its XLA may fail, and then it never comes to the collective that they would wait in."""
    made: list[int] = []
    call = ReplicatedExecution.__call__

    def counted(self: ReplicatedExecution, step: int, steps: int, branch: int = 0) -> Losses:
        made.append(steps)
        return call(self, step, steps, branch)

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    monkeypatch.setattr("gan.training.replicas.started", lambda _: strategy)
    monkeypatch.setattr(ReplicatedExecution, "__call__", counted)
    replicas = Replicas(Topology(("CPU:0",), workers), whole_statistics=True)
    config = tiny(preset="mlp")

    def feed(share: Share) -> DeviceImages:
        return DeviceImages(digits, batch_size=config.batch_size, seed=0, share=share)

    with own_keras_settings():
        feeds = replicas.on_each(feed)
        gans = replicas.on_each(lambda share: build_gan(config, 1, xla_compiles=False, share=share))
        replicas.compiled(gans, feeds, jit_compile=False)
    assert made == [steps]


def test_a_batch_that_devices_cannot_share_evenly_is_refused(digits: Images) -> None:
    topology = Topology(("CPU:0", "CPU:1", "CPU:2"))
    with pytest.raises(UsageError, match=r"--batch-size: 32 images .* 3 replicas.* 30 and 33"):
        compile_program(tiny(batch_size=32), digits, refuse, topology)
