"""How much of a row or of a text fits into its cells: the one rule by which rows drop the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Form = TypeVar("Form")

_ELLIPSIS: Final = "…"


def fit(
    parts: Sequence[Sequence[Form]],
    width: int,
    size: Callable[[Form], int],
    *,
    skip: bool = False,
) -> list[Form]:
    """The form of each part that fits, all of them together in `width` cells.

    Every part has its first form in any case, usually an empty one. Then, in rounds, each part gets
    its next form while there is room, the most important part first. So all parts are shown briefly
    before any is shown in full.

    Args:
        parts: The forms of each part, from the shortest to the longest; the most important part
            first.
        width: Cells for all parts together.
        size: Cells of one form.
        skip: What happens to a form that does not fit. False stops there: a less important part
            never takes its room. True skips it and its longer forms, and goes on.

    Returns:
        One form of each part, in the order of `parts`.
    """
    chosen = [0] * len(parts)
    room = width - sum(size(forms[0]) for forms in parts)
    for form in range(1, max(map(len, parts), default=0)):
        for place, forms in enumerate(parts):
            if form >= len(forms) or chosen[place] != form - 1:
                continue
            growth = size(forms[form]) - size(forms[form - 1])
            if growth <= room:
                chosen[place], room = form, room - growth
            elif not skip:
                return _forms(parts, chosen)
    return _forms(parts, chosen)


def clipped(text: str, width: int) -> str:
    """The text in at most `width` cells; a text that is cut ends in `…`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + _ELLIPSIS if width > 0 else ""


def shortened(texts: Sequence[str], width: int) -> list[str]:
    """The texts in at most `width` cells each, cut in the middle, where `…` stands.

    Names of one kind begin and end with what sets them apart. Where half of the room for either end
    would leave two that differ alike, another cut is taken if one does better.
    """
    room = max(width - 1, 0)
    halves = sorted(range(room + 1), key=lambda head: abs(2 * head - room))
    cuts = ([_cut(text, head, room - head) for text in texts] for head in halves)
    return max(cuts, key=lambda cut: len(set(cut)))


def _cut(text: str, head: int, tail: int) -> str:
    """The text's first and last cells, with `…` between them; whole if it has no more."""
    if cell_len(text) <= head + 1 + tail:
        return text
    end = ""
    for character in reversed(text):
        if cell_len(character + end) > tail:
            break
        end = character + end
    return set_cell_size(text, head).rstrip() + _ELLIPSIS + end


def _forms(parts: Sequence[Sequence[Form]], chosen: Sequence[int]) -> list[Form]:
    return [forms[form] for forms, form in zip(parts, chosen, strict=True)]
