"""Finds the files that hold a data set in a folder: which to read, and what belongs together.

Files of the same format whose names differ only in their part (train, test), their role (images,
labels) or the number of a shard are one set. Of several sets one must be named.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from gan.data.checks import refuse
from gan.data.image_set import Note
from gan.data.layouts.names import NEUTRAL, Part, Role, is_idx_name, meaning, part_of_folder
from gan.data.opening.kinds import Kind
from gan.data.opening.streams import without_compression
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gan.data.layouts.tree import Folder
    from gan.data.opening.paths import DataPath

_SUFFIXES: Final = {
    ".parquet": Kind.PARQUET,
    ".npz": Kind.NPZ,
    ".npy": Kind.NPY,
    ".mat": Kind.MATLAB,
    ".csv": Kind.TABLE,
    ".tsv": Kind.TABLE,
    ".amat": Kind.TABLE,
    ".zip": Kind.ZIP,
    ".tar": Kind.TAR,
    ".tgz": Kind.TAR,
    ".txz": Kind.TAR,
    ".tbz2": Kind.TAR,
    ".pkl": Kind.PICKLE,
    ".pickle": Kind.PICKLE,
    ".pt": Kind.PYTORCH,
    ".pth": Kind.PYTORCH,
}
_ORDER: Final = (
    Kind.IDX, Kind.PARQUET, Kind.NPZ, Kind.NPY, Kind.MATLAB, Kind.TABLE, Kind.ZIP, Kind.TAR,
    Kind.PICKLE, Kind.PYTORCH,
)  # fmt: skip
"""The formats, in the order in which they are preferred."""

_ARRAYS: Final = frozenset({Kind.IDX, Kind.PARQUET, Kind.NPZ, Kind.NPY, Kind.MATLAB})
_SHARDED: Final = frozenset({Kind.PARQUET, Kind.TABLE})
"""The formats of which several files together are one table."""

_PLAIN: Final = "identity"
"""The set of MNIST-C that isn't corrupted."""

_MOST_NAMED: Final = 20

_Family = tuple[str, ...]
"""The words by which data sets in one folder differ."""


@dataclass(slots=True)
class FileSet:
    """The files of one data set, of one part of it."""

    kind: Kind
    """Their format, by their names."""

    images: list[DataPath]
    """At least one: with images, or with images and labels."""

    labels: DataPath | None = None
    """The file with the labels alone, if there is one."""

    is_a_class_each: bool = False
    """Whether each file holds the images of one class."""

    notes: list[Note] = field(default_factory=list)
    """What was left out."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, and what it is for."""

    path: DataPath
    kind: Kind
    family: tuple[str, ...]
    part: Part
    role: Role

    @property
    def is_images(self) -> bool:
        """Whether its name says that it holds images."""
        return self.role is Role.IMAGES


def find_files(
    root: Folder,
    wanted: str = "",
    *,
    only: Kind | None = None,
    known: Mapping[DataPath, Kind] | None = None,
) -> FileSet | None:
    """The files of the data set in a folder, or of the one that was named; `None` without any.

    Args:
        root: The folder.
        wanted: The name of a set, if there are several.
        only: The format to look for; otherwise any.
        known: The formats of some files, where the names tell none.

    Raises:
        DataError: There are several sets and none was named, or none of that name.
    """
    found = [one for one in _found(root, known or {}) if only in {None, one.kind}]
    kinds = {one.kind for one in found if one.role is not Role.LABELS}
    kind = next((kind for kind in _ORDER if kind in kinds), None)
    if kind is None:
        return None
    of_kind = [one for one in found if one.kind is kind]
    if kind is Kind.NPY and not wanted and _is_a_class_each(of_kind):
        return FileSet(kind, [one.path for one in of_kind], is_a_class_each=True)
    notes: list[Note] = []
    family = _family(root, of_kind, wanted, notes)
    return _file_set(kind, [one for one in of_kind if one.family == family], notes)


def holds_arrays(root: Folder) -> bool:
    """Whether a file of arrays is in a folder or below it, by the names."""
    return any(_kind(path) in _ARRAYS for folder in root.walk() for path in folder.files)


def _found(root: Folder, known: Mapping[DataPath, Kind]) -> Iterator[_Found]:
    for folder in root.walk():
        for path in folder.files:
            kind = _kind(path) or known.get(path)
            if kind is not None:
                yield _read_name(path, kind, folder.below)


def _kind(path: DataPath) -> Kind | None:
    name = without_compression(path.name)
    if is_idx_name(name):
        return Kind.IDX
    return _SUFFIXES.get(PurePosixPath(name).suffix.lower())


