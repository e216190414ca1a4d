"""Several runs side by side: what differs between them, their figures, and repeats by seed.

Pure: it reads no file. `gan.run.run_reader` reads a run, and front ends fold its events.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.options import option_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gan.events import Event

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_NOT_RECORDED: Final = "not recorded"
_SEED: Final = "seed"

_WITHOUT_EFFECT: Final = ("sample_every", "checkpoint_every", "keep")
"""Options that change neither what a run computes nor a figure that is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a run's `config.json` says, as far as this version can read it."""

    name: str
    """The directory's name."""

    path: str
    """The directory's absolute path."""

    config: Mapping[str, Any]
    """The configuration by field, with fields that this version doesn't know as they are."""

    environment: Mapping[str, Any]
    """Versions, device and threads."""

    troubles: tuple[str, ...] = ()
    """What could not be read, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look at a run's files found."""

    events: Sequence[Event] = ()
    """What the log has gained since the look before."""

    restarted: bool = False
    """Whether the log was replaced or cut, so that `events` are its first again."""

    state: str = ""
    """What the run is doing, or how it ended, in a few words."""

    is_live: bool = False
    """Whether its process runs, as far as is known."""

    share: float = 0.0
    """How much of the log has been read, from 0 to 1."""

    troubles: tuple[str, ...] = ()
    """What could not be read at this look, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting that is not the same in all runs."""

    name: str
    """The option, or `environment.` and the entry of the environment."""

    values: tuple[Any, ...]
    """JSON values in the order of the runs; `Ellipsis` for a run that recorded none."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The values for a person."""
        return tuple(map(_in_words, self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one run; those that are not known are NaN or `None`."""

    step: int = 0
    total_steps: int = 0
    d_loss: float = math.nan
    """Mean of the last `AVERAGED` finite losses."""

    g_loss: float = math.nan
    """As `d_loss`."""

    fd: float = math.nan
    """Frechet distance of the newest evaluation."""

    fd_step: int | None = None
    best_fd: float = math.nan
    best_fd_step: int | None = None
    images_per_second: float = math.nan
    """Real images per second of training, over the whole run."""

    train_seconds: float = math.nan
    """Seconds of training; NaN before the first step."""


AVERAGED: Final = 100
"""Steps over which the last losses are averaged."""

AVERAGED_FIGURES: Final = (
    *("d_loss", "g_loss", "fd", "best_fd", "images_per_second", "train_seconds"),
)
"""The figures that have a mean over runs which differ by seed alone."""

OF_QUALITY: Final = ("fd", "best_fd")
"""Those of them that need comparable evaluations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a Frechet distance was measured with; only distances of one basis can be compared."""

    features: str
    """The network whose features were compared."""

    images: int
    """Generated images."""

    fingerprint: str
    """SHA-256 of the real images' pixels; empty if the log doesn't say."""

    data: str
    """The data's short name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over several runs."""

    mean: float
    """NaN without a finite value."""

    deviation: float
    """The sample standard deviation (n - 1); NaN with fewer than two finite values."""

    count: int
    """Finite values."""


def mark_of(place: int) -> str:
    """What stands for a run where there is no room for its name: a letter, then numbers from 27."""
    return _LETTERS[place] if place < len(_LETTERS) else str(place + 1)


def differences(runs: Sequence[Description]) -> tuple[Difference, ...]:
    """The settings that differ, in the order of the configuration, then those of the environment.

    A run whose `config.json` can't be read is left out of the question whether a setting differs.
    The environment has some options again, as they came out: only if that differs in another way.
    """
    known = [bool(run.config) for run in runs]
    options = tuple(_differing([run.config for run in runs], known, _option))
    said = {(f"environment.{one.name}", _key(one.texts)) for one in options}
    found = _differing([run.environment for run in runs], known, "environment.{}".format)
    return (*options, *(one for one in found if (one.name, _key(one.texts)) not in said))


def _option(name: str) -> str:
    return option_name(name).removeprefix("--")


def _differing(
    records: Sequence[Mapping[str, Any]], known: Sequence[bool], name: Callable[[str], str]
) -> Iterator[Difference]:
    keys = dict.fromkeys(key for record in records for key in record)
    for key in keys:
        values = tuple(record.get(key, ...) for record in records)
        read = [value for value, is_known in zip(values, known, strict=True) if is_known]
        if any(_key(value) != _key(read[0]) for value in read):
            yield Difference(name=name(key), values=values)


def seed_groups(runs: Sequence[Description]) -> tuple[tuple[int, ...], ...]:
    """The places of runs that differ by seed alone, two or more in a group.

    The device counts, and every option that changes what a run computes or measures. Of runs with
    one seed only the first is in a group.
    """
    groups: dict[str, dict[str, int]] = {}
    for place, run in enumerate(runs):
        if _SEED not in run.config:
            continue
        ignored = (_SEED, *_WITHOUT_EFFECT)
        rest = {name: value for name, value in run.config.items() if name not in ignored}
        alike = groups.setdefault(_key([rest, run.environment.get("device")]), {})
        alike.setdefault(_key(run.config[_SEED]), place)
    return tuple(tuple(alike.values()) for alike in groups.values() if len(alike) > 1)


def spread(values: Iterable[float]) -> Spread:
    """Mean and sample standard deviation of the finite values."""
    finite = [value for value in values if math.isfinite(value)]
    count = len(finite)
    mean = sum(finite) / count if count else math.nan
    # Products and sums become infinite where powers and `math.fsum` raise.
    squares = sum((value - mean) * (value - mean) for value in finite)
    deviation = math.sqrt(squares / (count - 1)) if count > 1 else math.nan
    return Spread(mean=mean, deviation=deviation, count=count)


def spreads(runs: Sequence[Figures], bases: Sequence[Basis | None]) -> dict[str, Spread]:
    """Each averaged figure over runs, without those that can't be compared between them."""
    names = [n for n in AVERAGED_FIGURES if n not in OF_QUALITY or are_comparable(bases)]
    return {name: spread(getattr(run, name) for run in runs) for name in names}


def are_comparable(bases: Iterable[Basis | None]) -> bool:
    """Whether the Frechet distances of all runs that have one can be compared."""
    known = [basis for basis in bases if basis is not None]
    same = {(basis.features, basis.images) for basis in known}
    # A log whose first lines are damaged names no data: nothing says that they differ.
    data = {basis.fingerprint for basis in known if basis.fingerprint}
    return len(same) <= 1 and len(data) <= 1


def basis_words(basis: Basis) -> str:
    """What a distance was measured with, for a person."""
    data = f" of {basis.data}" if basis.data else ""
    sha = f" ({basis.fingerprint[:8]})" if basis.fingerprint else ""
    return f"{basis.features}, {basis.images:,} images{data}{sha}"


def cautions(runs: Sequence[Description], bases: Sequence[Basis | None]) -> tuple[str, ...]:
    """What a reader must know before comparing the figures, a sentence each."""
    found = []
    if not are_comparable(bases):
        of = "; ".join(
            f"{mark_of(place)} by {basis_words(basis)}"
            for place, basis in enumerate(bases)
            if basis is not None
        )
        found.append(f"FD can't be compared between these runs: {of}.")
    if len(kinds := _values(runs, "loss")) > 1:
        found.append(f"losses and scores of different kinds can't be compared: {_listed(kinds)}.")
    if len(sizes := _values(runs, "batch_size")) > 1:
        found.append(f"a step is not the same number of images: batch sizes {_listed(sizes)}.")
    return tuple(found)


def _values(runs: Sequence[Description], name: str) -> list[str]:
    """The different values of a field, in the order in which they appear."""
    return list(dict.fromkeys(_in_words(run.config[name]) for run in runs if name in run.config))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts)


def _in_words(value: Any) -> str:
    if value is ...:
        return _NOT_RECORDED
    if value is None:
        return "not set"
    return value if isinstance(value, str) else json.dumps(value)


def _key(value: Any) -> str:
    """Equal for equal JSON values; 1, 1.0 and True are three different ones."""
    return _NOT_RECORDED if value is ... else json.dumps(value, sort_keys=True)
