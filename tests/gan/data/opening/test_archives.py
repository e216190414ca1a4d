from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.data.opening import archives
from gan.data.opening.archives import ArchivePath, reading_order
from gan.data.opening.tar_archives import opened_tar
from gan.data.opening.zip_archives import opened_zip
from gan.errors import DataError
from tests.gan.data.making import (
    Reports,
    digits,
    idx_bytes,
    ignore,
    memory_at_most,
    npz_bytes,
    write,
)
from tests.gan.data.reading import read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return buffer.getvalue()


def zip_of(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


PICTURES = {f"set/{i % 3}/{i}.png": png(image) for i, image in enumerate(digits(6))}
ORDER = [0, 3, 1, 4, 2, 5]

ARCHIVES: dict[str, Callable[[Path, Mapping[str, bytes]], Path]] = {
    "a.zip": zip_of,
    "stored.zip": lambda path, files: zip_of(path, files, zipfile.ZIP_STORED),
    "lzma.zip": lambda path, files: zip_of(path, files, zipfile.ZIP_LZMA),
    "a.tar": lambda path, files: tar_of(path, files, "w"),
    "a.tar.gz": tar_of,
    "a.tgz": tar_of,
    "a.tar.xz": lambda path, files: tar_of(path, files, "w:xz"),
    "a.tar.bz2": lambda path, files: tar_of(path, files, "w:bz2"),
    "without-a-suffix": tar_of,
}


@pytest.fixture(params=ARCHIVES)
def pack(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    return lambda files: ARCHIVES[request.param](tmp_path / request.param, files)


class TestReading:
    def test_pictures_are_read_where_they_lie(
        self, tmp_path: Path, pack: Callable[[Mapping[str, bytes]], Path]
    ) -> None:
        path = pack(PICTURES)

        arrays = read_source(path)

        assert np.array_equal(arrays.images, digits(6)[ORDER])
        assert arrays.labels is not None
        assert arrays.labels.tolist() == [0, 0, 1, 1, 2, 2]
        assert list(tmp_path.iterdir()) == [path]

    def test_compressed_files_in_it_are_read(
        self, pack: Callable[[Mapping[str, bytes]], Path]
    ) -> None:
        """As in the archive in which EMNIST is published."""
        path = pack(
            {
                "gzip/train-images-idx3-ubyte.gz": gzip.compress(idx_bytes(digits())),
                "gzip/train-labels-idx1-ubyte.gz": gzip.compress(
                    idx_bytes(np.arange(5, dtype=np.uint8))
                ),
            }
        )

        arrays = read_source(path)

        assert np.array_equal(arrays.images, digits())
        assert arrays.labels is not None

    def test_an_archive_in_it_is_read(self, pack: Callable[[Mapping[str, bytes]], Path]) -> None:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            for name, content in PICTURES.items():
                archive.writestr(name, content)

        assert len(read_source(pack({"train.zip": inner.getvalue()})).images) == 6

    def test_what_is_not_the_data_is_passed_over(
        self, pack: Callable[[Mapping[str, bytes]], Path]
    ) -> None:
        junk = {"__MACOSX/set/._0.png": b"?", ".DS_Store": b"?", "set/0/Thumbs.db": b"?"}

        assert len(read_source(pack({**junk, **PICTURES})).images) == 6

    def test_a_numpy_archive_in_it_is_read(
        self, pack: Callable[[Mapping[str, bytes]], Path]
    ) -> None:
        path = pack({"data/mnist.npz": npz_bytes(x_train=digits(), y_train=np.arange(5))})

        assert np.array_equal(read_source(path).images, digits())


class TestHostile:
    @pytest.mark.parametrize(
        "name", ["../a.png", "/etc/a.png", "a/../../b.png", "C:/a.png", "..\\a.png", "x" * 2000]
    )
    @pytest.mark.parametrize("kind", ["a.zip", "a.tar"])
    def test_a_name_that_leaves_the_archive_is_left_out(
        self, tmp_path: Path, kind: str, name: str
    ) -> None:
        path = ARCHIVES[kind](tmp_path / kind, {name: b"outside", "0/a.png": png(digits(1)[0])})

        assert len(read_source(path).images) == 1

    def test_links_and_devices_are_left_out(self, tmp_path: Path) -> None:
        with tarfile.open(tmp_path / "a.tar", "w") as archive:
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
                member = tarfile.TarInfo(f"0/{kind.decode()}.png")
                member.type, member.linkname = kind, "/etc/passwd"
                archive.addfile(member)
            member = tarfile.TarInfo("0/a.png")
            member.size = len(png(digits(1)[0]))
            archive.addfile(member, io.BytesIO(png(digits(1)[0])))
        link = zipfile.ZipInfo("0/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        zip_of(tmp_path / "a.zip", {"0/a.png": png(digits(1)[0])})
        with zipfile.ZipFile(tmp_path / "a.zip", "a") as zipped:
            zipped.writestr(link, "/etc/passwd")

        for name in ("a.tar", "a.zip"):
            assert len(read_source(tmp_path / name).images) == 1

    def test_an_encrypted_file_is_refused(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path / "a.zip", {"train-images-idx3-ubyte": idx_bytes(digits())})
        content = bytearray(path.read_bytes())
        content[6] |= 1
        content[content.index(b"PK\1\2") + 8] |= 1
        path.write_bytes(content)

        with pytest.raises(DataError, match="received an encrypted file"):
            read_source(path)

    def test_a_method_that_python_lacks_is_refused(self, tmp_path: Path) -> None:
        path = zip_of(tmp_path / "a.zip", {"train-images-idx3-ubyte": idx_bytes(digits())})
        content = bytearray(path.read_bytes())
        content[8] = content[content.index(b"PK\1\2") + 10] = 9
        path.write_bytes(content)

        with pytest.raises(DataError, match="compressed by method 9"):
            read_source(path)

    def test_archives_in_one_another_end(self, tmp_path: Path) -> None:
        content = zip_of(tmp_path / "0.zip", PICTURES).read_bytes()
        for number in range(3):
            content = zip_of(tmp_path / f"{number}.zip", {"in.zip": content}).read_bytes()

        with pytest.raises(DataError, match="an archive in an archive in an archive"):
            read_source(tmp_path / "2.zip")

    def test_a_header_can_not_ask_for_all_memory(self, tmp_path: Path) -> None:
        member = tarfile.TarInfo("pax")
        member.type, member.size = tarfile.XHDTYPE, 2**30
        head = member.tobuf() + bytes(512)
        path = write(tmp_path / "a.tar.gz", gzip.compress(head + bytes(60 * 2**20)))

        with (
            memory_at_most(40 * 2**20),
            pytest.raises(DataError, match="a header of 1073741824 bytes"),
        ):
            read_source(path)

    def test_many_members_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archives, "_MAX_MEMBERS", 5)

        for path in (zip_of(tmp_path / "a.zip", PICTURES), tar_of(tmp_path / "a.tar.gz", PICTURES)):
            with pytest.raises(DataError, match="received 6 files in an archive"):
                read_source(path)

    def test_a_member_that_unpacks_to_too_much_is_refused(self, tmp_path: Path) -> None:
        bomb = idx_bytes(digits()) + bytes(70 * 2**20)
        path = zip_of(tmp_path / "a.zip", {"train-images-idx3-ubyte": bomb})

        with memory_at_most(20 * 2**20), pytest.raises(DataError, match="that unpacks to"):
            read_source(path)

    @pytest.mark.parametrize("kind", ["a.zip", "a.tar", "a.tar.gz"])
    def test_a_cut_archive_is_refused(self, tmp_path: Path, kind: str) -> None:
        path = ARCHIVES[kind](tmp_path / kind, {f"0/{i}.png": os.urandom(5000) for i in range(9)})
        path.write_bytes(path.read_bytes()[:30_000])

        with pytest.raises(DataError, match=r"damaged|cut"):
            read_source(path)

    def test_a_damaged_header_in_the_middle_is_not_its_end(self, tmp_path: Path) -> None:
        path = tar_of(tmp_path / "a.tar", {f"0/{i}.png": bytes(512) for i in range(9)}, "w")
        content = bytearray(path.read_bytes())
        content[4 * 1024 : 4 * 1024 + 8] = b"damaged!"
        path.write_bytes(content)

        with pytest.raises(DataError, match="a damaged tar archive"):
            read_source(path)


class TestPaths:
    @pytest.fixture(params=["zip", "tar"])
    def root(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArchivePath]:
        make = zip_of if request.param == "zip" else tar_of
        path = make(tmp_path / "data", PICTURES)
        with opened_zip(path) if request.param == "zip" else opened_tar(path, ignore) as root:
            yield root

    def test_the_root_is_named_like_the_archive(self, root: ArchivePath, tmp_path: Path) -> None:
        assert (root.name, str(root)) == ("data", str(tmp_path / "data"))
        assert root.parent == root

    def test_folders_need_no_entry_of_their_own(self, root: ArchivePath) -> None:
        assert [path.name for path in root.iterdir()] == ["set"]
        assert (root / "set").is_dir()
        assert sorted(path.name for path in (root / "set").iterdir()) == ["0", "1", "2"]

    def test_a_file_has_the_parts_of_a_path(self, root: ArchivePath, tmp_path: Path) -> None:
        file = root / "set" / "0" / "3.png"

        assert (file.name, file.suffix, file.parent.name) == ("3.png", ".png", "0")
        assert str(file) == str(tmp_path / "data" / "set" / "0" / "3.png")
        assert (file.is_file(), file.is_dir()) == (True, False)
        assert file.with_name("0.png").is_file()
        assert not file.with_name("9.png").is_file()
        assert file.stat().st_size > 0
        with file.open("rb") as stream:
            assert stream.read() == PICTURES["set/0/3.png"]

    def test_a_missing_file_is_like_one_on_disk(self, root: ArchivePath) -> None:
        with pytest.raises(FileNotFoundError):
            (root / "gone").open("rb")

    def test_the_order_of_reading_is_that_of_the_archive(self, root: ArchivePath) -> None:
        files = [root / "set" / str(i % 3) / f"{i}.png" for i in (5, 1, 3)]

        assert reading_order(files) == [1, 2, 0]


def test_a_large_member_of_a_tar_archive_is_read_piece_by_piece(tmp_path: Path) -> None:
    content = os.urandom(2**20)
    path = tar_of(tmp_path / "a.tar", {"b": b"?", "a": content})
    with opened_tar(path, ignore) as root:
        one, other = (root / "a").open("rb"), (root / "a").open("rb")

        assert one.read(10) == content[:10]
        assert other.read(20) == content[:20]
        assert one.read(10) == content[10:20]
        assert one.seek(-5, io.SEEK_END) == 2**20 - 5
        assert one.read() == content[-5:]
        assert one.read() == b""


def test_looking_through_a_long_archive_is_reported(tmp_path: Path) -> None:
    """A stop takes effect there."""
    path = tar_of(tmp_path / "a.tar.gz", {f"{n}.txt": b"" for n in range(2100)})
    reports = Reports()

    with opened_tar(path, reports):
        pass

    what = "looking through a.tar.gz"
    assert reports.calls == [(what, 1024, 0, "files"), (what, 2048, 0, "files")]
