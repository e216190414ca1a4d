"""Whether XLA computes, tried in a process of its own, and what is kept of the answer."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from gan.machine.child import ChildEnd
from gan.machine.gpus import Gpu, GpuFacts, VisibleGpu
from gan.machine.probe import Verdict, VerdictCache, cache_key, probe
from gan.machine.wheel import WheelFacts
from gan.session.foreign_settings import child_environment

if TYPE_CHECKING:
    from pathlib import Path

PASSED = Verdict(passed=True, import_seconds=3.0, seconds=1.5, is_lasting=True)


class Runner:
    """Ends every process in one way, and keeps what it was given."""

    def __init__(self, end: ChildEnd) -> None:
        self._end = end
        self.environ: dict[str, str] = {}
        self.arguments: list[str] = []

    def __call__(self, _: str, environ: dict[str, str], **options: Any) -> ChildEnd:
        self.environ, self.arguments = environ, options["arguments"]
        return self._end


def answered(**answer: Any) -> ChildEnd:
    return ChildEnd(stdout=f"noise\n{json.dumps(answer)}\n", seconds=4)


def test_the_right_value_passes() -> None:
    end = answered(devices=2, value=2.71828, import_seconds=3.0, seconds=1.5)

    assert probe("GPU", {}, run=Runner(end)) == PASSED


@pytest.mark.parametrize(
    ("end", "reason", "lasts"),
    [
        (ChildEnd(status=-6, stderr="LLVM ERROR: no\n"), "ended by SIGABRT (LLVM ERROR: no)", True),
        (ChildEnd(status=-9), "ended by SIGKILL (no reason given)", False),
        (ChildEnd(status=-15), "ended by SIGTERM (no reason given)", False),
        (ChildEnd(status=-1), "ended by SIGHUP (no reason given)", False),
        (
            ChildEnd(status=-6, stderr="CUDA_ERROR_OUT_OF_MEMORY: out of memory\nAborted\n"),
            "ended by SIGABRT (Aborted)",
            False,
        ),
        (ChildEnd(status=1, stderr="a\nInternalError: b\n"), "InternalError: b", False),
        (ChildEnd(is_timeout=True, seconds=120), "it did not answer within 120 s", False),
        (ChildEnd(not_started="no memory"), "no process could be started (no memory)", False),
        (answered(devices=0), "TensorFlow sees no GPU", False),
        (answered(devices=1, value=1.0), "exp(1) came out as 1.0", True),
        (answered(devices=1, value=float("nan")), "exp(1) came out as nan", True),
        (ChildEnd(stdout="[1]"), "TensorFlow sees no GPU", False),
        (ChildEnd(stdout="{"), "TensorFlow sees no GPU", False),
    ],
)
def test_anything_else_does_not(end: ChildEnd, reason: str, lasts: bool) -> None:
    verdict = probe("GPU", {}, run=Runner(end))

    assert not verdict.passed
    assert verdict.reason == reason
    assert verdict.is_lasting == lasts


@pytest.mark.parametrize(
    ("kind", "uuid", "shown"), [("CPU", "", "-1"), ("GPU", "GPU-1", "GPU-1"), ("GPU", "", "3")]
)
def test_it_sees_the_one_device_that_is_tried(kind: Any, uuid: str, shown: str) -> None:
    runner = Runner(answered(devices=1, value=2.7183))
    probe(kind, {"CUDA_VISIBLE_DEVICES": "3"}, uuid=uuid, run=runner)

    assert runner.arguments == [kind]
    assert runner.environ["CUDA_VISIBLE_DEVICES"] == shown


@pytest.mark.slow
def test_the_cpu_of_this_machine_passes() -> None:
    verdict = probe("CPU", child_environment(os.environ))

    assert verdict.passed, verdict
    assert verdict.import_seconds > 0
    assert verdict.seconds > 0


def key(**changed: Any) -> str:
    values = {"driver": "550", "wheel": "2.21.0", "uuid": "GPU-1", "libraries": "here", **changed}
    gpu = Gpu(index=0, uuid=values["uuid"], name="A100", capability=(8, 0))
    return cache_key(
        GpuFacts(driver=values["driver"]),
        VisibleGpu(gpu=gpu),
        WheelFacts(version=values["wheel"]),
        values["libraries"],
    )


@pytest.mark.parametrize("changed", ["driver", "wheel", "uuid", "libraries"])
def test_a_verdict_holds_for_one_driver_wheel_gpu_and_libraries(changed: str) -> None:
    assert key() == key()
    assert key(**{changed: "other"}) != key()


def test_a_verdict_is_kept_for_the_next_process(tmp_path: Path) -> None:
    failed = Verdict(passed=False, reason="no", signal="SIGABRT", is_lasting=True)
    VerdictCache(tmp_path).write("a", PASSED)
    VerdictCache(tmp_path).write("b", failed)

    assert VerdictCache(tmp_path).read("a") == PASSED
    assert VerdictCache(tmp_path).read("b") == failed
    assert VerdictCache(tmp_path).read("c") is None


def test_one_that_does_not_last_is_not_kept(tmp_path: Path) -> None:
    VerdictCache(tmp_path).write("a", Verdict(passed=False, reason="busy"))

    assert list(tmp_path.iterdir()) == []


def test_the_oldest_are_dropped(tmp_path: Path) -> None:
    cache = VerdictCache(tmp_path)
    for number in range(25):
        cache.write(str(number), PASSED)

    assert cache.read("4") is None
    assert cache.read("5") == PASSED


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": 3}', '{"a": {"passed": 1}}', '{"a": {"b": 1}}', "\xff"]
)
def test_a_damaged_file_is_no_verdict(tmp_path: Path, content: str) -> None:
    (tmp_path / "gpu-probes.json").write_text(content, encoding="latin-1")

    assert VerdictCache(tmp_path).read("a") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    cache = VerdictCache(file)
    cache.write("a", PASSED)

    assert cache.read("a") is None
