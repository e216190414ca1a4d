"""Runs of some steps on virtual CPU devices, each in a process of its own.

TensorFlow fixes its devices when it starts, and a worker of several is a process. A process writes
the losses and every replica's state to a file, which the caller compares.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.data.stored_images import AnyImages
    from gan.events import Images
    from gan.training.execution import Executes
    from gan.training.feed import Feed
    from gan.training.step import Gan

ROOT = Path(__file__).parents[2]
SECONDS = 280
"""Less than the limit of a test."""


@dataclass(frozen=True)
class Case:
    """What a process trains."""

    options: dict[str, Any]
    """Of the configuration."""

    steps: int
    devices: int = 1
    workers: tuple[str, ...] = ()
    worker: int = 0
    jit_compile: bool = False
    """Whether XLA compiles it; a plain graph is traced in a fraction of the time."""

    ghosts: int = 1
    """On one device: in how many parts each batch is normalised, as replicas take them."""

    nudge: float = 0.0
    """Added to one weight at first."""

    mnist: str = ""
    """A folder of IDX files; empty for 600 synthetic digits."""

    alone: int = 0
    """Steps that are made first without an exchange, as a measurement makes them."""

    held: str = "device"
    """Where the images are: on the `device`, on the `host`, or on its `disk`."""

    @property
    def program(self) -> Case:
        """The case of the same program."""
        return replace(self, steps=0, nudge=0.0, alone=0)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    losses: np.ndarray
    """Float32, 4 x steps."""

    states: list[dict[str, np.ndarray]] = field(repr=False)
    """Of every replica of the process, by the names of a checkpoint."""


def trained(cases: Sequence[Case], seconds: float = SECONDS) -> list[Outcome]:
    """The outcomes of cases on one device or several, one after another in one process.

    All have equally many devices.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = _start(cases, folder)
        return _outcomes(process, folder, len(cases), seconds)


def trained_by_workers(case: Case, count: int, seconds: float = SECONDS) -> list[Outcome]:
    """The outcome of each of some workers, processes that reach each other on this machine."""
    addresses = tuple(f"127.0.0.1:{port}" for port in _free_ports(count))
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(worker) for worker in range(count)]
        processes = []
        for worker, folder in enumerate(folders):
            folder.mkdir()
            mine = replace(case, workers=addresses, worker=worker)
            processes.append(_start([mine], str(folder)))
        try:
            pairs = zip(processes, folders, strict=True)
            return [_outcomes(process, str(folder), 1, seconds)[0] for process, folder in pairs]
        finally:
            for process in processes:
                process.kill()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _start(cases: Sequence[Case], folder: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.gan.replicated", folder]
    words.append(json.dumps([asdict(case) for case in cases]))
    return subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def _outcomes(
    process: subprocess.Popen[str], folder: str, count: int, seconds: float
) -> list[Outcome]:
    """Wait for a process, and read what it wrote."""
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        _, errors = process.communicate()
        raise AssertionError(f"not done after {seconds} s:\n{errors[-3000:]}") from None
    assert process.returncode == 0, errors[-3000:]
    found = []
    for number in range(count):
        with np.load(f"{folder}/{number}.npz") as arrays:
            losses, states = arrays["losses"], json.loads(str(arrays["states"]))
            found.append(
                Outcome(
                    losses, [{k: arrays[f"{r}/{k}"] for k in ks} for r, ks in enumerate(states)]
                )
            )
    return found


def main() -> None:
    """Be the process: train every case, and write what came of it."""
    folder, words = sys.argv[1:]
    cases = [Case(**{**case, "workers": tuple(case["workers"])}) for case in json.loads(words)]

    import tensorflow as tf

    virtual = [tf.config.LogicalDeviceConfiguration()] * cases[0].devices
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, virtual)
    terminated = []
    signal.signal(signal.SIGTERM, lambda number, _: terminated.append(number))
    made: Program | None = None
    for number, case in enumerate(cases):
        # Cases that differ by their first state share a program.
        if made is None or made.case != case.program:
            made = Program(case)
        losses, states = made.train(case)
        arrays = {f"{r}/{name}": a for r, state in enumerate(states) for name, a in state.items()}
        names = json.dumps([list(state) for state in states])
        np.savez(f"{folder}/{number}.npz", losses=losses, states=names, **arrays)
    signal.raise_signal(signal.SIGTERM)
    assert terminated, "TensorFlow has replaced this process's handler of SIGTERM"


