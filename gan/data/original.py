"""What the images of a source were, before they became grey bytes of 28 x 28."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Size(NamedTuple):
    """Pixels of an image."""

    height: int
    width: int

    def __str__(self) -> str:
        return f"{self.height} x {self.width}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The form in which images were stored."""

    smallest: Size
    largest: Size
    """By their area."""

    sizes: int = 1
    """How many different sizes there are."""

    channels: int = 1
    """1, 3, or 4 with opacity; 1 for pictures, which may be of any mode."""

    element: str = ""
    """The type of their numbers, such as `float32`; empty for pictures."""

    low: float | None = None
    """The least value; `None` for pictures, and for images that stay in their file."""

    high: float | None = None
    """The greatest, likewise."""

    @classmethod
    def of_pictures(cls, sizes: Iterable[Size]) -> Original:
        """Pictures of these sizes.

        Args:
            sizes: One or more, in any order.
        """
        ordered = sorted(set(sizes), key=lambda size: (size.height * size.width, size))
        return cls(smallest=ordered[0], largest=ordered[-1], sizes=len(ordered))

    def described(self) -> str:
        """In words: `28 x 28 of uint8, 0 to 255`."""
        size = str(self.smallest)
        if self.sizes > 1:
            size = f"{self.sizes:,} sizes, {self.smallest} to {self.largest}"
        if not self.element:
            return f"pictures of {size}"
        colours = f" in {self.channels} channels" if self.channels > 1 else ""
        values = "" if self.low is None else f", {self.low:.6g} to {self.high:.6g}"
        return f"{size}{colours} of {self.element}{values}"


def combined(parts: Iterable[Original | None]) -> Original | None:
    """What several parts of a set were together; `None` if that isn't known or they differ.

    Parts may differ in their values and sizes, but not in their type.
    """
    known = [part for part in parts if part is not None]
    if not known or len({(one.element, one.channels) for one in known}) != 1:
        return None
    sizes = Original.of_pictures(size for one in known for size in (one.smallest, one.largest))
    lows = [one.low for one in known if one.low is not None]
    highs = [one.high for one in known if one.high is not None]
    return Original(
        smallest=sizes.smallest,
        largest=sizes.largest,
        sizes=max(sizes.sizes, *(one.sizes for one in known)),
        channels=known[0].channels,
        element=known[0].element,
        low=min(lows) if len(lows) == len(known) else None,
        high=max(highs) if len(highs) == len(known) else None,
    )
