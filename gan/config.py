"""The configuration of a run: one frozen record, validated when it is made.

Each field is an option of the command line, a TOML key and an entry of `config.json`, all of one
name. The values a field accepts, its default and its help are defined with the field.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan.data.reading_options import AUTO_INVERT, INVERSIONS, KEEP
from gan.data.sources import AUTO, DATA_NAMES, SOURCE
from gan.errors import UsageError
from gan.hints import aliases
from gan.hints.nearest import hint, nearest
from gan.hints.quoting import brief
from gan.models.presets import (
    DEFAULT_PRESET,
    FORMER_NAMES,
    LOSSES,
    NAMES_BEFORE_RECIPES,
    PRESETS,
    Recipe,
)
from gan.options import (
    OptionError,
    Values,
    either,
    interval,
    number,
    one_of,
    option,
    option_name,
    options_of,
    size,
    whole_number,
)
from gan.strategy.cluster import STRATEGIES
from gan.strategy.device_list import SEVERAL, is_device, meant_device

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRECISIONS: Final = ("float32", "tf32", "bfloat16")
"""How the factors of a matrix product may be rounded."""

GLOBAL_STATISTICS: Final = "global"
BATCH_STATISTICS: Final = (GLOBAL_STATISTICS, "replica")
"""Which images of a step are normalised together: all, or those of one replica."""

AUTO_EVALUATION: Final = "auto"
"""The value of `evaluate_every` that lets the cost of evaluations decide."""

AUTO_PRECISION: Final = "auto"
"""The precision that a run's device decides when it begins; see `gan.training.device`."""

_DEFAULTS: Final = PRESETS[DEFAULT_PRESET].recipe
_BY_PRESET: Final = "the preset's"


def _of_recipe(name: str, metavar: str, values: Values, **described: Any) -> Any:
    """An option of the preset's recipe, which gives its default and decides what is computed."""
    return option(
        getattr(_DEFAULTS, name),
        metavar,
        values,
        group="training",
        default_text=_BY_PRESET,
        fixed=True,
        **described,
    )


_LEARNING_RATE: Final = number(
    "a number above 0 and below 10",
    lambda rate: 0 < rate < 10,  # noqa: PLR2004
)

