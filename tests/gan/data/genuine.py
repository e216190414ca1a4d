"""A small genuine source of every kind, by name, for tests that damage them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from tests.gan.data.making import Bytes, digits, idx_bytes, idx_header, npz_bytes, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

COUNT: Final = 24
LABELS: Final = (np.arange(COUNT) % 10).astype(np.uint8)
TRAIN: Final = "train-images-idx3-ubyte"


def npy_bytes(array: Any) -> bytes:
    """A `.npy` file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def picture_bytes(image: Bytes | Image.Image, kind: str = "png", **options: Any) -> bytes:
    """A picture of one of Pillow's formats."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def zip_bytes(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_bytes(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _pictures(kind: str = "png", convert: str = "L", **options: Any) -> dict[str, bytes]:
    images = map(Image.fromarray, digits(COUNT))
    return {
        f"{label}/{number:02}.{kind}": picture_bytes(image.convert(convert), kind, **options)
        for number, (label, image) in enumerate(zip(LABELS.tolist(), images, strict=True))
    }


def _deep_pictures(dtype: Any, factor: float) -> dict[str, bytes]:
    images = (digits(COUNT).astype(np.float64) * factor).astype(dtype)
    return {
        f"{number:02}.tiff": picture_bytes(Image.fromarray(image), "tiff")
        for number, image in enumerate(images)
    }


def _csv(
    delimiter: str = ",", *, header: bool = True, labels: bool = True, factor: float = 1
) -> bytes:
    names = ["label"] * labels + [f"pixel{i}" for i in range(784)]
    rows = [delimiter.join(names)] * header
    for label, image in zip(
        LABELS.tolist(), (digits(COUNT).reshape(COUNT, -1) * factor).tolist(), strict=True
    ):
        rows.append(delimiter.join(map(str, [label] * labels + image)))
    return ("\n".join(rows) + "\n").encode()


def _joined_csv() -> bytes:
    rows = (f"{n},{' '.join(map(str, i.ravel()))}\n" for n, i in zip(LABELS, IMAGES, strict=True))
    return ("label,pixels\n" + "".join(rows)).encode()


def _parquet(images: Iterable[Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"image": list(images), "label": LABELS.tolist()}), buffer)
    return buffer.getvalue()


def _mat(**variables: Any) -> bytes:
    from scipy.io import savemat

    buffer = io.BytesIO()
    savemat(buffer, variables, do_compression="dat" not in variables)
    return buffer.getvalue()


def _cells() -> Any:
    cells = np.empty((4, COUNT // 4), object)
    for index, image in zip(np.ndindex(cells.shape), IMAGES, strict=True):
        cells[index] = image
    return cells


def _idx(array: Any, code: int) -> bytes:
    return idx_header(array.shape, code) + array.tobytes()


IMAGES: Final = digits(COUNT)
_IDX: Final = {TRAIN: idx_bytes(IMAGES), "train-labels-idx1-ubyte": idx_bytes(LABELS)}

SOURCES: Final[dict[str, Callable[[], dict[str, bytes]]]] = {
    "idx": lambda: _IDX,
    "idx of floats": lambda: {TRAIN: _idx((IMAGES / 255).astype(">f4"), 0x0D)},
    "idx with labels of QMNIST": lambda: {
        "qmnist-train-images-idx3-ubyte": _IDX[TRAIN],
        "qmnist-train-labels-idx2-int": _idx(np.stack([LABELS] * 8, 1).astype(">i4"), 0x0C),
    },
    "idx.gz": lambda: {f"{TRAIN}.gz": gzip.compress(_IDX[TRAIN])},
    "idx.xz": lambda: {f"{TRAIN}.xz": lzma.compress(_IDX[TRAIN])},
    "idx.bz2": lambda: {f"{TRAIN}.bz2": bz2.compress(_IDX[TRAIN])},
    "emnist": lambda: {"emnist-letters-train-images-idx3-ubyte": _IDX[TRAIN]},
    "npz": lambda: {"a.npz": npz_bytes(x_train=IMAGES, y_train=LABELS)},
    "npz of colours": lambda: {
        "a.npz": npz_bytes(
            train_images=np.repeat(IMAGES[..., None], 3, 3), train_labels=np.eye(10)[LABELS]
        )
    },
    "npz of text": lambda: {
        "a.npz": npz_bytes(data=IMAGES.reshape(COUNT, -1), target=LABELS.astype(str))
    },
    "npz of 8 x 8": lambda: {"a.npz": npz_bytes(images=IMAGES[:, :8, :8] % 17 / 1.0)},
    "npz of floats": lambda: {"a.npz": npz_bytes(images=(IMAGES / 255).astype(np.float32))},
    "npy": lambda: {"a.npy": npy_bytes(IMAGES)},
    "npy in columns": lambda: {"a.npy": npy_bytes(np.asfortranarray(IMAGES / 255))},
    "npy of classes": lambda: {"cat.npy": npy_bytes(IMAGES), "dog.npy": npy_bytes(IMAGES)},
    "npy with labels": lambda: {"images.npy": npy_bytes(IMAGES), "labels.npy": npy_bytes(LABELS)},
    "csv": lambda: {"a.csv": _csv()},
    "csv without a header": lambda: {"a.csv": _csv(header=False)},
    "csv of words": lambda: {"a.csv": _csv().replace(b"\n3,", b"\nthree,")},
    "csv of floats": lambda: {"a.csv": _csv(header=False, factor=1 / 255)},
    "csv of joined pixels": lambda: {"a.csv": _joined_csv()},
    "tsv": lambda: {"a.tsv": _csv("\t")},
    "csv.gz": lambda: {"a.csv.gz": gzip.compress(_csv())},
    "amat": lambda: {"a.amat": _csv(" ", header=False, labels=False)},
    "parquet": lambda: {"a.parquet": _parquet({"bytes": png} for png in _pictures().values())},
    "parquet of numbers": lambda: {"a.parquet": _parquet(IMAGES.tolist())},
    "mat": lambda: {"a.mat": _mat(X=IMAGES.transpose(1, 2, 0), y=LABELS[:, None])},
    "mat of structures": lambda: {
        "a.mat": _mat(dataset={"train": {"images": IMAGES.reshape(COUNT, -1), "labels": LABELS}})
    },
    "mat of cells": lambda: {"a.mat": _mat(dat=_cells())},
    "png": _pictures,
    "png with a palette": lambda: _pictures(convert="P"),
    "png with opacity": lambda: _pictures(convert="LA"),
    "jpeg": lambda: _pictures("jpeg"),
    "jpeg of ink": lambda: _pictures("jpeg", "CMYK"),
    "gif": lambda: _pictures("gif"),
    "bmp": lambda: _pictures("bmp"),
    "webp": lambda: _pictures("webp", "RGBA"),
    "tiff": lambda: _pictures("tiff", compression="tiff_lzw"),
    "tiff of 16 bits": lambda: _deep_pictures(np.uint16, 257),
    "tiff of floats": lambda: _deep_pictures(np.float32, 1 / 255),
    "ppm": lambda: _pictures("ppm", "RGB"),
    "jp2": lambda: {f"{n}.jp2": picture_bytes(i, "jpeg2000") for n, i in enumerate(IMAGES)},
    "avif": lambda: {f"{n}.avif": picture_bytes(i, "avif") for n, i in enumerate(IMAGES)},
    "zip": lambda: {"a.zip": zip_bytes(_pictures())},
    "zip of idx.gz": lambda: {"a.zip": zip_bytes({f"{TRAIN}.gz": gzip.compress(_IDX[TRAIN])})},
    "zip of a zip": lambda: {"a.zip": zip_bytes({"train.zip": zip_bytes(_pictures())})},
    "zip of npz": lambda: {"a.zip": zip_bytes({"a/a.npz": npz_bytes(images=IMAGES)})},
    "lzma zip": lambda: {"a.zip": zip_bytes(_pictures(), zipfile.ZIP_LZMA)},
    "tar": lambda: {"a.tar": tar_bytes(_pictures(), "w")},
    "tar.gz": lambda: {"a.tar.gz": tar_bytes(_pictures())},
    "tar.xz": lambda: {"a.tar.xz": tar_bytes(_IDX, "w:xz")},
    "tar.bz2": lambda: {"a.tar.bz2": tar_bytes(_pictures(), "w:bz2")},
}
"""The files of each, by their names below its folder."""


PACKAGES: Final = {"parquet": "pyarrow", "mat": "scipy"}
"""What makes and reads the sources whose names begin with a word."""


def is_installed(kind: str) -> bool:
    """Whether a source of a kind can be made here."""
    package = PACKAGES.get(kind.split(maxsplit=1)[0])
    return package is None or find_spec(package) is not None


def make(kind: str, folder: Path) -> Path:
    """Write a source of a kind.

    Returns:
        The folder.
    """
    for name, content in SOURCES[kind]().items():
        write(folder / name, content)
    return folder
