"""The folder of exported programs: what one needs to be compiled, run and checked elsewhere.

A program is `NAME.json` and `NAME.hlo.gz`; arrays are in `arrays/`, each once, named by their
content: the programs of one preset start from the same weights and images.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

NUMBERS: Final = (np.int64, np.int32, np.int32, np.int64)
"""Types of the first four parameters: steps completed, first batch, steps to make, rollbacks."""

FIRST_ARRAY: Final = len(NUMBERS)
"""The first parameter that is an array. Images and their order come before the variables."""

_KEY_LENGTH: Final = 20


class FolderError(Exception):
    """The folder has no such program; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A program as XLA is given it: the parameters after the four numbers, and what to expect."""

    name: str
    preset: str
    precision: str
    batch_size: int
    steps_per_epoch: int
    """The order has this many batches; no call can make more steps."""

    recipe: dict[str, Any]
    """The run's configuration, as `config.json` has it."""

    tensorflow: str
    """The version that wrote the program and computed the losses."""

    arrays: list[str]
    """Keys of the images, of their order and of every variable, in the program's order."""

    variables: list[str]
    """Names of the variables."""

    returned: dict[str, int]
    """For each output that is a variable's next value, its number as text, the parameter that it
    replaces and whose memory it takes. Outputs 0 and 1 are the steps made and their metrics."""

    norms: dict[str, float]
    """For the same outputs, the Euclidean norm that TensorFlow's variable has after those steps."""

    losses: str
    """Key of TensorFlow's d_loss, g_loss, real_score and fake_score: float32, 4 x steps."""

    dense: dict[str, list[int]] | None
    """Features of the Dense layers of `generator` and `discriminator`: the first's inputs, then the
    outputs of each. `None` if they multiply patches of images."""


class Folder:
    """Reads and writes exported programs."""

    def __init__(self, path: Path) -> None:
        """Nothing is read or made here.

        Args:
            path: The folder; `write` and `keep` make it.
        """
        self.path = path

    def names(self) -> list[str]:
        """The programs in the folder, sorted.

        Raises:
            FolderError: There are none.
        """
        names = sorted(file.stem for file in self.path.glob("*.json"))
        if not names:
            raise FolderError(
                f"{self.path} has no exported programs. "
                f"Write some: python -m tests.bench.on_a_gpu.export {self.path}"
            )
        return names

    def read(self, name: str) -> Exported:
        """A program's description.

        Raises:
            FolderError: There is no such program.
        """
        file = self.path / f"{name}.json"
        if not file.exists():
            raise FolderError(f"received program {name}, expected one of {', '.join(self.names())}")
        return Exported(**json.loads(file.read_text(encoding="utf-8")))

    def programs(self, names: Sequence[str] = ()) -> list[Exported]:
        """The descriptions of those programs, or of all.

        Raises:
            FolderError: There are none, or not one of the names.
        """
        return [self.read(name) for name in names or self.names()]

    def hlo(self, name: str) -> bytes:
        """A program as a serialised `HloModuleProto`."""
        return gzip.decompress((self.path / f"{name}.hlo.gz").read_bytes())

    def write(self, exported: Exported, hlo: bytes) -> None:
        """Write a program, whose arrays are kept already."""
        self.path.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(hlo, mtime=0)
        (self.path / f"{exported.name}.hlo.gz").write_bytes(packed)
        text = json.dumps(asdict(exported), indent=1)
        (self.path / f"{exported.name}.json").write_text(text, encoding="utf-8")

    def keep(self, array: npt.NDArray[Any]) -> str:
        """Write an array unless the folder has it, and return its key."""
        array = np.ascontiguousarray(array)
        kind = f"{array.dtype.str} {array.shape}".encode()
        key = hashlib.sha256(kind + array.tobytes()).hexdigest()[:_KEY_LENGTH]
        file = self._file(key)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(file, array=array)
        return key

    def array(self, key: str) -> npt.NDArray[Any]:
        """The array of a key."""
        with np.load(self._file(key)) as kept:
            array: npt.NDArray[Any] = kept["array"]
        return array

    def _file(self, key: str) -> Path:
        return self.path / "arrays" / f"{key}.npz"
