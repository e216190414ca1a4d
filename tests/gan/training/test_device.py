"""Which device is chosen, on machines of every kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import tensorflow as tf

from gan.errors import DeviceError
from gan.training import device as module
from gan.training.device import (
    best_precision,
    choose_device,
    device_at_start,
    device_breakdowns,
    doubt,
    limit_threads,
    settle_precision,
)

if TYPE_CHECKING:
    from pathlib import Path


class Machine:
    """What TensorFlow says about a machine, and the settings it receives."""

    def __init__(self, gpus: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.visible: list[str] | None = None
        self.growing: list[str] = []
        self.capabilities: dict[str, tuple[int, int] | None] = {}
        devices = [SimpleNamespace(name=name) for name in gpus]
        replacements = {
            "list_physical_devices": lambda kind: devices if kind == "GPU" else [],
            "get_visible_devices": lambda kind: self._visible(devices) if kind == "GPU" else [],
            "set_visible_devices": self._show,
            "experimental.set_memory_growth": self._grow,
            "experimental.get_device_details": self._details,
        }
        for name, replacement in replacements.items():
            owner, _, attribute = f"config.{name}".rpartition(".")
            target = tf
            for part in owner.split("."):
                target = getattr(target, part)
            monkeypatch.setattr(target, attribute, replacement)

    def _show(self, devices: list[Any], kind: str) -> None:
        assert kind == "GPU"
        self.visible = [device.name for device in devices]

    def _visible(self, devices: list[Any]) -> list[Any]:
        return [device for device in devices if self.visible is None or device.name in self.visible]

    def _grow(self, device: Any, enable: bool) -> None:
        assert enable
        self.growing.append(device.name)

    def _details(self, device: Any) -> dict[str, Any]:
        details: dict[str, Any] = {}
        if device.name != "nameless":
            details["device_name"] = f"Card {device.name}"
        if capability := self.capabilities.get(device.name):
            details["compute_capability"] = capability
        return details


def test_auto_without_a_gpu_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine([], monkeypatch)
    assert choose_device("auto") == "CPU"
    assert machine.visible is None


@pytest.mark.parametrize(("requested", "chosen"), [("auto", "A"), ("gpu", "A"), ("gpu:1", "B")])
def test_one_gpu_is_taken_and_its_memory_grows(
    requested: str, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(["A", "B"], monkeypatch)
    assert choose_device(requested) == f"Card {chosen}"
    assert machine.visible == [chosen]
    assert machine.growing == [chosen]


def test_a_gpu_without_a_name_of_its_own_is_called_what_tensorflow_calls_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Machine(["nameless"], monkeypatch)
    assert choose_device("gpu") == "nameless"


def test_the_cpu_can_be_taken_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(["A"], monkeypatch)
    assert choose_device("cpu") == "CPU"
    assert machine.visible == []


@pytest.mark.parametrize(
    ("gpus", "requested", "seen"),
    [([], "gpu", "sees no GPU"), (["A", "B"], "gpu:2", r"sees 2 \(gpu:0, gpu:1\)")],
)
def test_a_gpu_that_is_not_there_is_refused_by_name(
    gpus: list[str], requested: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(gpus, monkeypatch)
    with pytest.raises(DeviceError, match=rf"--device {requested}: .*{seen}.*gan-tui\[cuda\]") as e:
        choose_device(requested)
    assert "\n" not in str(e.value)


class Threads:
    """TensorFlow's setting of threads, before or after it has begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, begun: bool) -> None:
        self.now = 0
        self._begun = begun
        threading = tf.config.threading
        monkeypatch.setattr(threading, "get_intra_op_parallelism_threads", lambda: self.now)
        monkeypatch.setattr(threading, "set_intra_op_parallelism_threads", self._set)

    def _set(self, threads: int) -> None:
        if self._begun:
            raise RuntimeError("Intra op parallelism cannot be modified after initialization.")
        self.now = threads


def test_threads_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads(monkeypatch, begun=False)
    limit_threads(3)
    assert threads.now == 3


def test_no_limit_leaves_it_to_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    Threads(monkeypatch, begun=True)
    limit_threads(None)


def test_the_number_that_is_set_already_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Threads(monkeypatch, begun=True).now = 2
    limit_threads(2)


def test_too_late_is_an_error_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Threads(monkeypatch, begun=True)
    with pytest.raises(DeviceError, match="--threads 2: TensorFlow has already started"):
        limit_threads(2)


@pytest.mark.parametrize("tf32", [False, True])
def test_a_gpu_rounds_to_tf32_only_where_that_was_asked_for(tf32: bool) -> None:
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    try:
        choose_device("cpu", tf32=tf32)
        assert tf.config.experimental.tensor_float_32_execution_enabled() is tf32
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


X86 = "processor\t: 0\nflags\t\t: fpu avx512f {}\npower management:\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd {}\n"


