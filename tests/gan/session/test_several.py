"""Which devices a run takes where there are several, on machines of fakes."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import tensorflow as tf

from gan.config import RunConfig
from gan.errors import DeviceError, UsageError
from gan.session.devices import Telling
from gan.session.several import take_devices
from tests.gan.machine.fakes import GIB, FakeGpu, FakeNvml
from tests.gan.machine.field import Box, FakeMachine

if TYPE_CHECKING:
    from pathlib import Path

    from gan.session.several import Taken

VISIBLE = "CUDA_VISIBLE_DEVICES"


def gpu(number: int, **changes: Any) -> FakeGpu:
    uuid = f"GPU-{number}aaaaaaa-0000-1111-2222-333344445555"
    return FakeGpu(**{"name": "NVIDIA A100", "uuid": uuid, **changes})


class Taking:
    """Has a run take devices of a machine, and keeps what was said and shown."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.notes: list[str] = []
        self.shown: str | None = None
        """What CUDA was shown when it started."""

        self.visible: list[Any] = []
        self.seen = 0
        monkeypatch.setenv(VISIBLE, "")
        monkeypatch.delenv(VISIBLE)
        monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        for name, replacement in {
            "list_physical_devices": self._listed,
            "set_visible_devices": self._show,
            "set_logical_device_configuration": lambda *_: None,
        }.items():
            monkeypatch.setattr(tf.config, name, replacement)
        for name, replacement in {
            "set_memory_growth": lambda *_, **__: None,
            "get_device_details": lambda _: {"device_name": "NVIDIA A100"},
        }.items():
            monkeypatch.setattr(tf.config.experimental, name, replacement)

    def __call__(self, *gpus: FakeGpu, seen: int | None = None, **options: Any) -> Taken:
        self.seen = len(gpus) if seen is None else seen
        telling = Telling(note=self.notes.append, trying=lambda _: None, on_wait=lambda: None)
        config = RunConfig.resolve({"batch_size": 256, **options})
        return take_devices(config, telling, FakeMachine(Box(nvml=FakeNvml(gpus)), self._folder))

    def _listed(self, kind: str) -> list[Any]:
        if kind == "CPU":
            return [SimpleNamespace(name="cpu")]
        if self.shown is None:
            self.shown = os.environ.get(VISIBLE, "")
        count = len(self.shown.split(",")) if self.shown else self.seen
        return [SimpleNamespace(name=f"gpu {n}") for n in range(min(count, self.seen))]

    def _show(self, devices: list[Any], _: str) -> None:
        self.visible = [device.name for device in devices]


@pytest.fixture
def take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Taking:
    return Taking(tmp_path, monkeypatch)


def uuids(*numbers: int) -> str:
    return ",".join(gpu(number).uuid for number in numbers)


@pytest.mark.parametrize(
    "options",
    [{}, {"strategy": "mirrored"}, {"strategy": "mirrored", "device": "gpu"}],
    ids=["auto", "mirrored", "mirrored gpu"],
)
def test_all_gpus_are_taken(take: Taking, options: dict[str, Any]) -> None:
    taken = take(gpu(0), gpu(1), **options)
    assert (taken.name, taken.devices) == ("NVIDIA A100", ("GPU:0", "GPU:1"))
    assert taken.which == "GPU 0, 1"
    assert take.shown == uuids(0, 1)


def test_those_that_are_named_are_taken_in_their_order(take: Taking) -> None:
    taken = take(gpu(0), gpu(1), gpu(2), device="gpu:2,gpu:0")
    assert (taken.devices, taken.which) == (("GPU:0", "GPU:1"), "GPU 2, 0")
    assert take.shown == uuids(2, 0)


@pytest.mark.parametrize("options", [{"strategy": "one"}, {"device": "gpu"}, {"device": "gpu:1"}])
def test_one_is_taken_if_that_is_asked_for(take: Taking, options: dict[str, Any]) -> None:
    taken = take(gpu(0), gpu(1), **options)
    assert (taken.devices, taken.which) == (("GPU:0",), "")
    assert take.shown == uuids(1 if options.get("device") == "gpu:1" else 0)


