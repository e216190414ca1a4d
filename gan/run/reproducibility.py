"""Whether a run that resumes on another machine still computes the same bits.

A checkpoint restores the state exactly on any machine. The steps after it depend on the order of
summation, which the libraries, the device and the threads decide. Nothing is refused for that: the
user gets a warning, because only the user knows whether it matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DECISIVE: Final = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "numpy": "NumPy",
    "device": "device",
    "replicas": "replicas",
    "processors": "processors",
    "threads": "threads",
    "TF_ENABLE_ONEDNN_OPTS": "TF_ENABLE_ONEDNN_OPTS",
    "jit_compiled": "jit_compile",
}
"""The entries of an environment that change bits, and the words for them."""

_SETTINGS: Final = "settings"
"""The entry with the environment variables that may change bits, an object."""

_UNSET: Final = {"threads": "automatic", "TF_ENABLE_ONEDNN_OPTS": "not set"}
"""The words for `None`, if it stands for a default setting."""


def mismatches(saved: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """The differences between two environments that can change bits.

    Args:
        saved: The environment in a checkpoint.
        current: The environment of this process, in the same form.

    Returns:
        One phrase per difference, such as `threads 2, was 1`. An entry that only one of the two
        has is left out: an older version may not have written it.
    """
    return [
        *(
            f"{label} {_value(name, current[name])}, was {_value(name, saved[name])}"
            for name, label in _DECISIVE.items()
            if name in saved and name in current and saved[name] != current[name]
        ),
        *_different_settings(saved.get(_SETTINGS), current.get(_SETTINGS)),
    ]


def caution(differences: Sequence[str]) -> str:
    """One line that says what the differences mean; empty if there are none."""
    if not differences:
        return ""
    return f"state exact, trajectory may differ: {'; '.join(differences)}."


def _different_settings(saved: object, current: object) -> Iterator[str]:
    """The variables that only one of two environments has, or that have another value."""
    if not (isinstance(saved, dict) and isinstance(current, dict)):
        return
    for name in sorted({**saved, **current}):
        before, now = (found.get(name, "not set") for found in (saved, current))
        if before != now:
            yield f"{name} {now}, was {before}"


def _value(name: str, value: object) -> str:
    """A setting in words; it may come from a file that another program wrote."""
    if value is None:
        return _UNSET.get(name, "unknown")
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
