"""What a run needs in order to resume from a checkpoint, besides the arrays."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """Where a run stood when a checkpoint was saved.

    The fields are in the order in which the manifest holds them.
    """

    fingerprint: str
    """SHA-256 of the images that the run trains on, in hexadecimal."""

    environment: Mapping[str, Any] = field(default_factory=dict)
    """What the run ran on, in JSON values; see `gan.session.environment`."""

    branch: int = 0
    """How many times the run was rolled back."""

    step: int
    """Steps completed."""

    draw: int
    """Which latents the samples are drawn from: 0 for the run's own, n after n resamples."""

    train_seconds: float
    """Seconds spent in training steps."""

    log_offset: int
    """Bytes of the event log up to this step; a resume cuts the log back to here."""

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values, one entry per field."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> ResumePoint:
        """Read the output of `to_json`, of this version or an earlier one.

        Early checkpoints hold no `branch` and no `environment`; unknown entries are ignored.

        Raises:
            ValueError: A value is missing or malformed; the message names it.
        """
        return cls(
            fingerprint=_text(record, "fingerprint"),
            environment=_mapping(record, "environment"),
            branch=_count(record, "branch", default=0),
            step=_count(record, "step"),
            draw=_count(record, "draw"),
            train_seconds=_seconds(record, "train_seconds"),
            log_offset=_count(record, "log_offset"),
        )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise _malformed(name, value, "a string")
    return value


def _mapping(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name, {})
    if not isinstance(value, dict):
        raise _malformed(name, value, "an object")
    return value


def _count(record: Mapping[str, Any], name: str, *, default: int | None = None) -> int:
    value = record.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _malformed(name, value, "a whole number of at least 0")
    return value


def _seconds(record: Mapping[str, Any], name: str) -> float:
    value = record.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise _malformed(name, value, "a number of at least 0")
    return float(value)


def _malformed(name: str, value: object, expected: str) -> ValueError:
    return ValueError(f"its {name} is {value!r:.100}, expected {expected}")
