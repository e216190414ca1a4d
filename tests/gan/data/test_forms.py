"""The forms in which 28 x 28 images circulate: each is read as the same images, or refused by name.

One row for each form that people have; the tests of the readers have the details.
"""

from __future__ import annotations

import gzip
import io
import lzma
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from PIL import Image

from gan.errors import DataError
from tests.gan.data.genuine import npy_bytes, picture_bytes, tar_bytes, zip_bytes
from tests.gan.data.making import idx_bytes, idx_header, npz_bytes, write
from tests.gan.data.pictures.drawing import digit
from tests.gan.data.reading import read_source, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT: Final = 60
X: Final = np.stack([digit(number) for number in range(COUNT)])
Y: Final = (np.arange(COUNT) % 10).astype(np.uint8)
FLOATS: Final = (X / 255).astype(np.float32)
BINARY: Final = np.where(X > 127, 255, 0).astype(np.uint8)
# In a folder, the images of a class come one after another.
BY_CLASS: Final = np.argsort(Y, kind="stable")

Files = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """A form, and what is right for it."""

    files: Callable[[], Files]
    """Bytes by file name; the source is the only file, or the folder that they are in."""

    images: Any = None
    """What is read; `None` for `X`."""

    labels: Any = None
    """`None` without labels."""

    note: str = ""
    """What is part of what the user is told; empty if nothing needs to be."""

    tolerance: int = 0
    source: str = ""
    """The source, if it is neither."""

    needs: str = ""
    """The package that reads it."""


def one(name: str, content: Callable[[], bytes], **right: Any) -> Form:
    return Form(lambda: {name: content()}, **right)


def npz(
    labels: Any = None, note: str = "", images: Any = None, tolerance: int = 0, **arrays: Any
) -> Form:
    right = {"labels": labels, "note": note, "images": images, "tolerance": tolerance}
    return one("a.npz", lambda: npz_bytes(**arrays), **right)


def folder(
    prefix: str = "", suffix: str = "png", note: str = "",
    draw: Callable[[np.ndarray], Any] = lambda image: image, **more: bytes
) -> Form:  # fmt: skip
    def files() -> Files:
        pictures = {
            f"{prefix}{label}/{number:03}.{suffix}": picture_bytes(draw(image), suffix)
            for number, (label, image) in enumerate(zip(Y.tolist(), X, strict=True))
        }
        return {**pictures, **more}

    return Form(files, X[BY_CLASS], Y[BY_CLASS], note)


def with_files(form: Form, files: Callable[[], Files], **changed: Any) -> Form:
    right = {"images": form.images, "labels": form.labels, "note": form.note, **changed}
    return Form(lambda: {**form.files(), **files()}, **right)


def packed(form: Form, pack: Callable[[Files], bytes]) -> Form:
    return Form(lambda: {"a": pack(form.files())}, form.images, form.labels, form.note)


def ink(image: np.ndarray) -> np.ndarray:
    """Black, drawn by its opacity."""
    return np.dstack([np.zeros((28, 28, 3), np.uint8), image])


def csv(*, header: bool = True, labels: bool = True, end: str = "\n", bom: str = "") -> bytes:
    names = ["label"] * labels + [f"pixel{number}" for number in range(784)]
    rows = [names] * header
    rows += [
        [str(value) for value in ([label] if labels else []) + image.ravel().tolist()]
        for label, image in zip(Y.tolist(), X, strict=True)
    ]
    return (bom + "".join(",".join(row) + end for row in rows)).encode()


def mat(**arrays: Any) -> bytes:
    from scipy.io import savemat

    buffer = io.BytesIO()
    savemat(buffer, arrays)
    return buffer.getvalue()


def parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pictures = [{"bytes": picture_bytes(image), "path": None} for image in X]
    buffer = io.BytesIO()
    pq.write_table(pa.table({"image": pictures, "label": pa.array(Y, pa.int64())}), buffer)
    return buffer.getvalue()


TRAIN, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
MNIST: Final = {
    TRAIN: idx_bytes(X), TRAIN_LABELS: idx_bytes(Y),
    TEST: idx_bytes(X[:9]), TEST_LABELS: idx_bytes(Y[:9]),
}  # fmt: skip
TORCHVISION: Final = {f"MNIST/raw/{n}": c for n, c in MNIST.items()} | {
    f"MNIST/raw/{n}.gz": gzip.compress(c) for n, c in MNIST.items()
}
JUNK: Final = {
    ".DS_Store": b"\0\0\0\1Bud1", "7/Thumbs.db": b"\xd0\xcf\x11\xe0", "7/._12.png": b"\0\5\x16\7",
    "README.md": b"about\n", ".ipynb_checkpoints/1.png": picture_bytes(X[0]),
    "__MACOSX/7/._007.png": b"\0\5\x16\7",
}  # fmt: skip

