"""The data sources: their names, and one table of the file formats.

Imports no reader before it is needed: the configuration, the command line and the help read it.
A new format is a row here and the module that reads it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.errors import UsageError
from gan.hints import aliases
from gan.hints.nearest import nearest
from gan.hints.quoting import brief
from gan.options import Values, either
from gan.paths import absolute, expanded

if TYPE_CHECKING:
    from gan.data.data_file import DataFile
    from gan.data.image_set import Arrays, Progress
    from gan.data.reading_options import ReadingOptions

AUTO: Final = "auto"
"""MNIST if there is a copy or a connection, otherwise the synthetic digits."""

MNIST: Final = "mnist"
FASHION_MNIST: Final = "fashion_mnist"
KMNIST: Final = "kmnist"
QMNIST: Final = "qmnist"
EMNIST: Final = "emnist"
EMNIST_SPLITS: Final = ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")
SYNTHETIC: Final = "synthetic"
DATA_NAMES: Final = (
    AUTO,
    MNIST,
    FASHION_MNIST,
    KMNIST,
    QMNIST,
    *(f"{EMNIST}/{split}" for split in EMNIST_SPLITS),
    SYNTHETIC,
)
"""The data sources that aren't paths. A name wins over a file of that name (write `./mnist`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A format of files, each of which holds all images."""

    name: str
    """As in `expected an .npz file`."""

    description: str
    """What such a file is, as the reason why its images were used."""

    reader: str
    """Import path, `module:function`, of what reads (file, progress, options)."""

    def read(self, file: DataFile, progress: Progress, options: ReadingOptions) -> Arrays:
        """Read a file.

        Raises:
            DataError: It can't be read or isn't of this format.
        """
        module, _, function = self.reader.partition(":")
        arrays: Arrays = getattr(import_module(module), function)(file, progress, options)
        return arrays


FORMATS: Final = {
    "": FileFormat(
        name="an IDX file", description="an IDX file", reader="gan.data.idx:read_idx_file"
    ),
    ".npy": FileFormat(
        name="an .npy file", description="a NumPy array", reader="gan.data.npz:read_npy"
    ),
    ".npz": FileFormat(
        name="an .npz file", description="a NumPy archive", reader="gan.data.npz:read_npz"
    ),
    **dict.fromkeys(
        (".csv", ".tsv", ".txt", ".amat"),
        FileFormat(
            name="a .csv, .tsv, .txt or .amat table",
            description="a table of text",
            reader="gan.data.tables.reading:read_table",
        ),
    ),
    ".parquet": FileFormat(
        name="a .parquet file",
        description="a Parquet file",
        reader="gan.data.extras.parquet:read_parquet",
    ),
    ".mat": FileFormat(
        name="a .mat file",
        description="a MATLAB file",
        reader="gan.data.extras.matlab:read_matlab",
    ),
}
"""The file formats by suffix, in lower case. The empty suffix stands for every other one."""

_PATHS: Final = (
    "a folder of IDX files",
    *dict.fromkeys(f.name for f in FORMATS.values()),
    "a folder of images",
    "a zip or tar archive of any of these",
)

_NAMES: Final = (
    *(name for name in DATA_NAMES if not name.startswith(EMNIST)),
    f"{EMNIST}/{either(EMNIST_SPLITS)}",
)

EXPECTED: Final = f"{', '.join(_NAMES)}, or the path of {either(_PATHS)}"
"""Every data source in words, for the help and for errors."""

_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)


def absolute_source(source: str) -> str:
    """A source with a path made absolute, so that a run can be resumed from another folder.

    Raises:
        StorageError: The path is relative to a working directory that was deleted.
    """
    if not source or (name := name_meant(source)) is None:
        return source and str(absolute(Path(expanded(source))))
    return name


def name_meant(word: str) -> str | None:
    """The data source that a word names, in whatever spelling: `fashion_mnist` for `FashionMNIST`.

    Only a name itself wins over a file or a folder that is called like the word: torchvision has
    one called `MNIST`.
    """
    if word in DATA_NAMES:
        return word
    name = {_letters(name): name for name in DATA_NAMES}.get(_letters(word))
    return None if name is None or os.path.lexists(word) else name


def _letters(word: str) -> str:
    """What tells spellings of a name apart from another name; all of a path."""
    return word if word.startswith((".", "/")) else re.sub(r"[-_ /]", "", word.lower())


def nearest_name(path: Path) -> str | None:
    """The named source that a path which isn't there may stand for: `mnist` for `minst`."""
    words = (path.name, "/".join(path.parts[-2:]))
    found = (nearest(word, DATA_NAMES, aliases.DATA) for word in words)
    return next((name for name in found if name is not None), None)


def _read_source(word: str) -> str:
    try:
        return expanded(word)
    except UsageError:
        # Refused by `_is_source`, whose error names the option.
        return word


def _is_source(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    if url := _URL.match(value):
        is_file = url["scheme"].lower() == "file"
        what = "Give its path" if is_file else "Download it and give its path"
        raise UsageError(f"received {brief(value)}, a URL; expected {EXPECTED}. {what}.")
    expanded(value)
    return True


SOURCE: Final = Values(EXPECTED, _is_source, _read_source, is_path=True)
"""What `--data` takes."""
