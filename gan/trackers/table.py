"""The trackers that a run can be logged to, a row each, and how a person names them.

Light: it loads none of them, so that a command line is read quickly.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.errors import UsageError
from gan.hints.nearest import nearest
from gan.hints.quoting import brief
from gan.options import Values
from gan.paths import absolute, expanded
from gan.text.safe_text import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence

OPTION: Final = "--log-to"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerKind:
    """One tracker."""

    package: str = ""
    """The package that is imported, and the extra that installs it; empty if it is always there."""

    if_it_fails: str
    """What helps if it fails, in one sentence."""

    takes_folder: bool = False
    """Whether a folder may be named."""


TENSORBOARD: Final = "tensorboard"
OWN_FOLDER: Final = "tensorboard"
"""The folder of its files in the run's directory."""

TRACKERS: Final[dict[str, TrackerKind]] = {
    TENSORBOARD: TrackerKind(
        if_it_fails="gan-tui export --tensorboard writes the whole run later.",
        takes_folder=True,
    ),
    "wandb": TrackerKind(
        package="wandb",
        if_it_fails="Try wandb login, or WANDB_MODE=offline and wandb sync later.",
    ),
    "mlflow": TrackerKind(
        package="mlflow",
        if_it_fails="Look whether MLFLOW_TRACKING_URI names a server that answers, or unset it.",
    ),
    "trackio": TrackerKind(
        package="trackio",
        if_it_fails="Look at TRACKIO_DIR, TRACKIO_SPACE_ID and TRACKIO_SERVER_URL, or unset them.",
    ),
}
"""Every tracker by its name, in the order of the help."""

EXPECTED: Final = "tensorboard, tensorboard=DIR, wandb, mlflow or trackio"
_ALIASES: Final = {
    "tb": TENSORBOARD,
    "board": TENSORBOARD,
    "wb": "wandb",
    "weights-and-biases": "wandb",
    "ml-flow": "mlflow",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A tracker that a person asked for."""

    name: str
    """A key of `TRACKERS`."""

    folder: Path | None = None
    """The absolute path of the folder in which it gets one for the run; `None` for its own."""


def tracker_values() -> Values:
    """What `--log-to` takes: the name of a tracker, and for some a folder."""

    def allows(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if "," in value:
            raise UsageError(
                f"received {brief(value)}, expected one tracker. Give {OPTION} once for each."
            )
        name, has_folder, folder = value.partition("=")
        kind = TRACKERS.get(name)
        if kind is not None and has_folder and not kind.takes_folder:
            raise UsageError(f"received {brief(value)}, but {name} takes no folder. Leave it out.")
        # Refuses a home folder that there isn't.
        expanded(folder)
        return kind is not None and bool(folder) == bool(has_folder)

    def meant(word: str) -> str | None:
        name = word.partition("=")[0]
        return None if name in TRACKERS else nearest(name, TRACKERS, _ALIASES)

    return Values(EXPECTED, allows, meant=meant)


def choices_of(words: Sequence[str]) -> list[Choice]:
    """The trackers that were named, each once.

    Args:
        words: Values that `tracker_values` allows.

    Raises:
        UsageError: One is named twice, or there is no such home folder.
        StorageError: The working directory was deleted.
    """
    choices = []
    for word in words:
        name, _, folder = word.partition("=")
        choices.append(Choice(name, absolute(Path(expanded(folder))) if folder else None))
    for number, choice in enumerate(choices):
        if choice.name in [earlier.name for earlier in choices[:number]]:
            raise UsageError(f"{OPTION}: {choice.name} is named twice. Name it once.")
    return choices


def require_usable(choices: Sequence[Choice]) -> None:
    """Refuse a tracker that isn't installed, and a folder that can't be written to.

    Raises:
        UsageError: The message has the line that installs it, or names the folder.
    """
    for choice in choices:
        package = TRACKERS[choice.name].package
        if package and not _is_installed(package):
            raise UsageError(
                f"{OPTION} {choice.name} needs the package {package}, which is not installed: "
                f"pip install 'gan-tui[{package}]'."
            )
        if choice.folder is not None:
            _require_writable(choice.folder)


def _is_installed(package: str) -> bool:
    """Whether there is such a package; a folder of its name, as `wandb` leaves one, is none."""
    found = find_spec(package)
    return found is not None and found.origin is not None


def _require_writable(folder: Path) -> None:
    """Refuse a folder in which no folder can be made; it may not be there yet.

    Raises:
        UsageError: It can't be.
    """
    there = folder
    # What can't be looked at is not there for us: unlike Path's, this never raises.
    while not os.path.exists(there) and there != there.parent:  # noqa: PTH110
        there = there.parent
    if not there.is_dir():
        raise UsageError(f"{OPTION}: {there} is a file, expected a folder. Name another.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"{OPTION}: nothing can be written to {there}. Name another folder, or chmod u+w it."
        )


def begun(choice: Choice, own_folder: Path) -> str:
    """A line that says that a run is logged, and how to look at it.

    Args:
        choice: The tracker.
        own_folder: That of TensorBoard's files in the run's directory.
    """
    if choice.name != TENSORBOARD:
        return f"logging to {choice.name}"
    folder = shell_word(str(choice.folder or own_folder))
    return f"logging to TensorBoard; tensorboard --logdir {folder} shows it"


def failure(name: str, error: str) -> str:
    """A line about a tracker that has failed, with what helps."""
    return f"{OPTION} {name}: {error} Training goes on without it. {TRACKERS[name].if_it_fails}"


def late(name: str, seconds: float, rest: str) -> str:
    """A line about a tracker that the end of a run doesn't wait for any longer."""
    waited = f"it was not done {seconds:g} s after the end of the run."
    return " ".join(filter(None, [f"{OPTION} {name}: {waited}", rest, TRACKERS[name].if_it_fails]))
