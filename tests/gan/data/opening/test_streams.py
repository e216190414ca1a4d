from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from typing import TYPE_CHECKING, Any

import pytest

from gan.data.opening import streams
from gan.data.opening.streams import opened, without_compression
from gan.errors import DataError
from tests.gan.data.making import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTENT = bytes(range(256)) * 8

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
}

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=PACKERS)
def pack(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    return PACKERS[request.param]


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    with opened(write(tmp_path / "a.gz", CONTENT)) as stream:
        assert stream.read() == CONTENT


def test_a_compressed_file_is_known_by_its_content(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    with opened(write(tmp_path / "a", pack(CONTENT))) as stream:
        assert stream.read() == CONTENT


def test_its_content_can_be_sought(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    with opened(write(tmp_path / "a", pack(CONTENT))) as stream:
        assert stream.seek(-3, io.SEEK_END) == len(CONTENT) - 3
        assert stream.read() == CONTENT[-3:]
        assert stream.seek(10) == 10
        assert stream.read(2) == CONTENT[10:12]
        assert stream.seek(5, io.SEEK_CUR) == 17
        assert stream.read(1) == CONTENT[17:18]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_file_is_refused_in_one_line(
    tmp_path: Path, pack: Callable[[bytes], bytes], damage: str
) -> None:
    packed = bytearray(pack(os.urandom(3000)))
    if damage == "cut":
        del packed[-100:]
    else:
        packed[len(packed) // 2] ^= 0xFF
    path = write(tmp_path / "a", bytes(packed))

    with pytest.raises(DataError, match="received a damaged") as caught, opened(path) as stream:
        stream.read()

    assert str(caught.value).isprintable()


def test_no_more_is_unpacked_than_is_plausible(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "largest_unpacked", lambda packed: 2 * packed)
    path = write(tmp_path / "a", pack(bytes(100_000)))

    with (
        pytest.raises(DataError, match="unpacks to more than is plausible"),
        opened(path) as stream,
    ):
        stream.read()
    with (
        pytest.raises(DataError, match="unpacks to more than is plausible"),
        opened(path) as stream,
    ):
        stream.seek(99_999)


class TestZstandard:
    HEAD = b"\x28\xb5\x2f\xfd" + bytes(20)

    def test_without_a_reader_it_is_named_with_what_unpacks_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "_ZSTD_MODULES", ("no.such.module",))
        path = write(tmp_path / "a.zst", self.HEAD)

        with pytest.raises(DataError, match=r"a Zstandard file.*unzstd"), opened(path):
            pass

    def test_the_reader_of_a_newer_python_is_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Module:
            @staticmethod
            def ZstdFile(raw: Any) -> io.BytesIO:  # noqa: N802
                return io.BytesIO(raw.read()[4:])

        monkeypatch.setattr(streams, "_ZSTD_MODULES", ("gzip",))
        monkeypatch.setattr(streams, "import_module", lambda _: Module)

        with opened(write(tmp_path / "a.zst", self.HEAD)) as stream:
            assert stream.read() == bytes(20)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DataError, match="not a regular file"), opened(tmp_path / "pipe"):
        pass


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"), opened(tmp_path / "gone"):
        pass


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv.gz", "a.csv"), ("A.CSV.XZ", "A.CSV"), ("a.csv", "a.csv"), ("a.tar.bz2", "a.tar")],
)
def test_a_name_says_what_is_compressed(name: str, expected: str) -> None:
    assert without_compression(name) == expected
