"""What a worker says of itself when it comes, and whether it fits the run of the first one.

Pure: messages in, an error that names the worker and the difference out.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.errors import CompilationError, DataError, UsageError, WorkersError
from gan.hints.quoting import brief
from gan.options import option_name
from gan.strategy.device_list import require_even_split
from gan.strategy.wire import WireError, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gan.strategy.cluster import Cluster
    from gan.strategy.wire import Message

OWN: Final = frozenset({"device", "gpu_memory", "threads", "strategy", "data", "keep"})
"""Options that a worker may have of its own. Its images are compared once they are loaded."""

_SHOWN: Final = 3
"""Differences that an error names."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a worker."""

    token: str
    """As `token_of` makes it: a process of another run has another one."""

    worker: int
    versions: dict[str, str | None]
    """The version of each package that computes."""

    options: dict[str, Any]
    """The options of the run that it was given, and no defaults."""

    def to_message(self) -> Message:
        """The message."""
        return {"kind": "hello", **asdict(self)}

    @classmethod
    def of(cls, message: Message) -> Hello:
        """Read the message.

        Raises:
            WireError: It is another one, or malformed.
        """
        if message["kind"] != "hello":
            raise WireError(f"received a message {brief(message['kind'])}, expected a hello")
        return cls(
            token=field(message, "token", str),
            worker=field(message, "worker", int),
            versions=field(message, "versions", dict),
            options=field(message, "options", dict),
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What a worker has found once its images are loaded and its devices picked."""

    fingerprint: str
    """SHA-256 of its images, in hexadecimal."""

    data: str
    """The name of its images."""

    replicas: int
    """Devices of this process."""

    device: str
    """Their name."""

    precision: str
    """How factors of matrix products are rounded there."""

    def to_message(self) -> Message:
        """The message."""
        return {"kind": "facts", **asdict(self)}

    @classmethod
    def of(cls, message: Message) -> Facts:
        """Read the message.

        Raises:
            WireError: It is malformed.
        """
        return cls(
            fingerprint=field(message, "fingerprint", str),
            data=field(message, "data", str),
            replicas=field(message, "replicas", int),
            device=field(message, "device", str),
            precision=field(message, "precision", str),
        )


def token_of(cluster: Cluster) -> str:
    """What the processes of one run know and others don't: their addresses, and Slurm's job."""
    text = "\n".join([*cluster.workers, cluster.job])
    return hashlib.sha256(text.encode()).hexdigest()


def require_same_versions(
    name: str, versions: Mapping[str, object], expected: Mapping[str, object]
) -> None:
    """Refuse a worker that computes with other versions than the first.

    Raises:
        WorkersError: It does.
    """
    different = [
        f"{package} {_in_words(versions.get(package))}, worker 0 has {_in_words(version)}"
        for package, version in expected.items()
        if versions.get(package) != version
    ]
    if different:
        raise WorkersError(
            f"{name} has {'; '.join(different[:_SHOWN])}. Install the same versions on all workers."
        )


def _in_words(value: object) -> str:
    """A version, or an option's value, that may not be there."""
    return "none" if value is None else brief(value).strip("'")


def require_same_options(
    name: str, given: Mapping[str, object], config: Mapping[str, object]
) -> None:
    """Refuse a worker that was given other options than the first one's run has.

    What it was not given it takes from the first.

    Args:
        name: The worker's.
        given: Its options, by field of the configuration.
        config: The run's whole configuration.

    Raises:
        UsageError: They differ.
    """
    different = [
        f"{option_name(option)} {_in_words(value)} (worker 0 has {_in_words(config.get(option))})"
        for option, value in given.items()
        if option not in OWN and value != config.get(option)
    ]
    if different:
        raise UsageError(
            f"{name} was given {', '.join(different[:_SHOWN])}. Give all workers the same options, "
            "or --strategy one for runs of their own."
        )


def require_agreement(
    facts: Mapping[int, Facts], name: Callable[[int], str], batch_size: int
) -> int:
    """See to it that all workers have the same images, and as many devices.

    Args:
        facts: What each worker has found, the first one's included.
        name: A worker as messages name it.
        batch_size: Images in a step.

    Returns:
        How many replicas all of them have together.

    Raises:
        DataError: One has other images.
        UsageError: One has another number of devices or another precision, or the batch can't be
            split evenly.
    """
    first = facts[0]
    for worker, found in sorted(facts.items()):
        who = name(worker)
        if found.fingerprint != first.fingerprint:
            raise DataError(
                f"--data: {who} has other images ({found.data}, SHA-256 {found.fingerprint[:12]}) "
                f"than worker 0 ({first.data}, {first.fingerprint[:12]}). Give all the same."
            )
        if found.replicas != first.replicas:
            raise UsageError(
                f"--device: {who} has {found.replicas} ({found.device}), and worker 0 has "
                f"{first.replicas} ({first.device}). Give each worker as many devices."
            )
        if found.precision != first.precision:
            raise UsageError(
                f"--precision auto comes to {found.precision} on {who} and to {first.precision} on "
                "worker 0. Give --precision."
            )
    replicas = first.replicas * len(facts)
    require_even_split(batch_size, replicas)
    return replicas


def require_same_compiler(jit_compiled: Mapping[int, bool], name: Callable[[int], str]) -> None:
    """See to it that XLA compiles for all workers, or for none.

    Without it others draw the random numbers, and replicas would not train on one batch.

    Args:
        jit_compiled: Whether it does for each worker, the first one included.
        name: A worker as messages name it.

    Raises:
        CompilationError: It does for some.
    """
    without = [name(worker) for worker, compiled in sorted(jit_compiled.items()) if not compiled]
    if without and len(without) < len(jit_compiled):
        raise CompilationError(
            f"XLA can't compile the step on {' and '.join(without)}, and the other workers have "
            "compiled it. Leave those out, or mend what the warning there says."
        )
