"""What keeps a run from a GPU, for real as far as a machine without one goes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from tests.end_to_end.conftest import Program

if TYPE_CHECKING:
    import subprocess

pytestmark = pytest.mark.slow

MAY_MOUNT = Path("/usr/bin/unshare").exists() and os.geteuid() == 0
BARE_DEV = """
mkdir "$1" && mount -t tmpfs tmpfs "$1"
for name in null zero random urandom; do touch "$1/$name" && mount --bind "/dev/$name" "$1/$name"
done
mount --move "$1" /dev && shift && exec setpriv --bounding-set -all --inh-caps -all "$@"
"""
"""Runs words where /dev has no GPU, no shared memory and no terminal, without any privilege."""

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


@pytest.mark.parametrize(
    ("name", "value"),
    [("CUDA_VISIBLE_DEVICES", ""), ("LD_LIBRARY_PATH", "/nonexistent/lib64:/nonexistent/stubs")],
)
def test_a_variable_that_hides_gpus_or_libraries_hinders_no_training(
    anywhere: Program, name: str, value: str
) -> None:
    anywhere.environ[name] = value
    done = anywhere.run("--no-ui", "--json", "--steps", "2", *anywhere.small)

    assert done.returncode == 0, done.stderr
    assert device_of(done) == "CPU"


def test_a_gpu_that_a_variable_hides_is_refused_by_its_name(anywhere: Program) -> None:
    anywhere.environ["CUDA_VISIBLE_DEVICES"] = ""
    done = anywhere.run("--no-ui", "--device", "gpu", "--steps", "2", *anywhere.small)

    assert done.returncode == 1
    assert '--device gpu: CUDA_VISIBLE_DEVICES="" hides' in done.stderr


@pytest.mark.skipif(not MAY_MOUNT, reason="it takes a mount")
def test_a_bare_dev_and_no_privileges_are_enough_for_the_cpu(
    anywhere: Program, tmp_path: Path
) -> None:
    words = ["--no-ui", "--json", "--steps", "2", *anywhere.small]
    mount = ["unshare", "-m", "sh", "-ec", BARE_DEV, "sh", str(tmp_path / "dev")]
    done = anywhere.run_words([*mount, *anywhere.words, *words])

    assert done.returncode == 0, done.stderr
    assert device_of(done) == "CPU"


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
    steps = [event for event in read_events(RunDirectory.open(kept)) if is_steps(event)]
    assert steps[-1].last_step == 60


def is_steps(event: Any) -> bool:
    return isinstance(event, events.StepsCompleted)
