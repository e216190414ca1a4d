"""What machines were doing at one moment: of each process of a run, of each of its GPUs.

Records, and their form in JSON: workers send them to the first, which writes them into the run's
status for viewers. `gan.machine.monitor` takes them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_GPUS: Final = 64
"""GPUs of one process that are read back from JSON."""

_MAX_TEXT: Final = 255
"""Characters of a name, which no host's exceeds."""

_MAX_NUMBER: Final = 2.0**63


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One GPU; `None` for what its driver does not report."""

    name: str
    index: int = 0
    """Its number in the driver and in `nvidia-smi`."""

    utilisation: float | None = None
    """Percent of the time in which a kernel was running."""

    memory_used: int | None = None
    """Bytes."""

    memory_total: int | None = None
    """Bytes."""

    temperature: float | None = None
    """Degrees Celsius."""

    power: float | None = None
    """Watts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReading:
    """The machine at one moment, as one process sees it."""

    process_cpu: float
    """Percent of one processor that the process used since the last reading; may exceed 100."""

    machine_cpu: float
    """Percent of all processors that all processes used since then."""

    memory: int
    """Resident bytes of the process."""

    gpus: tuple[GpuReading, ...] = ()
    """Those that this process may use, in its own order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReading:
    """The machine of one worker of a run at one moment."""

    worker: int
    """Its number among all workers."""

    host: str
    """Its host, as the list of workers names it."""

    machine: MachineReading


def to_json(reading: MachineReading) -> dict[str, Any]:
    """The reading as plain JSON values, by the names of its fields."""
    return asdict(reading)


def from_json(record: object) -> MachineReading:
    """Read back what `to_json` returned. It may come from another program.

    Raises:
        ValueError: It is something else.
    """
    values = _fields(record, MachineReading)
    gpus = values.pop("gpus", [])
    if not isinstance(gpus, (list, tuple)) or len(gpus) > MAX_GPUS:
        raise ValueError(f"gpus: expected a list of at most {MAX_GPUS}")
    for name in ("process_cpu", "machine_cpu", "memory"):
        _require_number(values, name)
    read = [_fields(gpu, GpuReading) for gpu in gpus]
    for gpu in read:
        if not _is_name(gpu.get("name")) or type(gpu.get("index")) is not int:
            raise ValueError("gpus: expected a name and an index of each")
        for name in gpu.keys() - {"name"}:
            _require_number(gpu, name, or_none=name != "index")
    return MachineReading(gpus=tuple(GpuReading(**gpu) for gpu in read), **values)


def worker_to_json(reading: WorkerReading) -> dict[str, Any]:
    """A worker's reading as one flat object: `worker`, `host`, and the machine's fields."""
    return {"worker": reading.worker, "host": reading.host, **to_json(reading.machine)}


def worker_from_json(record: object) -> WorkerReading:
    """Read back what `worker_to_json` returned.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(record, dict):
        raise ValueError(f"received {record!r:.80}, expected an object")  # noqa: TRY004 - from a file
    worker, host = record.get("worker"), record.get("host")
    if type(worker) is not int or worker < 0 or not _is_name(host):
        raise ValueError("expected the number of a worker and its host")
    return WorkerReading(worker=worker, host=str(host), machine=from_json(record))


def _fields(record: object, kind: type[MachineReading | GpuReading]) -> dict[str, Any]:
    """The members of an object that a record has; others may be a newer version's."""
    if not isinstance(record, dict):
        raise ValueError(f"received {record!r:.80}, expected an object")  # noqa: TRY004 - from a file
    names = [field.name for field in fields(kind)]
    return {name: record[name] for name in names if name in record}


def _require_number(values: Mapping[str, Any], name: str, *, or_none: bool = False) -> None:
    value: Any = values.get(name)
    if value is None and or_none:
        return
    # NaN is in no range.
    if type(value) not in (int, float) or not 0 <= value < _MAX_NUMBER:
        raise ValueError(f"{name}: received {value!r:.80}, expected a number from 0")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT
