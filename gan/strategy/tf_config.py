"""`TF_CONFIG`, in which launchers name the workers of a run and which of them a process is."""

from __future__ import annotations

import json
from typing import Any, Final

from gan.errors import UsageError
from gan.hints.quoting import brief
from gan.strategy.addresses import read_addresses

NAME: Final = "TF_CONFIG"

_KINDS: Final = ("chief", "worker")
"""The kinds of tasks that train, in the order in which they are numbered."""

_EXAMPLE: Final = (
    '{"cluster": {"worker": ["gpu1:4000", "gpu2:4000"]}, "task": {"type": "worker", "index": 0}}'
)


def read(text: str) -> tuple[tuple[str, ...], int] | None:
    """The addresses of all workers, a chief first, and this process's place among them.

    Args:
        text: The variable's value.

    Returns:
        `None` if it is empty, or names no cluster.

    Raises:
        UsageError: It is malformed, or has tasks that this program doesn't know.
    """
    if not text.strip():
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{NAME} is no JSON ({error}): received {brief(text)}, expected {_EXAMPLE}."
        ) from None
    if value == {}:
        return None
    cluster, task = _member(value, "cluster"), _member(value, "task")
    if unknown := sorted(set(cluster) - set(_KINDS)):
        raise UsageError(
            f"{NAME}: received a task of type {brief(unknown[0])}, expected only chief and worker. "
            "This program has no evaluators and no parameter servers."
        )
    tasks = [(kind, index) for kind in _KINDS for index in range(len(_list(cluster, kind)))]
    kind, index = task.get("type"), task.get("index")
    place = next((n for n, known in enumerate(tasks) if known == (kind, index)), None)
    if isinstance(index, bool) or place is None:
        raise UsageError(
            f"{NAME}: received the task {brief(task)}, which is none of the cluster's. Expected "
            f"a value such as {_EXAMPLE}."
        )
    try:
        addresses = read_addresses([word for kind in _KINDS for word in _list(cluster, kind)])
    except UsageError as error:
        raise UsageError(f"{NAME}: {error}") from None
    return addresses, place


def _member(value: object, name: str) -> dict[str, Any]:
    member = value.get(name) if isinstance(value, dict) else None
    if not isinstance(member, dict):
        raise UsageError(f"{NAME}: received no object {name!r}, expected a value as {_EXAMPLE}.")
    return member


def _list(cluster: dict[str, Any], kind: str) -> list[str]:
    words = cluster.get(kind, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise UsageError(
            f"{NAME}: received {brief(words)} for {kind!r}, expected a list of addresses."
        )
    return words