def test_by_itself_a_run_leaves_gpus_to_those_who_use_them(take: Taking) -> None:
    taken = take(gpu(0), gpu(1, free=20 * GIB), gpu(2))
    assert taken.which == "GPU 0, 2"
    assert "gpu:1 is left to others, who hold 50% of its memory" in take.notes[0]


def test_but_takes_them_if_all_are_asked_for(take: Taking) -> None:
    assert take(gpu(0), gpu(1, free=20 * GIB), strategy="mirrored").which == "GPU 0, 1"


def test_by_itself_a_run_takes_as_many_as_share_its_batch_evenly(take: Taking) -> None:
    assert take(gpu(0), gpu(1), gpu(2)).which == "GPU 0, 1"
    assert take.notes[0].startswith("2 of 3 GPUs share a batch of 256 evenly")


def test_a_batch_that_all_of_them_cannot_share_is_refused(take: Taking) -> None:
    with pytest.raises(UsageError, match="over 3 replicas"):
        take(gpu(0), gpu(1), gpu(2), strategy="mirrored")


def test_one_that_can_be_used_is_taken_as_ever(take: Taking) -> None:
    taken = take(gpu(0, free=20 * GIB), gpu(1))
    assert (taken.devices, taken.which) == (("GPU:0",), "")
    assert take.shown == uuids(1)


@pytest.mark.parametrize(
    ("gpus", "options", "says"),
    [
        ((gpu(0),), {"strategy": "mirrored"}, "fewer than two GPUs"),
        ((), {"strategy": "mirrored"}, "fewer than two GPUs"),
        ((gpu(0), gpu(1)), {"device": "gpu:0,gpu:2"}, "--device gpu:2: this machine shows gpu:0"),
    ],
)
def test_devices_that_are_not_there_are_an_error(
    take: Taking, gpus: tuple[FakeGpu, ...], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(DeviceError, match=says):
        take(*gpus, **options)


@pytest.mark.parametrize("options", [{"strategy": "mirrored"}, {"device": "gpu:0,gpu:1"}])
def test_gpus_that_tensorflow_does_not_see_are_an_error_if_they_were_asked_for(
    take: Taking, options: dict[str, Any]
) -> None:
    with pytest.raises(DeviceError, match="sees 0 of the 2 GPUs"):
        take(gpu(0), gpu(1), seen=0, **options)


def test_and_by_itself_the_run_is_on_the_cpu_and_an_alert_says_why(take: Taking) -> None:
    taken = take(gpu(0), gpu(1), seen=0)
    assert (taken.name, taken.devices) == ("CPU", ("CPU:0",))
    assert taken.idle


def test_virtual_devices_are_those_of_the_cpu(
    take: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    divided: list[int] = []
    monkeypatch.setattr(
        tf.config, "set_logical_device_configuration", lambda _, parts: divided.append(len(parts))
    )
    taken = take(gpu(0), device="cpu:0,cpu:1,cpu:2,cpu:3")
    assert (taken.name, len(taken.devices), taken.which) == ("CPU", 4, "CPU 0, 1, 2, 3")
    assert divided == [4]


def test_a_cpu_that_computes_already_cannot_be_divided(
    take: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("Virtual devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "set_logical_device_configuration", refuse)
    with pytest.raises(DeviceError, match="TensorFlow has already started"):
        take(device="cpu:0,cpu:1")


def test_workers_share_the_batch_too(take: Taking) -> None:
    telling = Telling(note=take.notes.append, trying=lambda _: None, on_wait=lambda: None)
    config = RunConfig.resolve({"batch_size": 6})
    take.seen = 3
    machine = FakeMachine(Box(nvml=FakeNvml((gpu(0), gpu(1), gpu(2)))), take._folder)
    assert take_devices(config, telling, machine, workers=2).which == "GPU 0, 1, 2"
    take.shown = None
    config = RunConfig.resolve({"batch_size": 8})
    assert take_devices(config, telling, machine, workers=2).which == "GPU 0, 1"
