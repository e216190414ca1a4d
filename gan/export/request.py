"""What is to be exported: the one part of `gan.export` that the screen may import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from gan.events import Images

ExportKind = Literal["grid", "film", "losses", "quality", "screen"]
"""The digits shown, the run's grids as an animation, the losses, the evaluations, or a picture of
the screen."""

EXPORT_KINDS: Final[tuple[ExportKind, ...]] = get_args(ExportKind)

NO_SAMPLES: Final = "There are no samples to export yet."
"""Why a grid can't be exported before the first one is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExportRequest:
    """One file to write."""

    kind: ExportKind
    step: int
    """The step that is shown, for the file's name."""

    images: Images | None = None
    """The grid that is shown, 16 x 28 x 28; `None` before the first samples."""

    last_step: int | None = None
    """The last step in a table; `None` for all that the log holds."""

    svg: str = ""
    """The screen as SVG, for an export of it."""