def _read_name(path: DataPath, kind: Kind, folders: Sequence[str]) -> _Found:
    said = meaning(path.name)
    part = said.part
    above: list[str] = []
    for name in folders:
        folder_part = part_of_folder(name)
        if folder_part is not Part.WHOLE:
            part = folder_part if part is Part.WHOLE else part
        # A file in a folder of its own name is as good as beside it.
        elif name.lower() not in NEUTRAL and not _same_file(name, path.name):
            above.append(name)
    return _Found(path, kind, (*above, *said.family), part, said.role)


def _same_file(folder: str, file: str) -> bool:
    return without_compression(folder).lower() == without_compression(file).lower()


def _is_a_class_each(found: list[_Found]) -> bool:
    """Whether files are named by classes, as the bitmaps of Quick, Draw! are."""
    says_nothing = all(f.part is Part.WHOLE and f.role is Role.UNKNOWN for f in found)
    return says_nothing and len({f.path.parent for f in found}) == 1 < len(found)


def _family(root: Folder, found: list[_Found], wanted: str, notes: list[Note]) -> _Family:
    """The set to read: the one that was named, or the only one with the preferred part."""
    with_images = [one for one in found if one.role is not Role.LABELS]
    families = list(dict.fromkeys(one.family for one in with_images))
    # A file that is called `images` and nothing else has its own name.
    names = {one.family: _shown(one.family) or one.path.name for one in reversed(with_images)}
    if wanted:
        return _named(root, families, names, wanted)
    best = min(one.part for one in with_images)
    preferred = list(dict.fromkeys(one.family for one in with_images if one.part == best))
    if len(preferred) == 1:
        return preferred[0]
    told = list(dict.fromkeys(one.family for one in with_images if one.is_images))
    if len(told) == 1 and told[0] in preferred:
        left = [one for one in with_images if one.part == best and one.family != told[0]]
        text = f"{safe_text(left[0].path.name)} was left out, because others are called images"
        notes.append(Note(text, is_warning=True))
        return told[0]
    plain = [family for family in preferred if family[-1:] == (_PLAIN,)]
    if len(plain) == 1:
        text = f"of {len(preferred)} sets, {names[plain[0]]} is used; FOLDER:NAME takes another"
        notes.append(Note(text, is_warning=True))
        return plain[0]
    received = f"{len(preferred)} data sets ({_listed(preferred, names)})"
    raise refuse(root.path, received, f"one, such as {root.path}:{_short(preferred, names)[0]}")


def _named(
    root: Folder, families: list[_Family], names: Mapping[_Family, str], wanted: str
) -> _Family:
    words = tuple(wanted.lower().replace("/", "-").split("-"))
    exact = [family for family in families if _shown(family).lower() == wanted.lower()]
    ending = [
        family
        for family in families
        if _shown(family).lower().split("-")[-len(words) :] == [*words]
    ]
    for matching in (exact, ending):
        if len(matching) == 1:
            return matching[0]
    raise refuse(root.path, f"the name {wanted}", f"one of {_listed(families, names)}")


def _short(families: list[_Family], names: Mapping[_Family, str]) -> list[str]:
    """The last words of sets where these tell them apart, otherwise their whole names."""
    last = [family[-1] if family else "" for family in families]
    is_enough = len(set(last)) == len(last) and all(last)
    return [safe_text(name) for name in (last if is_enough else [names[f] for f in families])]


def _listed(families: list[_Family], names: Mapping[_Family, str]) -> str:
    short = _short(families, names)
    more = f" and {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
    return ", ".join(short[:_MOST_NAMED]) + more


def _shown(family: _Family) -> str:
    return "-".join(family)


def _file_set(kind: Kind, found: list[_Found], notes: list[Note]) -> FileSet:
    with_images = [one for one in found if one.role is not Role.LABELS]
    part = min(one.part for one in with_images)
    images = _without_copies([one.path for one in with_images if one.part == part])
    labels = [one.path for one in found if one.role is Role.LABELS and one.part == part]
    if part in {Part.VALIDATION, Part.TEST}:
        text = f"there are no training images; {safe_text(images[0].name)} is used"
        notes.append(Note(text, is_warning=True))
    if kind not in _SHARDED:
        images = images[:1]
    return FileSet(kind, images, next(iter(_without_copies(labels)), None), notes=notes)


def _without_copies(paths: Iterable[DataPath]) -> list[DataPath]:
    """The files without those of which there is another form: plain ones before compressed."""
    by_name: dict[str, list[DataPath]] = defaultdict(list)
    for path in paths:
        plain = without_compression(path.name)
        by_name[plain if is_idx_name(plain) else PurePosixPath(plain).stem].append(path)
    return [min(copies, key=_compressed_and_depth) for copies in by_name.values()]


def _compressed_and_depth(path: DataPath) -> tuple[bool, int]:
    return without_compression(path.name) != path.name, str(path).count("/")
