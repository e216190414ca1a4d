"""What keeps a run from a GPU, for real as far as a machine without one goes.

Where a driver must show a GPU, the module that asks it is another one; all else is real.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.run.finding import open_run
from gan.run.follower import read_events
from tests.end_to_end.conftest import Program

if TYPE_CHECKING:
    import subprocess

pytestmark = pytest.mark.slow

A100 = "NVIDIA A100-SXM4-40GB"
IDLES = f"training on the CPU while {A100} idles: "
DRIVER = """
from tests.gan.machine.fakes import FakeNvml

driver = FakeNvml()
NVMLError = FakeNvml.NVMLError
globals().update({name: getattr(driver, name) for name in dir(driver) if name.startswith("nvml")})
"""
"""`pynvml` with a driver that shows an A100."""

PCI = Path("/sys/bus/pci/devices")
MAY_MOUNT = Path("/usr/bin/unshare").exists() and os.geteuid() == 0
BARE_DEV = f"""
mount -t tmpfs tmpfs {PCI} && mkdir {PCI}/0000:01:00.0
echo 0x10de >{PCI}/0000:01:00.0/vendor && echo 0x030200 >{PCI}/0000:01:00.0/class
mkdir "$1" && mount -t tmpfs tmpfs "$1"
for name in null zero random urandom; do touch "$1/$name" && mount --bind "/dev/$name" "$1/$name"
done
mount --move "$1" /dev && shift && exec setpriv --bounding-set -all --inh-caps -all "$@"
"""
"""Runs words where a GPU is on the bus and /dev has none, no shared memory and no terminal,
without any privilege."""

SMALL_DISK = 'mkdir -p "$1" && mount -t tmpfs -o size=20m tmpfs "$1" && shift && exec "$@"'


@pytest.fixture
def anywhere(program: Program) -> Program:
    """The program, free to take any device."""
    other = Program(program.home, Path("unused"))
    other.small = [word for word in program.small if word not in ("--device", "cpu")]
    other.environ = dict(program.environ)
    return other


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def device_of(done: subprocess.CompletedProcess[str]) -> str:
    (built,) = [event for event in told(done) if event["event"] == "ModelsBuilt"]
    return str(built["device"])


def idle_of(done: subprocess.CompletedProcess[str]) -> str:
    """Why a GPU idles, as the log has it."""
    (built,) = [event for event in told(done) if event["event"] == "ModelsBuilt"]
    return str(built["gpu_idle"])


@pytest.fixture
def driven(anywhere: Program, tmp_path: Path) -> Program:
    """The program where the driver shows an A100 that CUDA can't start."""
    (tmp_path / "driver").mkdir()
    (tmp_path / "driver" / "pynvml.py").write_text(DRIVER, encoding="ascii")
    anywhere.environ["PYTHONPATH"] = f"{tmp_path / 'driver'}:{anywhere.environ['PYTHONPATH']}"
    return anywhere


def test_a_gpu_that_a_variable_hides_is_left_alone_and_named(driven: Program) -> None:
    driven.environ["CUDA_VISIBLE_DEVICES"] = ""
    done = driven.run("--no-ui", "--json", "--steps", "2", *driven.small)

    assert done.returncode == 0, done.stderr
    assert (device_of(done), idle_of(done)) == ("CPU", "")
    texts = [str(event.get("text")) for event in told(done)]
    assert any(text.startswith(f'CUDA_VISIBLE_DEVICES="" hides {A100}') for text in texts)


def test_a_gpu_that_a_variable_hides_is_refused_by_its_name(driven: Program) -> None:
    driven.environ["CUDA_VISIBLE_DEVICES"] = ""
    done = driven.run("--no-ui", "--device", "gpu", "--steps", "2", *driven.small)

    assert done.returncode == 1
    assert f'--device gpu: CUDA_VISIBLE_DEVICES="" hides {A100}' in done.stderr


def test_a_module_s_library_that_does_not_open_is_named(driven: Program, tmp_path: Path) -> None:
    """Where TensorFlow's own are installed too, it is tried, and the variable is to be unset."""
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "libcudnn.so.9").write_text("no library", encoding="ascii")
    driven.environ["LD_LIBRARY_PATH"] = str(tmp_path / "module")
    done = driven.run("--no-ui", "--json", "--steps", "2", *driven.small)

    assert done.returncode == 0, done.stderr
    assert device_of(done) == "CPU"
    assert idle_of(done).startswith(IDLES)
    assert "libcudnn.so.9 (" in idle_of(done) or "unset LD_LIBRARY_PATH" in idle_of(done)


@pytest.mark.skipif(not (MAY_MOUNT and PCI.is_dir()), reason="it takes a mount")
def test_a_gpu_on_the_bus_that_is_not_in_dev_is_an_alert(anywhere: Program, tmp_path: Path) -> None:
    words = ["--no-ui", "--json", "--steps", "2", *anywhere.small]
    mount = ["unshare", "-m", "sh", "-ec", BARE_DEV, "sh", str(tmp_path / "dev")]
    done = anywhere.run_words([*mount, *anywhere.words, *words])

    assert done.returncode == 0, done.stderr
    assert device_of(done) == "CPU"
    assert idle_of(done).startswith(
        "training on the CPU while an NVIDIA GPU idles: NVIDIA's driver does not answer ("
    )


@pytest.mark.skipif(not MAY_MOUNT, reason="it takes a mount")
def test_a_disk_of_20_megabytes_stops_no_training_and_is_told_at_its_end(
    anywhere: Program, tmp_path: Path
) -> None:
    """A checkpoint of `mlp` has 21 MB."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    words = ["--no-ui", "--steps", "60", "--checkpoint-every", "20", "--run-dir", str(disk / "run")]
    # The disk is gone with the process that mounted it, so it is copied in there.
    look = f'"$@"; code=$?; cp -r "{disk}/run" "{kept}"; exit $code'
    mount = ["unshare", "-m", "sh", "-ec", SMALL_DISK, "sh", str(disk), "sh", "-c", look, "sh"]
    done = anywhere.run_words([*mount, *anywhere.words, *words, *anywhere.small])

    assert done.returncode == 74, done.stderr
    assert re.search(r"it needs 2\d\.\d MB and \d+\.\d MB are free", done.stderr)
    steps = [event for event in read_events(open_run(kept)) if is_steps(event)]
    assert steps[-1].last_step == 60


def is_steps(event: Any) -> bool:
    return isinstance(event, events.StepsCompleted)