class Program:
    """What trains a case, and cases that differ from it by length and first state."""

    def __init__(self, case: Case) -> None:
        from gan.training.state import state_of

        self.case = case.program
        self._gans, self._execution = program_of(case, _images(case.mnist))
        self._fresh = state_of(self._gans[0])

    def train(self, case: Case) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
        """The losses, and the state of every replica at the end."""
        from gan.training.state import restore_state, state_of

        for gan in self._gans:
            restore_state(gan, self._fresh)
            kernel = gan.networks.generator.trainable_variables[0]
            kernel.assign(kernel + case.nudge * (np.indices(kernel.shape).sum(0) == 0))
        if case.alone:
            assert self._execution.seconds_alone(0, case.alone) > 0
        parts, step, diverged = [], 0, False
        while step < case.steps and not diverged:
            steps = min(case.steps - step, self._execution.max_steps_after(step))
            parts.append(np.array(self._execution(step, steps)))
            diverged = parts[-1].shape[1] < steps
            step += steps
        return np.concatenate(parts, axis=1), [state_of(gan) for gan in self._gans]


def program_of(case: Case, images: Images) -> tuple[list[Gan], Executes]:
    """The networks of every replica of this process, and what trains them."""
    from gan.config import GLOBAL_STATISTICS
    from gan.models.keras_settings import own_keras_settings
    from gan.strategy.topology import Share, Topology
    from gan.training.build import build_gan
    from gan.training.feed import DeviceImages, HostImages
    from gan.training.replicas import OneDevice, Replicas
    from tests.gan.small import tiny

    config = tiny(**case.options)
    devices = tuple(f"CPU:{number}" for number in range(case.devices))
    topology = Topology(devices, case.workers, case.worker)
    whole = config.batch_statistics == GLOBAL_STATISTICS
    target = OneDevice() if topology.replicas == 1 else Replicas(topology, whole_statistics=whole)

    kept = on_disk(images) if case.held == "disk" else images

    def feed(share: Share) -> Feed:
        settings = {"batch_size": config.batch_size, "seed": config.seed, "share": share}
        if case.held == "device":
            return DeviceImages(images, **settings)
        # Room for two batches of a replica, so that windows follow each other.
        window = 2 * config.batch_size // topology.replicas * images[0].nbytes
        return HostImages(kept, **settings, window_bytes=window)

    with own_keras_settings(), ghost_batches(case.ghosts):
        feeds = target.on_each(feed)
        epoch = feeds[0].steps_per_epoch
        gans = target.on_each(
            lambda share: build_gan(config, epoch, xla_compiles=case.jit_compile, share=share)
        )
        return gans, target.compiled(gans, feeds, jit_compile=case.jit_compile)


def on_disk(images: Images) -> AnyImages:
    """The same images, read from a file as they are needed."""
    from gan.data.image_file import FileImages, OpenFile

    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(images.tobytes())
        # It stays open there, though its name goes.
        return FileImages(OpenFile(Path(file.name)), 0, len(images))


def ghost_batches(count: int) -> Any:
    """In this block, one device normalises the parts of a batch that replicas would take, apart."""
    from unittest.mock import patch

    import tensorflow as tf

    from gan.models.layers import BatchNormalization

    whole: Callable[..., Any] = BatchNormalization.call

    def in_parts(self: Any, inputs: Any, training: bool | None = None) -> Any:
        if not training or count == 1:
            return whole(self, inputs, training=training)
        before = [self.moving_mean.value + 0.0, self.moving_variance.value + 0.0]
        outputs, tracked = [], []
        for part in range(count):
            for moving, value in zip((self.moving_mean, self.moving_variance), before, strict=True):
                moving.assign(value)
            outputs.append(whole(self, inputs[part::count], training=True))
            tracked.append([self.moving_mean.value + 0.0, self.moving_variance.value + 0.0])
        self.moving_mean.assign(tf.add_n([mean for mean, _ in tracked]) / count)
        self.moving_variance.assign(tf.add_n([variance for _, variance in tracked]) / count)
        return tf.reshape(tf.stack(outputs, axis=1), tf.shape(inputs))

    return patch.object(BatchNormalization, "call", in_parts)


def _images(mnist: str) -> Images:
    if not mnist:
        from gan.data.synthetic import draw_digits

        return draw_digits(600, 0, lambda *_: None)[0]
    from gan.data.data_file import DiskFile
    from gan.data.idx import read_idx_file

    file = DiskFile(Path(mnist) / "train-images-idx3-ubyte.gz")
    return read_idx_file(file, lambda *_: None).images


if __name__ == "__main__":
    main()
