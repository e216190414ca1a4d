"""Whether a run that goes on elsewhere still computes the same bits.

A checkpoint restores the state exactly on any machine. What comes after depends on the order in
which sums are made, and that is decided by the libraries, the device and the threads. Nothing is
refused for it: the user is told, because only the user knows whether it matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DECISIVE: Final = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "numpy": "NumPy",
    "device": "device",
    "processors": "processors",
    "threads": "threads",
    "TF_ENABLE_ONEDNN_OPTS": "TF_ENABLE_ONEDNN_OPTS",
    "jit_compiled": "jit_compile",
}
"""What changes bits, as the environment names it, and as a person does."""

_UNSET: Final = {"threads": "automatic", "TF_ENABLE_ONEDNN_OPTS": "not set"}
"""What none means, where it is a setting and not the lack of one."""


def mismatches(saved: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """What differs, between two environments, of all that changes bits.

    Args:
        saved: The environment in a checkpoint's manifest.
        current: The environment of this process, in the same form.

    Returns:
        One phrase a difference, such as `threads 2, was 1`. What only one of the two tells is
        left out: an older version may not have written it.
    """
    return [
        f"{label} {_value(name, current[name])}, was {_value(name, saved[name])}"
        for name, label in _DECISIVE.items()
        if name in saved and name in current and saved[name] != current[name]
    ]


def caution(differences: Sequence[str]) -> str:
    """What the differences mean, as one line; empty where there are none."""
    if not differences:
        return ""
    return f"state exact, trajectory may differ: {'; '.join(differences)}."


def _value(name: str, value: object) -> str:
    """A setting in words; it may come from a file that somebody else wrote."""
    if value is None:
        return _UNSET.get(name, "none")
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
