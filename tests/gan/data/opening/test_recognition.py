from __future__ import annotations

import collections
import gzip
import io
import json
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan.data.opening.kinds import UNUSABLE, Kind
from gan.data.opening.recognition import kind_of, recognise, require_usable
from gan.errors import DataError
from tests.gan.data.making import digits, idx_bytes, npz_bytes, write
from tests.gan.data.opening.test_archives import PICTURES, tar_of, zip_of
from tests.gan.data.reading import read_source

if TYPE_CHECKING:
    from pathlib import Path


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(digits(1)[0]).save(buffer, kind)
    return buffer.getvalue()


def old_torch() -> bytes:
    """What PyTorch wrote before version 1.6: its magic number, pickled."""
    return pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickle.dumps(1001, protocol=2)


PICKLED: dict[str, Any] = {
    "list": [1, 2, 3],
    "tuple": ((1, 2), [3]),
    "dictionary": {"data": b"x", "labels": [1]},
    "array": digits(2),
    "tuple of arrays": (digits(2), np.arange(2)),
    "ordered": collections.OrderedDict(a=1),
    "text": "text",
    "number": 10**30,
    "none": None,
    "set": {1, 2},
}


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", PICKLED.values(), ids=PICKLED)
def test_a_pickle_is_known_by_its_first_bytes(value: Any, protocol: int) -> None:
    assert kind_of(pickle.dumps(value, protocol)) is Kind.PICKLE


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("name", ["list", "dictionary", "array", "tuple of arrays"])
def test_an_old_pickle_is_known_too(name: str, protocol: int) -> None:
    assert kind_of(pickle.dumps(PICKLED[name], protocol)) is Kind.PICKLE


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (idx_bytes(digits()), Kind.IDX),
        (npy(digits()), Kind.NPY),
        (b"PAR1" + bytes(30), Kind.PARQUET),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(100), Kind.MATLAB),
        (b"\x89HDF\r\n\x1a\n" + bytes(30), Kind.HDF5),
        (b"label,pixel0\n5,0\n", Kind.TABLE),
        (b"\xef\xbb\xbf5,0,0\r\n", Kind.TABLE),
        (b"0 0 1 1\n", Kind.TABLE),
        (picture("png"), Kind.PICTURE),
        (picture("jpeg"), Kind.PICTURE),
        (picture("gif"), Kind.PICTURE),
        (picture("bmp"), Kind.PICTURE),
        (picture("webp"), Kind.PICTURE),
        (picture("tiff"), Kind.PICTURE),
        (picture("ppm"), Kind.PICTURE),
        (b"", Kind.EMPTY),
        (b" \n", Kind.EMPTY),
        (b"<!DOCTYPE html><html>", Kind.HTML),
        (b"\n  <HTML><head>", Kind.HTML),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", Kind.XML),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:", Kind.LFS_POINTER),
        (old_torch(), Kind.PYTORCH),
        (b"Rar!\x1a\x07\x01\0", Kind.RAR),
        (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
        (b"%PDF-1.7", Kind.PDF),
        (json.dumps({"a": [1]}).encode(), Kind.JSON),
        ((60).to_bytes(8, "little") + b'{"a":{"dtype":"F32"', Kind.SAFETENSORS),
        (bytes(600), Kind.UNKNOWN),
        (b"\x01\x02\x03\xff" * 20, Kind.UNKNOWN),
    ],
)
def test_a_file_is_known_by_its_first_bytes(content: bytes, kind: Kind) -> None:
    assert kind_of(content) is kind


