"""Devices that are not there, and batches that they can't share, are refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.errors import DeviceError, UsageError
from gan.strategy.topology import Topology
from gan.training.build import compile_program
from gan.training.replicas import started
from tests.gan.small import tiny

if TYPE_CHECKING:
    from gan.events import Images


def refuse(text: str) -> None:
    raise AssertionError(text)


def test_a_device_that_tensorflow_does_not_have_is_refused() -> None:
    with pytest.raises(DeviceError, match=r"received devices CPU:0, CPU:7, expected .* CPU:0"):
        started(Topology(("CPU:0", "CPU:7")))


def test_a_batch_that_devices_cannot_share_evenly_is_refused(digits: Images) -> None:
    topology = Topology(("CPU:0", "CPU:1", "CPU:2"))
    with pytest.raises(UsageError, match=r"--batch-size: 32 images .* 3 replicas.* 30 and 33"):
        compile_program(tiny(batch_size=32), digits, refuse, topology)
