"""Tells from the name of a file or folder what it is for: training or test, images or labels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gan.data.opening.streams import without_compression


class Part(IntEnum):
    """A part of a data set, in the order in which they are preferred."""

    TRAIN = 0
    WHOLE = 1
    """The name says nothing."""

    VALIDATION = 2
    TEST = 3
    SAMPLE = 4
    """A few of another part, to look at."""


class Role(IntEnum):
    """What a file holds."""

    IMAGES = 0
    LABELS = 1
    UNKNOWN = 2
    """The name says nothing."""


_PARTS: Final = {
    **dict.fromkeys(
        ("train", "training", "trainset", "trainingset", "xtrain", "ytrain", "tra"), Part.TRAIN
    ),
    **dict.fromkeys(("valid", "validation", "val", "dev", "xval", "yval"), Part.VALIDATION),
    **dict.fromkeys(
        (
            "test",
            "testing",
            "testset",
            "t10k",
            "test10k",
            "test50k",
            "eval",
            "xtest",
            "ytest",
            "tes",
        ),
        Part.TEST,
    ),
}
_ROLES: Final = {
    **dict.fromkeys(
        ("images", "image", "imgs", "img", "x", "data", "pixels", "xtrain", "xtest", "xval"),
        Role.IMAGES,
    ),
    **dict.fromkeys(
        ("labels", "label", "y", "target", "targets", "classes", "ytrain", "ytest", "yval"),
        Role.LABELS,
    ),
}
_SET_WORDS: Final = frozenset({"set", "data", "images", "image", "imgs", "pictures", "split"})
"""What a folder of a part may be called besides: `trainingSet`, `test_images`."""

_SAMPLE_WORDS: Final = frozenset({"sample", "samples", "example", "examples", "small", "subset"})

_JUNK: Final = frozenset({"__macosx", "@eadir", "$recycle.bin", "lost+found", "__pycache__"})
"""Folders that programs leave behind, in lower case; hidden ones are left out by their dot."""

NEUTRAL: Final = frozenset({"raw", "gzip", "processed", "data"})
"""Folders whose names tell nothing of what is in them."""

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BREAK: Final = re.compile(r"[\W_]+")
_SHARD: Final = re.compile(r"[-_.]?\d+[-_]of[-_]\d+([-_.][0-9a-f]{8,})?", re.IGNORECASE)
_NUMBER_ONLY: Final = re.compile(r"\d{4,6}")
_IDX: Final = re.compile(
    r"(?P<before>.*?(images|labels))[-_.]?idx\d?([-_.](ubyte|byte|int|short|float|double))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a file is for, by its name."""

    family: tuple[str, ...]
    """The words of the name that say neither part nor role, such as `emnist letters`."""

    part: Part
    role: Role


def meaning(name: str) -> Meaning:
    """What a file of this name is for. Suffixes and the numbers of shards say nothing."""
    words = _words(_stem(name))
    part = next((_PARTS[word] for word in words if word in _PARTS), Part.WHOLE)
    role = next((_ROLES[word] for word in words if word in _ROLES), Role.UNKNOWN)
    rest = tuple(word for word in words if word not in _PARTS and word not in _ROLES)
    return Meaning(rest, part, role)


def part_of_folder(name: str) -> Part:
    """The part of a data set that a folder holds; `WHOLE` if its name says anything else."""
    words = _words(name)
    parts = [_PARTS[word] for word in words if word in _PARTS]
    others = {word for word in words if word not in _PARTS} - _SET_WORDS
    if len(parts) != 1 or others - _SAMPLE_WORDS:
        return Part.WHOLE
    return Part.SAMPLE if others else parts[0]


def is_idx_name(name: str) -> bool:
    """Whether a file is IDX by its name: `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`."""
    return _IDX.fullmatch(without_compression(name)) is not None


def is_junk(name: str) -> bool:
    """Whether a file or folder is hidden or was left behind by a program."""
    return name.startswith(".") or name.lower() in _JUNK


def in_order(name: str) -> tuple[bool, int, str]:
    """The key by which classes are ordered: numbers first, by value, then words."""
    is_number = name.isascii() and name.isdecimal()
    return (not is_number, int(name) if is_number else 0, name)


def _stem(name: str) -> str:
    plain = without_compression(name)
    if found := _IDX.fullmatch(plain):
        return found["before"]
    stem, _, suffix = plain.rpartition(".")
    if not stem or suffix.lower() in _PARTS:
        # As in `zip.train` and `optdigits.tra`.
        stem = plain
    stem = _SHARD.sub("", stem)
    return "" if _NUMBER_ONLY.fullmatch(stem) else stem


def _words(stem: str) -> list[str]:
    spaced = _CAMEL.sub(" ", stem)
    return [word.lower() for word in _BREAK.split(spaced) if word]
