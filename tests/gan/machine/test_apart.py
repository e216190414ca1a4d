"""A driver whose library crashes or hangs, asked in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan.machine import apart
from gan.machine.apart import gpu_facts_apart, is_safe_to_ask
from gan.machine.child import ChildEnd
from gan.machine.choice import DeviceChoice, choose
from gan.machine.gpus import GpuFacts, gpu_facts
from gan.machine.wheel import WheelFacts
from tests.gan.machine.fakes import FakeGpu, FakeNvml, FakeSlice

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARY = """
#include <stdlib.h>
#include <unistd.h>
int nvmlInitWithFlags(unsigned flags) { %s; return 0; }
int nvmlShutdown(void) { return 0; }
"""


@pytest.fixture(autouse=True)
def not_asked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_is_safe", None)


def ended(end: ChildEnd) -> Callable[..., ChildEnd]:
    return lambda *_, **__: end


def broken(folder: Path, what: str) -> dict[str, str]:
    """An environment with a library of NVIDIA's driver that does this when it is opened."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a compiler of C")
    source = folder / "nvml.c"
    source.write_text(LIBRARY % what, encoding="ascii")
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, source], check=True)
    return {**os.environ, "LD_LIBRARY_PATH": str(folder)}


def test_it_finds_what_this_process_finds() -> None:
    assert gpu_facts_apart() == gpu_facts()
    assert is_safe_to_ask()


def test_everything_that_is_told_arrives() -> None:
    gpus = (
        FakeGpu(processes=((7, None), (9, 5))),
        FakeGpu(uuid="GPU-2", mig=True, slices=(FakeSlice(),)),
        FakeGpu(error="GPU is lost"),
    )
    facts = gpu_facts(FakeNvml(gpus), environ={"CUDA_VISIBLE_DEVICES": "1,0"}, pid=1)
    told = "a library's noise\n" + json.dumps(asdict(facts)) + "\n"

    assert gpu_facts_apart({}, run=ended(ChildEnd(stdout=told))) == facts


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (ChildEnd(status=-11), "a process that asked it was ended by SIGSEGV"),
        (ChildEnd(is_timeout=True, seconds=30.0), "no answer within 30 s"),
        (ChildEnd(status=3), "a process that asked it failed: no reason given"),
        (ChildEnd(stdout="[1]"), "a process that asked it failed: no reason given"),
    ],
)
def test_a_driver_that_ends_or_keeps_a_process_is_asked_no_more(end: ChildEnd, error: str) -> None:
    facts = gpu_facts_apart({"CUDA_VISIBLE_DEVICES": "0"}, run=ended(end))

    assert (facts.error, facts.is_unsafe, facts.gpus) == (error, True, ())
    assert facts.visible == "0"
    assert not is_safe_to_ask()


def test_a_process_that_could_not_be_started_says_nothing_against_the_driver() -> None:
    facts = gpu_facts_apart({}, run=ended(ChildEnd(not_started="no memory")))

    assert facts.error == "no process could be started to ask it (no memory)"
    assert not facts.is_unsafe


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("abort()", "a process that asked it was ended by SIGABRT"),
        ("_exit(3)", "a process that asked it failed: no reason given"),
        ("sleep(60)", "no answer within 1 s"),
    ],
)
def test_a_real_library_that_breaks_ends_another_process(
    tmp_path: Path, what: str, error: str
) -> None:
    assert gpu_facts_apart(broken(tmp_path, what), seconds=1.0).error == error


@pytest.mark.slow
def test_doctor_outlives_a_driver_that_crashes(tmp_path: Path) -> None:
    environ = {**broken(tmp_path, "abort()"), "HOME": str(tmp_path)}
    words = [sys.executable, "-m", "tui", "doctor", "--no-probes", "--json"]
    root = str(Path(__file__).parents[3])

    done = subprocess.run(
        words,
        capture_output=True,
        cwd=tmp_path,
        env={**environ, "PYTHONPATH": root},
        stdin=subprocess.DEVNULL,
        check=False,
    )

    rows: list[dict[str, Any]] = json.loads(done.stdout)
    (driver,) = [row for row in rows if row["name"] == "gpu driver"]
    assert driver["text"].endswith("a process that asked it was ended by SIGABRT")
    assert "restart the machine" in driver["fix"]


UNSAFE = GpuFacts(error="no answer within 30 s", is_unsafe=True)


def test_such_a_driver_is_left_alone_unless_the_gpu_is_insisted_on() -> None:
    chosen = choose("auto", UNSAFE, WheelFacts(), verdicts={})

    assert isinstance(chosen, DeviceChoice)
    assert (chosen.device, chosen.visible) == ("CPU", "-1")
    assert "no answer within 30 s" in chosen.idle
    assert chosen.idle.endswith("--device gpu tries it all the same.")
    insisted = choose("gpu", UNSAFE, WheelFacts(), verdicts={})
    assert isinstance(insisted, DeviceChoice)
    assert insisted.device == "any"