@pytest.mark.parametrize(
    ("processors", "is_doubted"),
    [
        (X86.format("avx512_bf16"), False),
        (X86.format("amx_bf16 amx_tile"), False),
        (ARM.format("bf16"), False),
        (X86.format(""), True),
        (ARM.format(""), True),
        (None, False),
    ],
)
def test_a_cpu_without_bfloat16_instructions_is_reported(
    processors: str | None, is_doubted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that doesn't describe its processors gets no warning."""
    file = tmp_path / "cpuinfo"
    if processors is not None:
        file.write_text(processors)
    monkeypatch.setattr(module, "_PROCESSORS", file)
    assert bool(doubt("bfloat16", "CPU")) is is_doubted


@pytest.mark.parametrize(
    ("processors", "precision"),
    [
        (X86.format("avx512_bf16"), "bfloat16"),
        (X86.format("amx_bf16 amx_tile"), "bfloat16"),
        (ARM.format("bf16"), "bfloat16"),
        (X86.format("avx512_vnni"), "float32"),
        (ARM.format(""), "float32"),
        (None, "float32"),
    ],
)
def test_auto_is_bfloat16_on_a_cpu_that_has_instructions_for_it(
    processors: str | None, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And float32 if the system doesn't say."""
    Machine([], monkeypatch)
    file = tmp_path / "cpuinfo"
    if processors is not None:
        file.write_text(processors)
    monkeypatch.setattr(module, "_PROCESSORS", file)
    assert best_precision() == precision
    assert doubt(best_precision(), "CPU") == ""


@pytest.mark.parametrize(
    ("capability", "precision"),
    [((9, 0), "tf32"), ((8, 0), "tf32"), ((7, 5), "float32"), (None, "float32")],
)
def test_auto_is_tf32_on_a_gpu_from_compute_capability_eight(
    capability: tuple[int, int] | None,
    precision: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the CPU next to it has."""
    machine = Machine(["A", "B"], monkeypatch)
    machine.capabilities["B"] = capability
    file = tmp_path / "cpuinfo"
    file.write_text(X86.format("avx512_bf16" if precision == "float32" else ""))
    monkeypatch.setattr(module, "_PROCESSORS", file)
    choose_device("gpu:1")
    notes: list[str] = []
    try:
        assert settle_precision(notes.append) == precision
        enabled = tf.config.experimental.tensor_float_32_execution_enabled()
        assert enabled is (precision == "tf32")
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(False)
    assert ["not by a measurement" in note for note in notes] == [True] * enabled


def test_auto_on_the_cpu_of_a_machine_with_a_gpu_is_the_cpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(["A"], monkeypatch).capabilities["A"] = (9, 0)
    file = tmp_path / "cpuinfo"
    file.write_text(X86.format(""))
    monkeypatch.setattr(module, "_PROCESSORS", file)
    choose_device("cpu")
    assert best_precision() == "float32"


def test_float32_and_a_gpu_are_not_doubted() -> None:
    assert doubt("float32", "CPU") == doubt("tf32", "Card 0") == doubt("bfloat16", "Card 0") == ""


class TestTheStart:
    """What becomes of TensorFlow's errors before the first step."""

    def ended(self, message: str) -> str:
        error = tf.errors.InternalError(None, None, message)
        with pytest.raises(DeviceError) as raised, device_at_start(64):
            raise error
        assert raised.value.__cause__ is error
        return str(raised.value)

    def test_a_gpu_that_another_process_has_for_itself_is_told(self) -> None:
        assert self.ended(
            "cudaSetDevice() on GPU:0 failed. Status: CUDA-capable device(s) is/are busy or "
            "unavailable"
        ) == (
            "the GPU takes no work from this process (CUDA-capable device(s) is/are busy). What "
            "helps: see with nvidia-smi whether another process has it for itself (its compute "
            "mode is then E. Process, and sudo nvidia-smi -c DEFAULT lets several use it); if none "
            "has, look for Xid in dmesg. Or use --device cpu."
        )

    def test_full_memory_has_a_holder_where_there_is_a_gpu(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        on_cpu = "the device is out of memory. Try a --batch-size below 64."
        assert self.ended("CUDA_ERROR_OUT_OF_MEMORY") == on_cpu
        Machine(["A"], monkeypatch)
        choose_device("gpu")
        assert self.ended("CUDA_ERROR_OUT_OF_MEMORY") == (
            "the device is out of memory. Try a --batch-size below 64, or end what else holds its "
            "memory (nvidia-smi names it)."
        )

    def test_another_error_is_passed_on(self) -> None:
        with pytest.raises(tf.errors.InvalidArgumentError), device_at_start(64):
            raise tf.errors.InvalidArgumentError(None, None, "shapes differ")


class TestBreakdowns:
    """What becomes of TensorFlow's errors in mid-run; the whole of it is in `test_field`."""

    def ended(self, error: Exception, checkpoint: int | None = 40) -> str:
        with (
            pytest.raises(DeviceError) as raised,
            device_breakdowns(64, step=lambda: 1234, checkpoint=lambda: checkpoint),
        ):
            raise error
        assert raised.value.__cause__ is error
        return str(raised.value)

    def test_the_checkpoint_is_named(self) -> None:
        error = tf.errors.InternalError(None, None, "x CUDA_ERROR_LAUNCH_FAILED: y")

        assert self.ended(error) == (
            "the GPU's driver has given up at step 1,234 (CUDA_ERROR_LAUNCH_FAILED). What helps: "
            "look for Xid in dmesg; a GPU that fails again is too hot, short of power or broken. "
            "The checkpoint of step 40 is whole: resume from it."
        )

    def test_without_a_checkpoint_a_smaller_batch_may_help(self) -> None:
        error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating a tensor")

        assert self.ended(error, checkpoint=None) == (
            "the device is out of memory at step 1,234 (ResourceExhaustedError). What helps: end "
            "what else holds its memory (nvidia-smi names it), or try a --batch-size below 64. "
            "There is no checkpoint yet."
        )

    def test_another_error_is_passed_on(self) -> None:
        with (
            pytest.raises(tf.errors.InvalidArgumentError),
            device_breakdowns(64, step=lambda: 1, checkpoint=lambda: None),
        ):
            raise tf.errors.InvalidArgumentError(None, None, "shapes differ")


def test_a_limit_of_memory_takes_the_place_of_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(["A"], monkeypatch)
    limits: list[int] = []
    monkeypatch.setattr(
        tf.config,
        "set_logical_device_configuration",
        lambda _, limited: limits.extend(one.memory_limit for one in limited),
    )
    choose_device("gpu", memory=2 * 2**30)

    assert limits == [2048]
    assert machine.growing == []
