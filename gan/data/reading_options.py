"""What a user may ask of the readers; imports nothing heavy, since the configuration reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan.config import RunConfig

AUTO_INVERT: Final = "auto"
"""Invert images that are black on white, and say so."""

INVERT: Final = "yes"
KEEP: Final = "no"
INVERSIONS: Final = (AUTO_INVERT, INVERT, KEEP)
"""The values of `--invert`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How a source is read. Every reader takes one and ignores what doesn't concern it."""

    exact_size: bool = False
    """Whether images of another size than 28 x 28 are refused rather than fitted."""

    strict: bool = False
    """Whether a picture that can't be decoded is refused rather than passed over."""

    invert: str = AUTO_INVERT
    """One of `INVERSIONS`."""

    array: str = ""
    """The array or column that holds the images, of `--data FILE:NAME`; empty if none was named."""

    memory: int | None = None
    """Bytes that the images of a set may take in memory; `None` for what the machine has room for.

    More of them are left in their file, if they can be read from it as they are needed.
    """

    @classmethod
    def of(cls, config: RunConfig) -> ReadingOptions:
        """The options of a run."""
        return cls(exact_size=config.exact_size, strict=config.strict, invert=config.invert)


DEFAULT_READING: Final = ReadingOptions()
"""What is done if nothing was asked for."""
