"""Asks NVIDIA's driver in a process of its own: its library may crash, or never come back.

It does crash where a GPU has left the bus (https://github.com/XuehaiPan/nvitop/issues/139) and
under WSL (https://github.com/microsoft/WSL/issues/11277), and it hangs with the driver
(https://github.com/NVIDIA/go-nvml/issues/152).
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from gan.machine.child import run_child
from gan.machine.gpus import (
    Gpu,
    GpuFacts,
    GpuProcess,
    MigSlice,
    facts_unasked,
    usable_gpus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gan.machine.child import ChildEnd

ASK_SECONDS: Final = 30.0
"""How long the driver may take: it wakes eight sleeping GPUs in half of that."""

_ROOT: Final = Path(__file__).parents[2]

_PROGRAM: Final = """
import json, sys
sys.path[:] = [sys.argv[1], *(folder for folder in sys.path if folder)]
from dataclasses import asdict
from gan.machine.gpus import gpu_facts
print("\\n" + json.dumps(asdict(gpu_facts(pid=int(sys.argv[2])))))
"""
"""Not with the current folder on the path: it may hold a module of the same name. The library may
have printed something without an end of line."""

_lock = Lock()
_is_safe: bool | None = None
"""Whether the driver has answered a process; `None` before it was asked."""


def gpu_facts_apart(
    environ: Mapping[str, str] | None = None,
    *,
    seconds: float = ASK_SECONDS,
    on_wait: Callable[[], None] = lambda: None,
    run: Callable[..., ChildEnd] = run_child,
) -> GpuFacts:
    """What `gpu_facts` finds, asked in a process of its own. Only `on_wait` may raise.

    Args:
        environ: The process's environment, which is the default.
        seconds: How long the driver may take.
        on_wait: As in `run_child`.
        run: Runs the program; replaced in tests.
    """
    global _is_safe  # noqa: PLW0603 - the driver is one for the process
    ours = dict(os.environ if environ is None else environ)
    words = [str(_ROOT), str(os.getpid())]
    end = run(_PROGRAM, ours, arguments=words, seconds=seconds, on_wait=on_wait)
    facts = _facts(end.stdout) if end.passed else None
    if facts is None:
        facts = replace(facts_unasked(ours), error=_why(end), is_unsafe=not end.not_started)
    _is_safe = not facts.is_unsafe
    return facts


def is_safe_to_ask() -> bool:
    """Whether this process may ask the driver itself. The first call may take `ASK_SECONDS`."""
    with _lock:
        if _is_safe is None:
            gpu_facts_apart()
        return bool(_is_safe)


def _why(end: ChildEnd) -> str:
    if end.not_started:
        return f"no process could be started to ask it ({end.not_started})"
    if end.is_timeout:
        return f"no answer within {end.seconds:.0f} s"
    if end.signal_name:
        return f"a process that asked it was ended by {end.signal_name}"
    return f"a process that asked it failed: {end.reason}"


def _facts(stdout: str) -> GpuFacts | None:
    """The facts that the program printed last; `None` if it printed none."""
    try:
        answer: dict[str, Any] = json.loads(stdout.strip().rpartition("\n")[2])
        gpus = tuple(_gpu(gpu) for gpu in answer["gpus"])
        cuda = answer["cuda"]
        facts = GpuFacts(
            driver=answer["driver"],
            cuda=None if cuda is None else tuple(cuda),
            gpus=gpus,
            visible=answer["visible"],
            usable=usable_gpus(gpus, answer["visible"]),
            error=answer["error"],
            on_bus=answer["on_bus"],
            silent=tuple(answer["silent"]),
            in_slurm=answer["in_slurm"],
        )
    except (ValueError, KeyError, TypeError):
        return None
    return facts


def _gpu(answer: dict[str, Any]) -> Gpu:
    capability = answer["capability"]
    return Gpu(
        **{
            **answer,
            "capability": None if capability is None else tuple(capability),
            "processes": tuple(GpuProcess(**process) for process in answer["processes"]),
            "slices": tuple(MigSlice(**part) for part in answer["slices"]),
        }
    )
