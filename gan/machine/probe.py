"""Whether XLA computes on a device, tried in a process of its own: it may be ended by that.

The probe is one matrix product with `exp`, which needs all that training needs: the driver, cuBLAS,
XLA's compiler, ptxas and libdevice. On a GPU that LLVM doesn't know it is ended by SIGABRT:
https://github.com/tensorflow/tensorflow/issues/111958.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gan.disk.files import replace_file
from gan.disk.json_text import read_json
from gan.machine.breakdowns import OUT_OF_MEMORY
from gan.machine.child import run_child
from gan.machine.gpus import VISIBLE
from gan.paths import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gan.machine.child import ChildEnd
    from gan.machine.gpus import GpuFacts, VisibleGpu
    from gan.machine.wheel import WheelFacts

PROBE_SECONDS: Final = 120.0
"""How long a probe may take: the driver compiles kernels for a minute for some GPUs."""

_FILE: Final = "gpu-probes.json"
_KEPT: Final = 20
"""Verdicts that the file holds."""

_PROGRAM: Final = """
import json, sys, time
begun = time.monotonic()
import tensorflow as tf
imported = time.monotonic()
kind = sys.argv[1]
devices = tf.config.list_physical_devices(kind)
if not devices:
    print(json.dumps({"devices": 0}))
    raise SystemExit(0)
if kind == "GPU":
    tf.config.set_visible_devices(devices[:1], "GPU")
    tf.config.experimental.set_memory_growth(devices[0], True)
with tf.device(f"/{kind}:0"):
    product = tf.function(lambda x: tf.exp(tf.matmul(x, x)), jit_compile=True)
    value = float(product(tf.eye(64))[0, 0])
ended = time.monotonic()
print(json.dumps({"devices": len(devices), "value": value,
                  "import_seconds": imported - begun, "seconds": ended - imported}))
"""

_OWN_SIGNALS: Final = frozenset({"SIGABRT", "SIGSEGV", "SIGILL", "SIGBUS", "SIGFPE", "SIGTRAP"})
"""Those by which code ends its own process."""

_EXPECTED: Final = 2.718281828
_TOLERANCE: Final = 1e-2
"""TF32 and bfloat16 round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a probe has shown."""

    passed: bool
    reason: str = ""
    """Why it did not pass, in one line without a full stop at its end."""

    signal: str = ""
    """The signal that ended it, such as `SIGABRT`; empty if none did."""

    import_seconds: float = 0.0
    """Seconds to import TensorFlow."""

    seconds: float = 0.0
    """Seconds to start the device, compile and compute."""

    is_timeout: bool = False
    """Whether it was given up."""

    is_lasting: bool = False
    """Whether it holds until the driver, TensorFlow, the libraries or the GPU change: memory that
    another program fills, or a timeout, may be gone a minute later."""


def probe(
    kind: Literal["CPU", "GPU"],
    environ: Mapping[str, str],
    *,
    uuid: str = "",
    seconds: float = PROBE_SECONDS,
    on_wait: Callable[[], None] = lambda: None,
    run: Callable[..., ChildEnd] = run_child,
) -> Verdict:
    """Try XLA on a device.

    Args:
        kind: Which device.
        environ: The environment, with this program's own settings of TensorFlow.
        uuid: The GPU that is tried; by default the first that CUDA shows.
        seconds: How long it may take.
        on_wait: As in `run_child`.
        run: Runs the program; replaced in tests.
    """
    shown = {"CPU": "-1", "GPU": uuid}[kind]
    ours = {**environ, VISIBLE: shown} if shown else dict(environ)
    end = run(_PROGRAM, ours, arguments=[kind], seconds=seconds, on_wait=on_wait)
    return _verdict(kind, end)


def _verdict(kind: str, end: ChildEnd) -> Verdict:
    if end.signal_name:
        return Verdict(
            passed=False,
            reason=f"ended by {end.signal_name} ({end.reason})",
            signal=end.signal_name,
            # Others come from outside, as that of the out-of-memory killer, and memory may be full
            # for a moment.
            is_lasting=end.signal_name in _OWN_SIGNALS and not OUT_OF_MEMORY.cited(end.stderr),
        )
    if reason := _no_answer(end):
        return Verdict(passed=False, reason=reason, is_timeout=end.is_timeout)
    answer = _answer(end.stdout)
    if not answer.get("devices"):
        return Verdict(passed=False, reason=f"TensorFlow sees no {kind}")
    value = answer.get("value")
    if not isinstance(value, float) or not abs(value - _EXPECTED) <= _TOLERANCE * _EXPECTED:
        return Verdict(passed=False, reason=f"exp(1) came out as {value}", is_lasting=True)
    return Verdict(
        passed=True,
        import_seconds=float(answer.get("import_seconds", 0)),
        seconds=float(answer.get("seconds", 0)),
        is_lasting=True,
    )


def _no_answer(end: ChildEnd) -> str:
    """Why a process has not answered; empty if it has."""
    if end.not_started:
        return f"no process could be started ({end.not_started})"
    if end.is_timeout:
        return f"it did not answer within {end.seconds:.0f} s"
    return end.reason if end.status else ""


def _answer(stdout: str) -> dict[str, Any]:
    try:
        answer: Any = json.loads(stdout.strip().rpartition("\n")[2])
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def cache_key(facts: GpuFacts, gpu: VisibleGpu, wheel: WheelFacts, libraries: str) -> str:
    """What a verdict about a GPU holds for: driver, TensorFlow, GPU and libraries."""
    parts = [facts.driver, wheel.version, gpu.name, gpu.uuid, str(gpu.gpu.capability), libraries]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class VerdictCache:
    """Verdicts of earlier processes, so that a probe costs its seconds once.

    A file that can't be read or written is no error: the probe is made again.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep it in this folder, by default the user's cache."""
        self._folder = folder

    def read(self, key: str) -> Verdict | None:
        """The verdict, if one is kept."""
        kept = self._all().get(key)
        if not isinstance(kept, dict):
            return None
        try:
            verdict = Verdict(**kept)
        except TypeError:
            return None
        return verdict if isinstance(verdict.passed, bool) else None

    def write(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict, if it lasts."""
        if not verdict.is_lasting:
            return
        kept = {k: v for k, v in self._all().items() if k != key}
        newest = dict([*kept.items(), (key, asdict(verdict))][-_KEPT:])
        path = self._path()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, [json.dumps(newest, indent=1).encode()], durable=False)

    def _all(self) -> dict[str, Any]:
        try:
            kept = read_json(self._path().read_bytes())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _path(self) -> Path:
        folder = self._folder or user_folder("cache")
        return folder / _FILE
