"""The tasks of a Slurm step as workers: where each runs, and on which port it can be reached.

Slurm gives each task its number, the nodes and the tasks on each; not the node of another task, so
that is worked out from how tasks are distributed, and checked against this task's own node.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.hints.quoting import brief
from gan.strategy.addresses import MAX_WORKERS, read_addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_PORT: Final = 10_000
_PORTS: Final = 20_000
"""Ports from 10,000: above those of services, below those that Linux gives to clients."""

_PORTS_PER_JOB: Final = 64
"""Jobs on one node have near numbers: a job's own ports begin that far from the next one's."""

_TERM: Final = re.compile(r"[^,\[\]]+(?:\[[0-9,-]+\][^,\[\]]*)*|(?:\[[0-9,-]+\][^,\[\]]*)+")
_RANGES: Final = re.compile(r"\[([0-9,-]+)\]")
_RANGE: Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_TASKS: Final = re.compile(r"(\d{1,6})(?:\(x(\d{1,6})\))?")


def tasks(environ: Mapping[str, str]) -> int:
    """How many tasks the step has in which this process is one; 0 outside of a step."""
    if "SLURM_PROCID" not in environ:
        return 0
    count = environ.get("SLURM_STEP_NUM_TASKS") or environ.get("SLURM_NTASKS") or "0"
    return int(count) if count.isascii() and count.isdecimal() else 0


def job(environ: Mapping[str, str]) -> str:
    """What tells one start of a step from all others: job, step, and how often it was requeued."""
    names = ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT")
    return ".".join(environ.get(name, "0") for name in names)


def workers(environ: Mapping[str, str]) -> tuple[tuple[str, ...], int] | None:
    """The addresses of all tasks of the step, and this task's number.

    Returns:
        `None` outside of a step.

    Raises:
        UsageError: A variable is missing, malformed, or contradicts the others.
    """
    count = tasks(environ)
    if not count:
        return None
    if count > MAX_WORKERS:
        raise UsageError(f"Slurm: received {count:,} tasks, expected at most {MAX_WORKERS:,}.")
    nodes = expand(_value(environ, "SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"))
    each = tasks_per_node(_value(environ, "SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"))
    task = _number(environ, "SLURM_PROCID")
    if len(nodes) != len(each) or sum(each) != count or task >= count:
        raise UsageError(
            f"Slurm: received {len(nodes)} nodes with {sum(each)} tasks and task {task} of "
            f"{count}, expected variables of one step. Start the program with srun, or give "
            "--workers."
        )
    places = _places(each, environ.get("SLURM_DISTRIBUTION", "block"))
    _require_own_place(environ, places[task])
    port = _FIRST_PORT + (
        (_number(environ, "SLURM_JOB_ID") * _PORTS_PER_JOB + _step(environ) * max(each)) % _PORTS
    )
    return read_addresses([f"{nodes[node]}:{port + local}" for node, local in places]), task


def expand(nodes: str) -> list[str]:
    """The names that a list of nodes stands for: `a[01-02,7],b` is a01, a02, a7 and b.

    Raises:
        UsageError: It is malformed, or stands for too many.
    """
    names: list[str] = []
    at = 0
    while at < len(nodes):
        match = _TERM.match(nodes, at)
        if match is None or nodes[match.end() : match.end() + 1] not in ("", ","):
            raise _malformed(nodes)
        names += _expanded(match[0], nodes)
        if len(names) > MAX_WORKERS:
            raise UsageError(f"Slurm: {brief(nodes)} has more than {MAX_WORKERS:,} nodes.")
        at = match.end() + 1
    if not names or nodes.endswith(","):
        raise _malformed(nodes)
    return names


def tasks_per_node(text: str) -> list[int]:
    """How many tasks each node has: `2(x3),1` is 2, 2, 2 and 1.

    Raises:
        UsageError: It is malformed.
    """
    counts: list[int] = []
    for term in text.split(","):
        match = _TASKS.fullmatch(term)
        if match is None or int(match[2] or 1) > MAX_WORKERS:
            raise UsageError(
                f"Slurm: received {brief(text)} as tasks per node, expected a list like 2(x3),1."
            )
        counts += [int(match[1])] * int(match[2] or 1)
    return counts


def _expanded(term: str, nodes: str) -> list[str]:
    """The names of one term: every combination of its ranges, the last one fastest."""
    match = _RANGES.search(term)
    if match is None:
        return [term]
    rest = _expanded(term[match.end() :], nodes) if match.end() < len(term) else [""]
    numbers = [number for one in match[1].split(",") for number in _numbers(one, nodes)]
    return [f"{term[: match.start()]}{number}{tail}" for number in numbers for tail in rest]


def _numbers(text: str, nodes: str) -> list[str]:
    """`08-11` as 08, 09, 10 and 11: as many digits as the first has."""
    match = _RANGE.fullmatch(text)
    if match is None:
        raise _malformed(nodes)
    first, last = match[1], match[2] or match[1]
    if not 0 <= int(last) - int(first) < MAX_WORKERS:
        raise _malformed(nodes)
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _places(each: list[int], distribution: str) -> list[tuple[int, int]]:
    """For each task the number of its node, and its number there."""
    over_nodes = distribution.partition(":")[0].partition(",")[0]
    in_blocks = [(node, local) for node, count in enumerate(each) for local in range(count)]
    if over_nodes in ("block", "*", ""):
        return in_blocks
    if over_nodes == "cyclic":
        return sorted(in_blocks, key=lambda place: (place[1], place[0]))
    raise UsageError(
        f"Slurm: tasks are distributed as {brief(distribution)}, expected block or cyclic. Give "
        "srun --distribution=block."
    )


def _require_own_place(environ: Mapping[str, str], place: tuple[int, int]) -> None:
    """Compare the place that was worked out for this task with what Slurm tells it.

    Raises:
        UsageError: They differ.
    """
    names = ("SLURM_NODEID", "SLURM_LOCALID")
    if not all(name in environ for name in names):
        return
    told = (_number(environ, names[0]), _number(environ, names[1]))
    if told != place:
        raise UsageError(
            f"Slurm: this task is number {told[1]} on node {told[0]}, expected number {place[1]} "
            f"on node {place[0]}. Give srun --distribution=block, or --workers and --worker."
        )


def _value(environ: Mapping[str, str], *names: str) -> str:
    found = next((environ[name] for name in names if environ.get(name)), None)
    if found is None:
        raise UsageError(f"Slurm: {names[0]} is not set. Start the program with srun.")
    return found


def _number(environ: Mapping[str, str], name: str) -> int:
    text = _value(environ, name)
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):  # noqa: PLR2004
        raise UsageError(f"Slurm: received {name}={brief(text)}, expected a whole number.")
    return int(text)


def _step(environ: Mapping[str, str]) -> int:
    return _number(environ, "SLURM_STEP_ID") if environ.get("SLURM_STEP_ID") else 0


def _malformed(nodes: str) -> UsageError:
    return UsageError(f"Slurm: received {brief(nodes)} as nodes, expected a list like a[01-03,7].")
