"""Each fault of the field, with real training: what is said, what is trained on, how it ends."""

from __future__ import annotations

import os
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import tensorflow as tf
from rich.console import Console

from gan import events
from gan.events import GPU_IDLE
from gan.progress import RunProgress, apply
from gan.run.checkpoints.store import CheckpointStore
from gan.text.wording import describe
from tests.gan.machine.fakes import FakeNvml
from tests.gan.machine.field import (
    A100,
    AT_THE_START,
    IN_MID_RUN,
    PASSED,
    AtTheStart,
    Box,
    FakeMachine,
    InMidRun,
)
from tui.commands.summary import summary
from tui.model.alerts import alert_of

if TYPE_CHECKING:
    from pathlib import Path

    from gan.config import RunConfig
    from gan.events import Images
    from gan.machine.gpus import GpuFacts
    from tests.gan.housing import House
    from tests.gan.programs import Programs


class FakeTensorFlow:
    """The GPUs that TensorFlow sees, where CUDA shows it what `CUDA_VISIBLE_DEVICES` says."""

    def __init__(self, facts: GpuFacts, monkeypatch: pytest.MonkeyPatch, box: Box) -> None:
        untold = [SimpleNamespace(name=A100.name, uuid=word) for word in box.untold]
        told = [SimpleNamespace(name=gpu.name, uuid=gpu.uuid) for gpu in facts.usable]
        self._devices = told or untold
        self._seen = box.seen
        self._shown: list[Any] | None = None
        self.visible: list[Any] | None = None
        self.limits: list[int] = []
        for name, replacement in {
            "list_physical_devices": self._listed,
            "get_visible_devices": lambda kind: self.visible or [] if kind == "GPU" else [],
            "set_visible_devices": self._show,
            "set_logical_device_configuration": self._limit,
        }.items():
            monkeypatch.setattr(tf.config, name, replacement)
        for name, replacement in {
            "set_memory_growth": lambda *_, **__: None,
            "get_device_details": lambda device: {"device_name": device.name},
        }.items():
            monkeypatch.setattr(tf.config.experimental, name, replacement)

    def _listed(self, kind: str) -> list[Any]:
        if kind != "GPU" or not self._seen:
            return []
        if self._shown is None:
            # CUDA reads the variable once, when it starts.
            shown = os.environ.get("CUDA_VISIBLE_DEVICES")
            self._shown = [gpu for gpu in self._devices if shown is None or gpu.uuid == shown]
        return self._shown

    def _show(self, devices: list[Any], _: str) -> None:
        self.visible = devices

    def _limit(self, _: Any, configurations: list[Any]) -> None:
        self.limits = [configuration.memory_limit for configuration in configurations]


@pytest.fixture
def on(house: House, programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Prepares a machine of fakes for the house, and TensorFlow's view of it."""

    def program(config: RunConfig, images: Images, warn: Any, _: Any) -> Any:
        # What is compiled in tests is compiled for the CPU, whatever the device is called.
        return programs(replace(config, device="auto"), images, warn)

    def prepare(box: Box) -> tuple[FakeMachine, FakeTensorFlow]:
        for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
            # Both are set by the program, and gone after the test.
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        monkeypatch.setattr("gan.training.build.compile_program", program)
        house.machine = machine = FakeMachine(box, tmp_path / "box")
        return machine, FakeTensorFlow(machine.gpus(lambda: None), monkeypatch, box)

    return prepare


@pytest.mark.parametrize("row", AT_THE_START, ids=lambda row: row.fault)
def test_a_fault_at_the_start(row: AtTheStart, house: House, on: Any) -> None:
    machine, tensorflow = on(row.box)
    options = {"gpu_memory": row.gpu_memory} if row.gpu_memory else {}
    ended = house.train(steps=2, sample_every="off", device=row.requested, **options)

    alerts = [alert for alert in ended.all(events.AlertRaised) if alert.name == GPU_IDLE]
    assert machine.probes == row.probes
    if not row.device:
        assert (ended.last.error, ended.last.exit_code) == ("DeviceError", 1)
        assert row.says in ended.last.message
        assert row.helps in ended.last.message
        assert ended.last.message.endswith((".", "--device cpu."))
        assert "\n" not in ended.last.message
        # A run that can't begin leaves nothing.
        assert not house.runs.exists()
        return
    built = ended.only(events.ModelsBuilt)
    assert built.device == row.device
    assert ended.last.exit_code == 0
    if row.device == "CPU" and row.is_alert:
        (alert,) = alerts
        # In the log, as a toast, and in what the summary is made from.
        assert row.says in alert.message
        assert row.helps in alert.message
        assert alert.message.startswith("training on the CPU while ")
        assert alert_of(alert).title == "GPU not used"
        assert built.gpu_idle == alert.message
        assert describe(alert) == (f"warning: {alert.message}",)
    else:
        assert alerts == []
        told = " ".join(note.text for note in ended.notes)
        assert row.says in told
        assert row.helps in told
    if row.device != "CPU":
        (shown,) = tensorflow.visible
        assert shown.name == row.device
        assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_there_are_as_many_rows_as_promised_each_with_its_issue() -> None:
    rows = [*AT_THE_START, *IN_MID_RUN]

    assert len({row.fault for row in rows}) == len(rows) >= 20
    assert all(row.issue.startswith("https://github.com/") for row in rows)


@pytest.mark.parametrize("row", IN_MID_RUN, ids=lambda row: row.fault)
def test_a_fault_in_mid_run(
    row: InMidRun, house: House, programs: Programs, on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(Box())
    program = programs.of("mlp")
    usual = program.execution._run
    error = getattr(tf.errors, row.error)(None, None, row.message)

    def fail(step: Any, *arguments: Any) -> Any:
        if int(step) >= 9:
            raise error
        return usual(step, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(program.execution, "_run", fail)
        ended = house.train(steps=30, sample_every="off", checkpoint_every="3", device="gpu")

    assert (ended.last.error, ended.last.exit_code) == ("DeviceError", 1)
    assert row.says in ended.last.message
    assert row.helps in ended.last.message
    assert "\n" not in ended.last.message
    newest = CheckpointStore(ended.run, keep=3).newest(pytest.fail)
    assert newest is not None
    assert f"The checkpoint of step {newest.step:,} is whole" in ended.last.message
    assert ended.last.message.endswith("resume from it, on the CPU with --device cpu.")

    # Without the GPU it goes on.
    on(Box(nvml=FakeNvml(error="GPU is lost")))
    resumed = house.train(steps=30, sample_every="off", resume=ended.run, device="cpu")

    assert resumed.last.completed
    assert resumed.only(events.ModelsBuilt).device == "CPU"
    assert resumed.only(events.RunStarted).resumed_from == newest.step


def test_a_fault_before_the_first_checkpoint_says_that_there_is_none(
    house: House, programs: Programs, on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(Box())

    def fail(*_: Any) -> Any:
        raise tf.errors.InternalError(None, None, "CUDA_ERROR_LAUNCH_FAILED")

    monkeypatch.setattr(programs.of("mlp").execution, "_run", fail)
    ended = house.train(steps=30, sample_every="off", checkpoint_every="off")

    assert ended.last.message.endswith("There is no checkpoint yet.")


def test_an_error_that_is_not_the_device_s_is_a_bug(
    house: House, programs: Programs, on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(Box())

    def fail(*_: Any) -> Any:
        raise tf.errors.InvalidArgumentError(None, None, "slice index 7 is out of bounds")

    monkeypatch.setattr(programs.of("mlp").execution, "_run", fail)
    ended = house.train(steps=30, sample_every="off")

    assert ended.last.error == "InvalidArgumentError"
    assert ended.last.traceback


def test_the_memory_that_was_asked_for_is_the_limit(house: House, on: Any) -> None:
    _, tensorflow = on(Box())
    house.train(steps=1, sample_every="off", gpu_memory="4GiB")

    assert tensorflow.limits == [4096]


def test_a_probe_is_made_once(house: House, on: Any, tmp_path: Path) -> None:
    row = next(row for row in AT_THE_START if row.device and row.probes and not row.is_alert)
    machine, _ = on(row.box)
    house.train(steps=1, sample_every="off", device="gpu")
    again = FakeMachine(row.box, tmp_path / "box")
    house.machine = again
    house.train(steps=1, sample_every="off", device="gpu")

    assert (machine.probes, again.probes) == (1, 0)


def test_the_driver_is_not_asked_if_the_cpu_was_asked_for(
    house: House, on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hang, as after the loss of the GPU for which the run was told to go on so."""
    machine, _ = on(Box(nvml=FakeNvml(error="GPU is lost")))
    monkeypatch.setattr(machine, "gpus", pytest.fail)
    ended = house.train(steps=1, sample_every="off", device="cpu")

    assert ended.last.exit_code == 0
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


def test_a_verdict_on_what_the_driver_does_not_tell_of_is_not_kept(house: House, on: Any) -> None:
    machine, _ = on(
        Box(nvml=FakeNvml(error="NVML Shared Library Not Found"), ends=PASSED, untold=("0",))
    )
    house.train(steps=1, sample_every="off")
    house.train(steps=1, sample_every="off")

    assert machine.probes == 2


def test_the_cpu_is_taken_without_a_word_if_it_was_asked_for(house: House, on: Any) -> None:
    on(Box())
    ended = house.train(steps=1, sample_every="off", device="cpu")

    assert ended.only(events.ModelsBuilt).device == "CPU"
    assert ended.all(events.AlertRaised) == []
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


def test_the_summary_has_the_alert(house: House, on: Any) -> None:
    on(AT_THE_START[0].box)
    progress = RunProgress()
    for event in house.train(steps=1, sample_every="off").told:
        progress = apply(progress, event)
    console = Console(width=200, record=True, file=StringIO())
    console.print(summary(progress))

    assert "training on the CPU while NVIDIA GeForce RTX 5090 idles" in console.export_text()