FORMS: Final[dict[str, Form]] = {
    "channels last": npz(x_train=X[..., None], y_train=Y, labels=Y),
    "rows of 784": npz(x_train=X.reshape(-1, 784), y_train=Y, labels=Y),
    "channels first": one(
        "a.npz", lambda: npz_bytes(images=X[:, None])
    ),
    "colour": one(
        "a.npz",
        lambda: npz_bytes(train_images=np.repeat(X[..., None], 3, 3), train_labels=Y[:, None]),
        labels=Y, note="grey",
    ),
    "MedMNIST": one(
        "a.npz",
        lambda: npz_bytes(
            train_images=X, train_labels=Y[:, None], val_images=X[:9], test_images=X[:9]
        ),
        labels=Y,
    ),
    "KMNIST": npz(arr_0=X),
    "capital letters": npz(X_train=X, Y_train=Y, labels=Y),
    "data and target": npz(data=X, target=Y, labels=Y),
    "int64": npz(x_train=X.astype(np.int64), y_train=Y, labels=Y),
    "booleans": one("a.npz", lambda: npz_bytes(images=X > 127), images=BINARY, note="255"),
    "-1 to 1": npz(x_train=(X / 127.5 - 1).astype(np.float32), tolerance=1, note="-1 to 1"),
    "rounding above 1": one(
        "a.npz", lambda: npz_bytes(images=(X / 255 * 1.0000002).astype(np.float32)), tolerance=1
    ),
    "standardised": one(
        "a.npz", lambda: npz_bytes(images=((X / 255 - 0.1307) / 0.3081).astype(np.float32)),
        tolerance=1, note="no known scale",
    ),
    "one-hot labels": npz(x_train=X, y_train=np.eye(10, dtype=np.uint8)[Y], labels=Y),
    "a column of labels": npz(x_train=X, y_train=Y[:, None], labels=Y),
    "labels as floats": npz(x_train=X, y_train=Y.astype(float), labels=Y),
    "labels in words": npz(
        x_train=X, y_train=np.array([f"class {v}" for v in Y]), labels=Y, note="numbered"
    ),
    "labels above 255": npz(x_train=X, y_train=Y.astype(int) * 300, labels=Y, note="numbered"),
    "a .npy of rows": one("a.npy", lambda: npy_bytes(X.reshape(-1, 784))),
    "a .npy": one("images.npy", lambda: npy_bytes(X)),
    "CSV": one("train.csv", csv, labels=Y),
    "CSV without labels": one("test.csv", lambda: csv(labels=False)),
    "CSV without a header": one("a.csv", lambda: csv(header=False), labels=Y),
    "CSV of Windows": one("a.csv", lambda: csv(bom="\ufeff", end="\r\n"), labels=Y),
    "binarised MNIST": one(
        "a.amat",
        lambda: "\n".join(" ".join("01"[v // 255] for v in i.ravel()) for i in BINARY).encode(),
        images=BINARY,
    ),
    "torchvision's folder": Form(lambda: TORCHVISION, labels=Y),
    "MNIST in it": Form(lambda: TORCHVISION, labels=Y, source="MNIST"),
    "raw in it": Form(lambda: TORCHVISION, labels=Y, source="MNIST/raw"),
    "a file in a folder": Form(lambda: {f"{n}/{n}": c for n, c in MNIST.items()}, labels=Y),
    "EMNIST": Form(
        lambda: {
            f"emnist-letters-{TRAIN}.gz": gzip.compress(idx_bytes(X.transpose(0, 2, 1))),
            f"emnist-letters-{TRAIN_LABELS}.gz": gzip.compress(idx_bytes(Y + 1)),
        },
        labels=Y + 1,
        note="upright",
    ),
    "dots": Form(lambda: {"train-images.idx3-ubyte": MNIST[TRAIN], "README": b"about"}),
    "test images alone": Form(
        lambda: {f"{TEST}.gz": gzip.compress(MNIST[TRAIN]), "README": b"about"}, note="no training"
    ),
    "IDX of floats": one(
        "float-images-idx3-float",
        lambda: idx_header(X.shape, 0x0D) + FLOATS.astype(">f4").tobytes(), tolerance=1,
    ),
    "training and testing": with_files(
        folder("training/"), lambda: folder("testing/").files(), note="not those of testing"
    ),
    "junk": with_files(folder(), lambda: JUNK),
    "beside and below": with_files(
        folder(), lambda: {**JUNK, "preview.png": picture_bytes(X[0])}, note="1 image was left out"
    ),
    "black on white": folder(draw=lambda image: 255 - image, note="inverted"),
    "ink by opacity": folder(draw=ink, note="dark ink"),
    "two broken": with_files(
        folder(), lambda: {"0/empty.png": b"", "0/cut.png": picture_bytes(X[0])[:120]},
        note="passed over: cut.png, empty.png",
    ),
    "TIFF": folder(suffix="tiff"),
    "many classes": Form(
        lambda: {f"U+{0x4E00 + n:04X}/{n}.png": picture_bytes(X[n % COUNT]) for n in range(288)},
        X[np.arange(288) % COUNT], np.arange(288),
    ),
    "pictures.zip": packed(
        with_files(folder(), lambda: JUNK),
        lambda files: zip_bytes({f"junk/{n}": c for n, c in files.items()}),
    ),
    "pictures.tar.gz": packed(folder(draw=lambda image: 255 - image, note="inverted"), tar_bytes),
    "IDX as .xz": one(f"{TRAIN}.xz", lambda: lzma.compress(MNIST[TRAIN])),
    "EMNIST's .mat": one(
        "emnist-letters.mat",
        lambda: mat(
            dataset={
                "train": {"images": X.transpose(0, 2, 1).reshape(-1, 784), "labels": Y[:, None]}
            }
        ),
        labels=Y, note="upright", needs="scipy",
    ),
    "mnist-original.mat": one(
        "mnist-original.mat", lambda: mat(data=X.reshape(-1, 784).T, label=Y[None].astype(float)),
        labels=Y, needs="scipy",
    ),
    "a hub's folder": Form(
        lambda: {"train-00000-of-00001.parquet": parquet(), "README.md": b"about"},
        labels=Y, needs="pyarrow",
    ),
}  # fmt: skip


def make(form: Form, root: Path) -> Path:
    """Write the files; returns the source."""
    files = form.files()
    for name, content in files.items():
        write(root / name, content)
    if form.source:
        return root / form.source
    return root / next(iter(files)) if len(files) == 1 else root


@pytest.mark.parametrize("name", FORMS)
def test_each_form_holds_the_same_images(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    if form.needs:
        pytest.importorskip(form.needs)

    arrays = read_source(make(form, tmp_path))

    expected = X if form.images is None else form.images
    assert arrays.images.shape == expected.shape
    assert np.abs(arrays.images.astype(int) - expected).max() <= form.tolerance
    if form.labels is None:
        assert arrays.labels is None
    else:
        assert arrays.labels is not None
        assert arrays.labels.tolist() == form.labels.tolist()
    assert form.note in " | ".join(told(arrays))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", lambda: npz_bytes(images=np.where(X[5] == X, np.nan, FLOATS)), "nan in image"),
        ("a.npz", lambda: b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        ("a.pkl.gz", lambda: gzip.compress(pickle.dumps((FLOATS, Y))), "a pickle"),
        (f"{TRAIN}.gz", lambda: b"<!DOCTYPE html>\n<html>", "an HTML page.*download it again"),
    ],
    ids=["a value that is no number", "a pointer", "a pickle", "a dead mirror"],
)  # fmt: skip
def test_what_holds_none_is_refused_by_what_it_is(
    name: str, content: Callable[[], bytes], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, content())

    with pytest.raises(DataError, match=message):
        read_source(path)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        (
            one("a.npz", lambda: npz_bytes(images=np.pad(X, ((0, 0), (2, 2), (2, 2))))),
            {"exact_size": True},
        ),
        (folder(draw=lambda image: Image.fromarray(image).resize((32, 32))), {"exact_size": True}),
        (FORMS["two broken"], {"strict": True}),
    ],
    ids=["a larger array", "larger pictures", "two broken"],
)
def test_what_is_mended_can_be_refused_instead(
    form: Form, options: dict[str, bool], tmp_path: Path
) -> None:
    source = make(form, tmp_path)

    assert told(read_source(source))
    with pytest.raises(DataError):
        read_source(source, **options)
