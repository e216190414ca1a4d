"""Python, the C library, the processor, memory, and the limits of the process."""

from __future__ import annotations

import os
import platform
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.doctor.row import fail, ok, warn
from gan.machine.cgroup import memory_left
from gan.machine.memory import MEMORY, available_memory
from gan.text.units import byte_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.doctor.row import Row

OLDEST_PYTHON: Final = (3, 10)
NEWEST_PYTHON: Final = (3, 13)
"""Those for which there is a TensorFlow 2.21."""

_OLDEST_GLIBC: Final = (2, 27)
"""By the tag of TensorFlow's wheels, manylinux_2_27."""

_ENOUGH_MEMORY: Final = 2_000_000_000
_LEAST_MEMORY: Final = 800_000_000
"""Bytes. A training of `mlp` peaks at 0.9 GiB (docs/performance.md)."""

_ENOUGH_FILES: Final = 256
_PROCESSORS: Final = Path("/proc/cpuinfo")
_X86: Final = ("x86_64", "amd64")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """What the interpreter and the system say about themselves."""

    python: tuple[int, int, int]
    implementation: str = "CPython"
    system: str = "linux"
    """As `sys.platform`."""

    machine: str = "x86_64"
    glibc: tuple[int, int] | None = None
    """`None` if the C library is another one."""

    cores: int = 1
    usable_cores: int = 1
    """Those that this process may run on."""

    processor_flags: frozenset[str] | None = None
    """`None` if the system does not list them."""

    memory: int | None = None
    """Bytes that programs can still take; `None` if unknown."""

    memory_left: int | None = None
    """Bytes left below the limit of a container or a job; `None` without one."""

    open_files: int = 1024
    """The most files that the process may have open."""

    address_space: int | None = None
    """The most bytes that it may map; `None` without a limit."""


def read_facts() -> SystemFacts:
    """The facts of this process."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    return SystemFacts(
        python=sys.version_info[:3],
        implementation=platform.python_implementation(),
        system=sys.platform,
        machine=platform.machine(),
        glibc=_glibc(),
        cores=os.cpu_count() or 1,
        usable_cores=_usable_cores(),
        processor_flags=_processor_flags(_PROCESSORS),
        memory=available_memory(MEMORY),
        memory_left=memory_left(),
        open_files=2**31 if files == resource.RLIM_INFINITY else files,
        address_space=None if space == resource.RLIM_INFINITY else space,
    )


def rows(facts: SystemFacts) -> Iterator[Row]:
    """One for each of them."""
    yield python_row(facts)
    yield processor_row(facts)
    yield memory_row(facts)
    yield limits_row(facts)


def python_row(facts: SystemFacts) -> Row:
    """Whether TensorFlow can be installed for this interpreter and this C library."""
    version = ".".join(map(str, facts.python))
    libc = f"glibc {'.'.join(map(str, facts.glibc))}" if facts.glibc else "no glibc"
    named = version if facts.implementation == "CPython" else f"{facts.implementation} {version}"
    text = named if facts.system == "darwin" else f"{named}, {libc}"
    newest = ".".join(map(str, NEWEST_PYTHON))
    if facts.python[:2] > NEWEST_PYTHON or facts.python[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return fail(
            "python",
            f"{text}; TensorFlow 2.21 needs {oldest} to {newest}",
            f"uv venv --python {newest} && uv pip install gan-tui",
        )
    if facts.implementation != "CPython":
        return fail("python", f"{text}; TensorFlow needs CPython", "Install CPython.")
    if facts.system == "linux" and (facts.glibc is None or facts.glibc < _OLDEST_GLIBC):
        needed = ".".join(map(str, _OLDEST_GLIBC))
        return fail(
            "python",
            f"{text}; TensorFlow's wheels need glibc {needed}",
            f"Use a container or a system with glibc {needed} or newer, such as Debian 12.",
        )
    return ok("python", text)


def processor_row(facts: SystemFacts) -> Row:
    """How many cores there are, and whether TensorFlow's wheel runs on them."""
    count = f"{facts.cores} core{'s' if facts.cores != 1 else ''}"
    if facts.usable_cores != facts.cores:
        count = f"{facts.usable_cores} of {count}"
    text = f"{facts.machine}, {count}"
    flags = facts.processor_flags
    if facts.machine.lower() in _X86 and flags is not None and "avx" not in flags:
        return fail(
            "processor",
            f"{text}, without AVX: TensorFlow would die of an illegal instruction",
            "Use another machine, or give the virtual machine the host's processor model.",
        )
    return ok("processor", text)


def memory_row(facts: SystemFacts) -> Row:
    """Whether a training fits in memory."""
    known = [size for size in (facts.memory, facts.memory_left) if size is not None]
    if not known:
        return ok("memory", "not known on this system")
    free = min(known)
    limited = facts.memory_left is not None and free == facts.memory_left
    where = " below the limit of this job or container" if limited else ""
    text = f"{byte_size(free)} free{where}"
    fix = (
        "Ask for more memory for the job or the container (Slurm: --mem=4G; Docker: --memory 4g)."
        if limited
        else "End other programs, or use a machine with more memory."
    )
    if free < _LEAST_MEMORY:
        return fail("memory", f"{text}; a training takes about 1 GB", fix)
    if free < _ENOUGH_MEMORY:
        return warn("memory", f"{text}; a training takes about 1 GB", fix)
    return ok("memory", text)


def limits_row(facts: SystemFacts) -> Row:
    """Whether a limit of the process is in the way."""
    files = facts.open_files
    shown = "any number of" if files >= 2**31 else f"{files:,}"
    text = f"{shown} open files"
    if facts.address_space is not None:
        text += f", {byte_size(facts.address_space)} of address space"
        return warn(
            "limits",
            f"{text}; TensorFlow maps far more than it uses",
            "ulimit -v unlimited",
        )
    if files < _ENOUGH_FILES:
        return warn("limits", f"{text} are few", "ulimit -n 4096")
    return ok("limits", text)


def _glibc() -> tuple[int, int] | None:
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        major, minor = version.split(".")[:2]
    except (OSError, ValueError):
        # Another C library does not know the name.
        return None
    return (int(major), int(minor)) if name == "glibc" else None


def _usable_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor_flags(path: Path) -> frozenset[str] | None:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next(
        (frozenset(line.partition(":")[2].split()) for line in lines if line.startswith("flags")),
        None,
    )