_LEAST_GPU_MEMORY: Final = 256 * 10**6
"""Bytes below which CUDA's own libraries leave nothing for a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The resolved configuration of a run. Make one with `resolve`."""

    data: str = option(
        AUTO,
        "SOURCE",
        SOURCE,
        group="training",
        help="the images (a resumed run takes only its own, from anywhere)",
        lists_values=True,
    )
    """Where the images come from: a name, or the absolute path of a file or folder.

    A resumed run may read the same ones from elsewhere: another of the named sets is refused at
    once, and other images by their fingerprint once they are loaded.
    """

    exact_size: bool = option(
        False,
        group="training",
        help="refuse images that are not 28 x 28, rather than fit them",
        fixed=True,
    )
    """Whether images of another size are refused; otherwise they are fitted into 28 x 28."""

    strict: bool = option(
        False,
        group="training",
        help="refuse a picture that can't be decoded, rather than pass over a few",
        fixed=True,
    )
    """Whether one picture that can't be decoded is an error."""

    invert: str = option(
        AUTO_INVERT,
        "WHEN",
        one_of(INVERSIONS),
        group="training",
        help="swap black and white, for digits that are black on white; auto looks at borders",
        lists_values=True,
        fixed=True,
    )
    """Whether black and white are swapped: one of `INVERSIONS`."""

    preset: str = option(
        DEFAULT_PRESET,
        "NAME",
        one_of(PRESETS),
        group="training",
        help="the networks: " + either([f"{n} ({p.summary})" for n, p in PRESETS.items()]),
        fixed=True,
    )
    """Which pair of networks, a key of `PRESETS`."""

    epochs: int | None = option(
        _DEFAULTS.epochs,
        "N",
        whole_number(1, 10**9),
        group="training",
        help="total epochs",
        default_text=_BY_PRESET,
        nullable=True,
    )
    """Total passes over the data; `None` if `steps` alone sets the length."""

    steps: int | None = option(
        None,
        "N",
        whole_number(1, 10**12),
        group="training",
        help="total steps, in place of epochs",
        nullable=True,
    )
    """Total steps; `None` if `epochs` alone sets the length. With both, the smaller total wins."""

    batch_size: int = _of_recipe(
        "batch_size",
        "N",
        whole_number(1, 65_536),
        help="images in a step",
    )
    """Real images in a step, and as many fake ones."""

    latent_dim: int = _of_recipe(
        "latent_dim",
        "N",
        whole_number(1, 65_536),
        help="length of a latent vector",
    )
    """Length of a latent vector, the generator's input."""

    learning_rate: float = _of_recipe(
        "learning_rate",
        "X",
        _LEARNING_RATE,
        help="Adam's step size",
    )
    """Adam's step size, for both networks."""

    beta_1: float = _of_recipe(
        "beta_1",
        "X",
        number("a number from 0 and below 1", lambda decay: 0 <= decay < 1),
        help="Adam's decay of the first moment",
    )
    """Adam's decay of the first moment, for both networks."""

    horizon: int = _of_recipe(
        "horizon",
        "N",
        whole_number(0, 10**9),
        help="epoch by which the step sizes have fallen to a hundredth; 0 keeps them constant",
    )
    """Epochs over which the learning rates fall, whatever the run's length; 0 for constant rates.

    See `gan.training.schedule`.
    """

    loss: str = _of_recipe(
        "loss",
        "NAME",
        one_of(LOSSES, aliases.LOSSES),
        help="what the networks minimise",
        lists_values=True,
    )
    """What both networks minimise, a key of `LOSSES`."""

    gradient_penalty: float = _of_recipe(
        "gradient_penalty",
        "GAMMA",
        number("a number from 0 to 1000", lambda gamma: 0 <= gamma <= 1000),  # noqa: PLR2004
        help="weight of the discriminator's gradient penalties R1 and R2; 0 for none",
    )
    """The weight of R1 and R2; see `gan.models.regularisers.GradientPenalty`."""

    max_shift: int = _of_recipe(
        "max_shift",
        "PIXELS",
        whole_number(0, 8),
        help="shift images by up to this many pixels before the discriminator; 0 for none",
    )
    """The greatest random shift of an image before the discriminator, in pixels."""

    shift_share: float = _of_recipe(
        "shift_share",
        "SHARE",
        number("a number from 0 to 1", lambda share: 0 <= share <= 1),
        help="share of the images that are shifted at first; it rises to 1 as step sizes fall",
    )
    """The share of the images that are shifted at first; see `gan.training.schedule.RisingShare`.
    """

    ema_half_life: int = _of_recipe(
        "ema_half_life",
        "IMAGES",
        whole_number(0, 10**9),
        help="half-life of the averaged generator that samples come from; 0 for none",
    )
    """Half-life of the moving average of the generator's weights, in images; 0 for none."""

    precision: str = _of_recipe(
        "precision",
        "NAME",
        one_of((AUTO_PRECISION, *PRECISIONS), aliases.PRECISIONS),
        help="rounding of the factors of matrix products",
        lists_values=True,
    )
    """How the factors of matrix products are rounded in training: one of `PRECISIONS`, or
    `AUTO_PRECISION` until the run has its device."""

    batch_statistics: str = option(
        GLOBAL_STATISTICS,
        "OF",
        one_of(BATCH_STATISTICS),
        group="training",
        help="what several devices normalise batches by: the whole batch, as one device does, or "
        "each its own part, which is faster",
        lists_values=True,
        fixed=True,
    )
    """What batch normalisation computes its statistics of if several replicas share a batch: one of
    `BATCH_STATISTICS`. On one device both are the same."""

    seed: int = option(
        0, "N", whole_number(0, 2**31 - 1), group="training", help="random seed", fixed=True
    )
    """The random seed: every random draw of the run is keyed by it."""

    sample_every: str = option(
        "1ep",
        "WHEN",
        interval(),
        group="run",
        help="how often a grid of samples is saved",
        lists_values=True,
    )
    """When a grid of samples is written to disk (see `gan.cadence`)."""

    checkpoint_every: str = option(
        "60s",
        "WHEN",
        interval(),
        group="run",
        help="how often a checkpoint is saved, besides the one at the end",
        lists_values=True,
    )
    """When a checkpoint is written (see `gan.cadence`); one is always written at the end."""

    evaluate_every: str = option(
        AUTO_EVALUATION,
        "WHEN",
        interval(AUTO_EVALUATION),
        group="run",
        help="how often the quality of generated images is measured; auto takes 1 % of the "
        "training time",
        lists_values=True,
    )
    """When generated images are compared with real ones (see `gan.cadence`); also at the end of a
    complete run, unless it is `off`. See `gan.training.evaluator` for `auto`."""

    keep: int = option(
        3,
        "N",
        whole_number(1, 10**6),
        group="run",
        help="checkpoints that stay on disk, besides those you asked for",
    )
    """How many checkpoints stay on disk; older ones are removed after a newer one is verified."""

    device: str = option(
        "auto",
        "NAME",
        Values(SEVERAL, is_device, meant=meant_device),
        group="machine",
        help="what to train on",
        lists_values=True,
    )
    """`auto`, `cpu`, `gpu`, `gpu:N`, or several; see `gan.strategy.device_list`."""

    strategy: str = option(
        "auto",
        "NAME",
        one_of(STRATEGIES, aliases.STRATEGIES),
        group="machine",
        help="how a batch is spread: auto (all GPUs of this process, or the one device there is), "
        "one device, mirrored over several of this process, multiworker over several processes",
    )
    """How steps are spread over devices and processes: one of `STRATEGIES`."""

    gpu_memory: str | None = option(
        None,
        "SIZE",
        size(_LEAST_GPU_MEMORY),
        group="machine",
        help="memory to take of the GPU at once, and no more",
        default_text="what is needed",
        nullable=True,
    )
    """The memory that the run takes of its GPU; `None` takes what is needed, as it is needed."""

    threads: int | None = option(
        None,
        "N",
        whole_number(1, 1024),
        group="machine",
        help="threads for one operation",
        default_text="TensorFlow's",
        nullable=True,
    )
    """Threads for one operation; `None` leaves it to TensorFlow."""

    @classmethod
    def resolve(cls, options: Mapping[str, Any]) -> RunConfig:
        """Make a configuration from the options that were given; the rest take their defaults.

        Args:
            options: Field names to values. The preset's recipe gives the defaults of its fields;
                `epochs` is `None` by default if `steps` is given.

        Raises:
            UsageError: An unknown option, or a value outside its range; the message names it.
        """
        _require_known(options)
        given = {"preset": DEFAULT_PRESET, **with_current_names(options)}
        name = given["preset"]
        # A preset that doesn't exist is refused with the other values.
        preset = PRESETS[name if isinstance(name, str) and name in PRESETS else DEFAULT_PRESET]
        defaults = dataclasses.asdict(preset.recipe)
        if given.get("steps") is not None:
            defaults["epochs"] = None
        config = cls(**{**defaults, **given})
        _validate(config)
        return config

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain JSON values, one for each field; `resolve` reads it back."""
        return dataclasses.asdict(self)

    def with_options(self, options: Mapping[str, Any]) -> RunConfig:
        """This configuration for a resumed run, with new options on top.

        Raises:
            UsageError: An option would change what the run computes, or is out of range.
        """
        _require_known(options)
        options = with_current_names(options)
        if options.get("precision") == AUTO_PRECISION:
            options["precision"] = self.precision
        if options.get("data") == AUTO:
            options["data"] = self.data
        fixed = [name for name, described in _OPTIONS.items() if described.fixed]
        if {self.data, options.get("data")} <= set(DATA_NAMES) - {AUTO}:
            # By their names alone. What is at a path is known once it is loaded.
            fixed.append("data")
        changed = [n for n in fixed if n in options and options[n] != getattr(self, n)]
        if changed:
            wanted = ", ".join(
                f"{option_name(n)} {options[n]} (the run has {getattr(self, n)})" for n in changed
            )
            raise UsageError(f"can't change what a resumed run computes: {wanted}.")
        values = {**self.to_json(), **options}
        if options.get("steps") is not None and "epochs" not in options:
            values["epochs"] = None
        if options.get("epochs") is not None and "steps" not in options:
            values["steps"] = None
        return RunConfig.resolve(values)

    def total_steps(self, steps_per_epoch: int) -> int:
        """The length of the run in steps, given the steps in one epoch."""
        totals = [] if self.epochs is None else [self.epochs * steps_per_epoch]
        totals += [] if self.steps is None else [self.steps]
        return min(totals)


_OPTIONS: Final = options_of(RunConfig)
_NAME_LIMIT: Final = 40
_NAMES_SHOWN: Final = 3


RECIPE: Final = frozenset(field.name for field in dataclasses.fields(Recipe))
"""The options whose defaults are the preset's."""