class TestFiles:
    @pytest.mark.parametrize(
        ("names", "kind"),
        [
            (["a.npy", "b.npy"], Kind.NPZ),
            (["data/a.npy"], Kind.ZIP),
            (["0/a.png"], Kind.ZIP),
            (["archive/data.pkl", "archive/version"], Kind.PYTORCH),
        ],
    )
    def test_a_zip_archive_is_known_by_what_is_in_it(
        self, tmp_path: Path, names: list[str], kind: Kind
    ) -> None:
        assert recognise(zip_of(tmp_path / "a", dict.fromkeys(names, b"?"))) is kind

    def test_a_compressed_file_is_known_by_its_content(self, tmp_path: Path) -> None:
        content = gzip.compress(pickle.dumps((digits(2), np.arange(2))))

        assert recognise(write(tmp_path / "mnist.pkl.gz", content)) is Kind.PICKLE

    def test_a_tar_archive_is_known_however_it_is_compressed(self, tmp_path: Path) -> None:
        assert recognise(tar_of(tmp_path / "a", PICTURES)) is Kind.TAR

    @pytest.mark.parametrize("kind", UNUSABLE)
    def test_what_no_reader_takes_is_refused_with_what_helps(
        self, tmp_path: Path, kind: Kind
    ) -> None:
        with pytest.raises(DataError, match=r"received .*, expected ") as caught:
            require_usable(tmp_path / "a", kind)

        assert kind.value in str(caught.value)


class Trap:
    """An object that runs code if its pickle is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('the pickle was opened')",))


@pytest.mark.parametrize("name", ["a.pkl", "a.npz", "a.npy", "train-images-idx3-ubyte", "a.csv"])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_never_opened_whatever_its_name(
    tmp_path: Path, name: str, protocol: int
) -> None:
    path = write(tmp_path / name, pickle.dumps(Trap(), protocol))

    with pytest.raises(DataError, match="a pickle"):
        read_source(path)


def test_a_pickle_in_a_folder_is_named(tmp_path: Path) -> None:
    """CIFAR-10 in Python's form."""
    write(tmp_path / "data_batch_1", pickle.dumps({"data": digits(2)}, 2))

    with pytest.raises(DataError, match="data_batch_1: received a pickle"):
        read_source(tmp_path)


@pytest.mark.parametrize("name", ["a.npz", "train-images-idx3-ubyte.gz", "a.csv", "a.zip"])
def test_a_page_of_a_dead_mirror_is_named(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, b"<!DOCTYPE html>\n<html><title>403 Forbidden</title>")

    with pytest.raises(DataError, match=r"received an HTML page, expected .*download it again"):
        read_source(path)
    with pytest.raises(DataError, match="received an HTML page"):
        read_source(tmp_path)


def test_a_pytorch_file_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "training.pt", "w") as archive:
        archive.writestr("training/data.pkl", pickle.dumps(Trap()))

    with pytest.raises(DataError, match=r"a PyTorch file.*numpy\.savez"):
        read_source(tmp_path / "training.pt")


def test_a_numpy_archive_may_have_any_name(tmp_path: Path) -> None:
    path = write(tmp_path / "mnist.dat", npz_bytes(images=digits()))

    assert np.array_equal(read_source(path).images, digits())


def tfrecord(*payloads: bytes) -> bytes:
    tensorboard = pytest.importorskip("tensorboardX.record_writer")
    buffer = io.BytesIO()
    for payload in payloads:
        header = len(payload).to_bytes(8, "little")
        crc = tensorboard.masked_crc32c(header)
        buffer.write(header + crc.to_bytes(4, "little") + payload + bytes(4))
    return buffer.getvalue()


@pytest.mark.parametrize("length", [5, 255, 300, 70_000])
def test_a_tfrecord_is_known_by_the_checksum_of_its_first_length(length: int) -> None:
    content = tfrecord(bytes(length), b"more")

    assert kind_of(content) is Kind.TFRECORD
    assert kind_of(content[:8] + b"\1" + content[9:]) is not Kind.TFRECORD


@pytest.mark.parametrize("form", ["file", "stream", "feather"])
def test_arrow_is_known_in_all_its_forms_and_told_what_to_do(tmp_path: Path, form: str) -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"image": [image.ravel().tolist() for image in digits(3)]})
    path = tmp_path / "a.arrow"
    if form == "feather":
        pytest.importorskip("pyarrow.feather").write_feather(table, str(path))
    else:
        new = arrow.ipc.new_file if form == "file" else arrow.ipc.new_stream
        with arrow.OSFile(str(path), "wb") as file, new(file, table.schema) as writer:
            writer.write_table(table)

    with pytest.raises(DataError, match=r"an Arrow or Feather file, .*dataset\.to_parquet\(FILE\)"):
        read_source(path)
