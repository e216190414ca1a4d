"""What is to be exported: the one part of `gan.export` that the screen may import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan.events import Images


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExportRequest:
    """One file to write."""

    kind: str
    """A key of `gan.export.writer.EXPORTS`."""

    step: int
    """The step that is shown, for the file's name."""

    images: Images | None = None
    """The grid that is shown, 16 x 28 x 28; `None` before the first samples."""

    svg: str = ""
    """The screen as SVG, for an export of it."""
