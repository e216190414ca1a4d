"""What a run is: one frozen record, validated at the edge and trusted from there on.

The record is flat and its fields are the long options of the command line, so that an option, a
TOML key and an entry of `config.json` are one word.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gan.cadence import Cadence
from gan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRESETS: Final = ("mlp", "tutorial")
"""The networks that can be asked for; the first is the default."""

PRECISIONS: Final = ("float32", "tf32", "bfloat16")
"""How the factors of a matrix product may be rounded; the first is the default."""

DEFAULT_EPOCHS: Final = 100

_FORMER_PRESETS: Final = {"seed": "tutorial"}
"""What a preset was called in runs that older versions left on disk."""

_ADAM: Final = {"mlp": (2e-4, 0.5), "tutorial": (1e-4, 0.9)}
"""Each preset's learning rate and beta_1."""

_MATHEMATICS: Final = {"mathematics": True}
"""Metadata of a field that decides the numbers a run computes: fixed for a run's whole life."""

_MAX_BATCH: Final = 65_536
_MAX_LATENT: Final = 65_536
_MAX_SEED: Final = 2**31 - 1
_MAX_THREADS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The resolved configuration of a run. Make one with `resolve`."""

    data: str = "auto"
    """Where the images come from: a name, or the absolute path of a file or folder.

    A resumed run may find them elsewhere; that they are the same is told by their fingerprint.
    """

    preset: str = field(default="mlp", metadata=_MATHEMATICS)
    """Which pair of networks, one of `PRESETS`."""

    epochs: int | None = DEFAULT_EPOCHS
    """Total passes over the data; none where `steps` alone decides."""

    steps: int | None = None
    """Total steps; none where `epochs` alone decides. With both, the smaller total wins."""

    batch_size: int = field(default=256, metadata=_MATHEMATICS)
    """Images in one step."""

    latent_dim: int = field(default=100, metadata=_MATHEMATICS)
    """Length of a latent vector."""

    learning_rate: float = field(default=2e-4, metadata=_MATHEMATICS)
    """Adam's step size, for both networks."""

    beta_1: float = field(default=0.5, metadata=_MATHEMATICS)
    """Adam's decay of the first moment, for both networks."""

    precision: str = field(default="float32", metadata=_MATHEMATICS)
    """How the factors of matrix products are rounded while training, one of `PRECISIONS`."""

    seed: int = field(default=0, metadata=_MATHEMATICS)
    """Every random draw of the run is keyed by this."""

    sample_every: str = "1ep"
    """When a grid of samples is written to disk (see `gan.cadence`)."""

    checkpoint_every: str = "60s"
    """When a checkpoint is written (see `gan.cadence`); one is always written at the end."""

    keep: int = 3
    """How many checkpoints stay on disk; older ones are removed after a newer one is verified."""

    device: str = "auto"
    """`auto`, `cpu`, `gpu`, or `gpu:N`."""

    threads: int | None = None
    """Threads for one operation; none leaves it to TensorFlow."""

    @classmethod
    def resolve(cls, options: Mapping[str, Any]) -> RunConfig:
        """Make a configuration from the options that were given; the rest take their defaults.

        Args:
            options: Field names to values. A learning rate or beta_1 that is not given is the
                preset's; epochs are 100 unless steps or epochs are given.

        Raises:
            UsageError: An unknown option, or a value outside its range; the message names it.
        """
        _require_known(options)
        values = dict(options)
        preset = _present_name(values.setdefault("preset", PRESETS[0]))
        values["preset"] = preset
        learning_rate, beta_1 = _ADAM.get(str(preset), _ADAM[PRESETS[0]])
        values.setdefault("learning_rate", learning_rate)
        values.setdefault("beta_1", beta_1)
        if values.get("steps") is not None:
            values.setdefault("epochs", None)
        config = cls(**values)
        _validate(config)
        return config

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RunConfig:
        """Read back what `to_json` made, validating every field anew.

        Raises:
            UsageError: As `resolve`.
        """
        return cls.resolve(values)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain JSON values, one entry a field."""
        return dataclasses.asdict(self)

    def with_options(self, options: Mapping[str, Any]) -> RunConfig:
        """This configuration for a resumed run, with options given again on top.

        Raises:
            UsageError: An option would change the mathematics of the run, or is out of range.
        """
        _require_known(options)
        fixed = [f.name for f in dataclasses.fields(self) if f.metadata.get("mathematics")]
        changed = [n for n in fixed if n in options and options[n] != getattr(self, n)]
        if changed:
            wanted = ", ".join(
                f"{option_name(n)} {options[n]} (the run has {getattr(self, n)})" for n in changed
            )
            msg = f"a resumed run keeps its mathematics; cannot change {wanted}."
            raise UsageError(msg)
        values = {**self.to_json(), **options}
        if options.get("steps") is not None and "epochs" not in options:
            values["epochs"] = None
        if options.get("epochs") is not None and "steps" not in options:
            values["steps"] = None
        return RunConfig.resolve(values)

    def total_steps(self, steps_per_epoch: int) -> int:
        """Where the run ends, in steps, given the steps in one epoch."""
        totals = [] if self.epochs is None else [self.epochs * steps_per_epoch]
        totals += [] if self.steps is None else [self.steps]
        return min(totals)


def _present_name(preset: Any) -> Any:
    """The name that a preset has now."""
    return _FORMER_PRESETS.get(preset, preset) if isinstance(preset, str) else preset


def option_name(field_name: str) -> str:
    """The command-line option of a field: `batch_size` is `--batch-size`."""
    return "--" + field_name.replace("_", "-")


def _require_known(options: Mapping[str, Any]) -> None:
    known = {f.name for f in dataclasses.fields(RunConfig)}
    unknown = sorted(set(options) - known)
    if unknown:
        msg = f"unknown option {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
        raise UsageError(msg)


def _validate(config: RunConfig) -> None:
    _require(isinstance(config.data, str) and bool(config.data), "data", config.data, "a source")
    _require(config.preset in PRESETS, "preset", config.preset, _or(PRESETS))
    _require(config.precision in PRECISIONS, "precision", config.precision, _or(PRECISIONS))
    if config.epochs is None and config.steps is None:
        msg = "neither --epochs nor --steps is set: a run needs an end."
        raise UsageError(msg)
    if config.epochs is not None:
        _require_int(config, "epochs", 1, 10**9)
    if config.steps is not None:
        _require_int(config, "steps", 1, 10**12)
    _require_int(config, "batch_size", 1, _MAX_BATCH)
    _require_int(config, "latent_dim", 1, _MAX_LATENT)
    _require_int(config, "seed", 0, _MAX_SEED)
    _require_int(config, "keep", 1, 10**6)
    if config.threads is not None:
        _require_int(config, "threads", 1, _MAX_THREADS)
    _require_float(config, "learning_rate", low=0.0, high=10.0, low_open=True)
    _require_float(config, "beta_1", low=0.0, high=1.0, low_open=False)
    _require_cadence(config, "sample_every")
    _require_cadence(config, "checkpoint_every")
    _require(_is_device(config.device), "device", config.device, "auto, cpu, gpu or gpu:N")


def _or(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]])


def _require(holds: bool, name: str, received: object, expected: str) -> None:
    if not holds:
        msg = f"{option_name(name)}: received {received!r}, expected {expected}."
        raise UsageError(msg)


def _require_int(config: RunConfig, name: str, low: int, high: int) -> None:
    value = getattr(config, name)
    holds = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    _require(holds, name, value, f"a whole number from {low} to {high}")


def _require_float(
    config: RunConfig, name: str, *, low: float, high: float, low_open: bool
) -> None:
    value = getattr(config, name)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    holds = is_number and low <= value < high
    holds = holds and not (low_open and value == low)
    bounds = f"above {low:g}" if low_open else f"from {low:g}"
    _require(holds, name, value, f"a number {bounds} and below {high:g}")


def _require_cadence(config: RunConfig, name: str) -> None:
    value = getattr(config, name)
    _require(isinstance(value, str), name, value, "an interval such as 500, 2ep, 30s, 5m or off")
    try:
        Cadence.parse(value)
    except UsageError as error:
        msg = f"{option_name(name)}: {error}"
        raise UsageError(msg) from None


def _is_device(text: object) -> bool:
    if not isinstance(text, str):
        return False
    kind, colon, index = text.partition(":")
    if not colon:
        return kind in ("auto", "cpu", "gpu")
    return kind == "gpu" and index.isascii() and index.isdecimal()
