"""The strokes of the ten digits, as data.

A digit that people write in several ways has several skeletons. Each skeleton is given in two
extreme poses (a narrow and a round zero, say); drawn digits are interpolated between them.

A stroke is a smooth curve through points given by index. Two strokes that share a point meet there
in a sharp corner, and stay joined when the points move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """One way of writing one digit."""

    digit: int
    """The digit, 0 to 9."""

    share: int
    """Percentage of this digit written this way."""

    room: int
    """Half the width of a pen that would crowd the digit, in hundredths of its breadth."""

    strokes: tuple[tuple[int, ...], ...]
    """For each stroke, the indices of the points that it passes through, at least two."""

    pose: str
    """The points in one extreme pose, as `x,y x,y`: hundredths of the digit's height, y down."""

    other: str
    """The same points in the other extreme pose."""


def _through(first: int, last: int) -> tuple[int, ...]:
    """The stroke through points `first` to `last`."""
    return tuple(range(first, last + 1))


SKELETONS: Final = (
    # 0: one counterclockwise loop from the top; its end may overlap its start or miss it.
    Skeleton(
        digit=0,
        share=60,
        room=23,
        strokes=(_through(0, 9),),
        pose="54,3 31,8 14,30 8,58 17,86 38,98 60,83 71,52 64,20 46,4",
        other="66,5 37,7 12,26 4,54 13,82 42,97 75,82 91,50 83,18 54,6",
    ),
    # 0: the same, clockwise from the upper left.
    Skeleton(
        digit=0,
        share=40,
        room=23,
        strokes=(_through(0, 9),),
        pose="25,16 48,4 67,18 73,46 62,78 38,97 17,84 9,56 16,26 38,6",
        other="29,10 60,4 84,20 91,50 75,82 42,97 11,82 3,52 16,20 50,2",
    ),
    # 1: a single stroke.
    Skeleton(
        digit=1,
        share=84,
        room=1000,
        strokes=(_through(0, 3),),
        pose="53,0 52,33 48,66 44,100",
        other="58,0 51,33 47,66 47,100",
    ),
    # 1: a stroke with a flag.
    Skeleton(
        digit=1,
        share=9,
        room=1000,
        strokes=((0, 1), _through(1, 3)),
        pose="32,20 47,1 50,50 53,100",
        other="23,28 48,0 50,50 51,100",
    ),
    # 1: with a flag and a foot.
    Skeleton(
        digit=1,
        share=7,
        room=1000,
        strokes=((0, 1), _through(1, 3), (4, 5)),
        pose="31,18 45,2 50,50 55,98 35,98 75,97",
        other="23,24 47,2 50,50 54,97 23,97 88,95",
    ),
    # 2: a sharp turn into a straight base.
    Skeleton(
        digit=2,
        share=42,
        room=18,
        strokes=(_through(0, 6), _through(6, 8)),
        pose="14,24 30,6 54,4 66,24 54,50 32,74 8,95 42,94 78,95",
        other="6,18 32,2 66,8 74,32 58,56 34,76 6,92 46,92 92,98",
    ),
    # 2: a small head and a long base.
    Skeleton(
        digit=2,
        share=16,
        room=18,
        strokes=(_through(0, 6), _through(6, 8)),
        pose="10,14 24,3 40,6 44,22 34,48 18,74 4,95 46,92 86,90",
        other="20,26 36,6 56,2 60,18 44,46 24,70 0,90 50,96 104,98",
    ),
    # 2: a wide loop at the lower left.
    Skeleton(
        digit=2,
        share=14,
        room=18,
        strokes=(_through(0, 10),),
        pose="20,16 40,3 60,12 62,40 52,72 32,94 10,94 8,72 30,64 54,80 80,94",
        other="14,10 42,0 68,14 68,44 58,78 34,98 4,92 4,62 34,56 64,76 98,90",
    ),
    # 2: a loop at the lower left.
    Skeleton(
        digit=2,
        share=28,
        room=18,
        strokes=(_through(0, 10),),
        pose="16,20 36,4 60,10 66,34 50,64 26,90 9,92 12,80 34,83 58,94 84,92",
        other="4,24 34,3 66,10 70,38 50,68 24,92 3,90 8,72 36,76 64,92 98,84",
    ),
    # 3: two bowls that meet in a sharp corner.
    Skeleton(
        digit=3,
        share=46,
        room=18,
        strokes=(_through(0, 5), _through(5, 10)),
        pose="10,14 30,2 54,6 63,22 52,40 32,48 54,52 69,68 64,88 38,98 10,90",
        other="4,8 32,2 62,8 71,24 56,40 26,46 58,50 81,66 76,88 42,98 4,94",
    ),
    # 3: two bowls in one stroke, with a soft waist.
    Skeleton(
        digit=3,
        share=34,
        room=18,
        strokes=(_through(0, 9),),
        pose="14,10 36,2 56,14 53,36 40,46 54,56 67,74 54,94 30,98 10,88",
        other="8,16 38,2 64,16 57,38 36,45 58,54 73,76 54,96 28,98 4,84",
    ),
    # 3: a flat top and one bowl.
    Skeleton(
        digit=3,
        share=20,
        room=18,
        strokes=(_through(0, 5), _through(5, 10)),
        pose="8,12 28,5 52,6 60,12 45,30 30,44 50,46 64,60 62,84 36,98 8,92",
        other="-2,6 32,5 66,2 72,8 53,28 34,42 58,44 81,62 72,88 40,100 2,90",
    ),
    # 4: open, a cup and then the long stroke.
    Skeleton(
        digit=4,
        share=46,
        room=14,
        strokes=(_through(0, 5), _through(6, 8)),
        pose="21,6 13,28 12,48 28,54 48,50 67,44 72,2 62,50 52,100",
        other="28,2 9,26 6,48 29,56 58,52 89,44 79,8 68,50 60,100",
    ),
    # 4: open, with a sharp elbow and a bar.
    Skeleton(
        digit=4,
        share=36,
        room=14,
        strokes=(_through(0, 2), _through(2, 4), _through(5, 7)),
        pose="26,4 17,28 8,52 38,53 76,50 67,6 58,50 50,100",
        other="38,0 21,28 3,58 39,58 88,54 67,26 59,60 50,100",
    ),
    # 4: closed at the top.
    Skeleton(
        digit=4,
        share=18,
        room=14,
        strokes=(_through(0, 2), _through(2, 4), (0, 5, 6)),
        pose="60,2 35,26 10,54 37,56 70,54 54,50 46,100",
        other="70,2 36,34 2,64 42,65 89,62 62,50 52,100",
    ),
    # 5: neck and bowl, then the bar.
    Skeleton(
        digit=5,
        share=48,
        room=17,
        strokes=(_through(0, 2), _through(2, 7), (0, 8, 9)),
        pose="22,6 21,24 20,44 41,40 62,54 64,80 42,97 11,90 42,6 64,4",
        other="31,8 26,24 23,42 47,42 67,58 63,84 38,98 3,90 56,5 92,0",
    ),
    # 5: a small neck on a wide bowl.
    Skeleton(
        digit=5,
        share=24,
        room=17,
        strokes=(_through(0, 2), _through(2, 7), (0, 8, 9)),
        pose="24,6 22,20 17,36 40,28 72,44 76,76 50,98 9,88 44,5 68,4",
        other="36,4 30,20 21,38 48,30 88,48 86,80 50,99 5,86 52,3 74,0",
    ),
    # 5: bar, neck and bowl in one stroke.
    Skeleton(
        digit=5,
        share=28,
        room=17,
        strokes=(_through(0, 9),),
        pose="66,4 44,5 25,10 20,28 29,42 50,50 65,66 59,88 38,98 11,92",
        other="88,0 60,6 35,12 26,28 35,40 52,52 59,68 51,88 30,98 3,90",
    ),
    # 6: a long curve into a loop.
    Skeleton(
        digit=6,
        share=60,
        room=16,
        strokes=(_through(0, 9),),
        pose="36,2 21,24 12,50 13,76 32,96 53,94 63,76 51,60 33,62 19,78",
        other="62,0 32,20 14,46 8,74 28,96 58,96 75,74 62,54 37,58 18,80",
    ),
    # 6: a straight back and a round belly.
    Skeleton(
        digit=6,
        share=40,
        room=16,
        strokes=(_through(0, 9),),
        pose="24,0 16,30 11,60 21,90 46,99 67,88 66,66 46,54 27,62 17,78",
        other="38,2 17,26 4,54 12,86 50,100 91,88 90,66 58,52 31,62 16,82",
    ),
    # 7: a bar, a sharp corner, and down.
    Skeleton(
        digit=7,
        share=66,
        room=22,
        strokes=(_through(0, 2), _through(2, 5)),
        pose="4,8 30,9 60,6 58,34 52,66 47,100",
        other="-3,16 32,10 73,4 60,32 43,62 31,100",
    ),
    # 7: a hook before the bar.
    Skeleton(
        digit=7,
        share=20,
        room=22,
        strokes=((0, 1), _through(1, 3), _through(3, 6)),
        pose="5,24 8,6 34,8 64,5 60,34 52,66 49,100",
        other="2,32 2,12 34,8 73,2 64,32 53,64 53,100",
    ),
    # 7: crossed.
    Skeleton(
        digit=7,
        share=14,
        room=22,
        strokes=(_through(0, 2), _through(2, 5), (6, 7)),
        pose="6,8 32,8 62,5 56,34 48,66 43,100 30,54 70,50",
        other="-4,14 32,8 75,3 62,32 49,62 41,100 16,54 88,46",
    ),
    # 8: one stroke from the upper right, crossing itself at the waist.
    Skeleton(
        digit=8,
        share=40,
        room=17,
        strokes=(_through(0, 11),),
        pose="58,14 39,3 22,14 27,34 46,50 61,70 55,93 33,98 16,82 27,60 47,40 60,18",
        other="74,10 43,1 16,14 23,36 48,52 63,72 51,94 25,98 8,82 23,62 56,42 80,12",
    ),
    # 8: the same, with the start inside, the end far out and a narrow base.
    Skeleton(
        digit=8,
        share=40,
        room=17,
        strokes=(_through(0, 11),),
        pose="58,12 37,2 20,16 27,36 46,50 55,70 49,94 35,99 24,86 33,62 51,40 64,16",
        other="64,20 43,6 22,14 27,34 46,50 57,68 51,92 31,99 16,86 29,62 57,34 85,0",
    ),
    # 8: two rings, one on top of the other.
    Skeleton(
        digit=8,
        share=20,
        room=17,
        strokes=(_through(0, 6), _through(7, 13)),
        pose="44,46 25,38 20,16 39,3 60,16 59,36 40,47 40,47 19,60 16,84 41,98 66,84 63,60 44,46",
        other="48,46 23,38 16,16 43,2 72,16 65,38 42,46 42,46 15,60 12,86 41,98 68,84 65,60 46,46",
    ),
    # 9: a loop and a straight stem.
    Skeleton(
        digit=9,
        share=42,
        room=15,
        strokes=(_through(0, 7), _through(7, 9)),
        pose="60,16 41,3 20,12 11,34 22,50 44,46 57,30 60,12 60,56 57,100",
        other="72,14 47,2 18,12 5,36 20,54 48,48 65,32 72,14 62,56 49,100",
    ),
    # 9: a small loop and a long slanted stem.
    Skeleton(
        digit=9,
        share=32,
        room=15,
        strokes=(_through(0, 7), _through(7, 9)),
        pose="56,10 39,4 22,14 17,32 30,42 47,32 56,16 57,6 54,54 49,100",
        other="67,8 47,3 24,16 15,36 30,46 53,32 66,14 71,4 50,54 29,100",
    ),
    # 9: a loop and a stem that curls.
    Skeleton(
        digit=9,
        share=26,
        room=15,
        strokes=(_through(0, 6), _through(6, 10)),
        pose="58,18 39,3 18,12 11,34 28,48 49,40 60,14 64,44 59,74 47,96 27,98",
        other="66,16 43,2 16,10 5,32 24,48 51,40 66,12 70,46 64,76 43,98 9,92",
    ),
)
"""All skeletons. The shares of each digit's skeletons add up to 100."""
