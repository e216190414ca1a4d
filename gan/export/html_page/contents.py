"""What the page of a run shows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Floats


class Line(NamedTuple):
    """One line of a chart; the arrays have one value for each of the chart's places."""

    name: str
    minimum: Floats
    """Non-finite where no value was finite, as in `maximum` and `mean`."""

    mean: Floats
    maximum: Floats
    broken: Sequence[int]
    """How many values were NaN or infinite."""


class Chart(NamedTuple):
    """Lines over the steps of a run."""

    title: str
    steps: Sequence[int]
    """The first step of each place, ascending."""

    last_step: int
    """The last step of the last place."""

    lines: Sequence[Line]
    ends: tuple[float, float]
    """Where the axis of values begins and ends. Values beyond it are marked at its edge."""

    log_ends: tuple[float, float] | None = None
    """The same, above 0, for a logarithmic axis, which is the one at first; `None` for no such."""


class Frame(NamedTuple):
    """One picture of the film."""

    step: int
    png: bytes


class Mark(NamedTuple):
    """Something that happened at a step."""

    step: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that the page shows. Its texts may come from outside: `filling` makes them safe."""

    title: str
    subtitle: str = ""
    charts: Sequence[Chart] = ()
    film: Sequence[Frame] = ()
    """Ascending by step."""

    marks: Sequence[Mark] = ()
    """Shown on the first chart."""

    summary: Sequence[tuple[str, str]] = ()
    config: Sequence[tuple[str, str]] = ()
    environment: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    """What could not be read, a sentence each."""