_BEFORE: Final = {"invert": KEEP, "shift_share": 1.0}
"""What runs did before there was an option for it, where that is no longer the default."""


def recorded(schema_version: object, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a run as it was recorded, in today's words.

    Args:
        schema_version: The version of the record.
        config: Its configuration, of which nothing has been checked.
    """
    return {**_BEFORE, **(from_schema_1(config) if schema_version == 1 else config)}


def from_schema_1(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration of the first schema: some presets have had other networks since."""
    preset = config.get("preset")
    renamed = NAMES_BEFORE_RECIPES.get(preset) if isinstance(preset, str) else None
    return {**config, "preset": renamed} if renamed else dict(config)


def with_current_names(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the current name of a preset that was given by a former one."""
    preset = options.get("preset")
    current = FORMER_NAMES.get(preset) if isinstance(preset, str) else None
    return {**options, "preset": current} if current else dict(options)


def _require_known(options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        known = ", ".join(sorted(_OPTIONS))
        text = f"unknown option {listed(unknown)}. Known: {known}.{hint(nearest_field(unknown[0]))}"
        raise OptionError(text, unknown[0])


def listed(names: Sequence[str]) -> str:
    """The first of some names from outside; long and unprintable ones as they are in Python."""
    first = [n if n.isprintable() and len(n) <= _NAME_LIMIT else brief(n) for n in names]
    more = f" and {len(names) - _NAMES_SHOWN:,} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(first[:_NAMES_SHOWN]) + more


def nearest_field(name: str) -> str | None:
    """The field that an unknown name may stand for; `None` if none is near."""
    meant = nearest(name, _OPTIONS, aliases.OPTIONS)
    field = meant.replace("-", "_") if meant is not None else None
    # An option of the command line alone, such as --run-dir, is no field.
    return field if field in _OPTIONS else None


def _validate(config: RunConfig) -> None:
    if config.epochs is None and config.steps is None:
        raise UsageError("neither --epochs nor --steps is set: a run needs an end.")
    for name, described in _OPTIONS.items():
        described.check(name, getattr(config, name))
