"""Named arrays as bytes: exact, repeatable, and never more than was expected."""

from __future__ import annotations

import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from gan.disk.arrays import Array, first_non_finite, layout, pack, unpack

NUMBERS = st.sampled_from(["<f4", "<f8", "<f2", "<i8", "<i4", "<u4", "|u1", "|b1"])
ARRAYS = np_st.arrays(NUMBERS, np_st.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
NAMES = st.text(st.sampled_from("abz09/_"), min_size=1, max_size=12)

SMALL: dict[str, Array] = {
    "generator/0": np.arange(6, dtype=np.float32).reshape(2, 3),
    "step": np.array(7, np.int64),
}


WHOLE = len(pack(SMALL))


@given(st.dictionaries(NAMES, ARRAYS, max_size=4))
def test_arrays_read_back_bit_for_bit(arrays: dict[str, Array]) -> None:
    read = unpack(bytes(pack(arrays)), layout(arrays))

    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
        assert read[name].tobytes() == array.tobytes()
        assert not read[name].flags.writeable


@given(st.dictionaries(NAMES, ARRAYS, max_size=4))
def test_numpy_reads_them_too(arrays: dict[str, Array]) -> None:
    with np.load(io.BytesIO(pack(arrays)), allow_pickle=False) as read:
        assert sorted(read.files) == sorted(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array)


def test_an_array_called_file_is_an_array_like_any_other() -> None:
    arrays = {"file": np.zeros(2, np.float32)}

    assert list(unpack(bytes(pack(arrays)), layout(arrays))) == ["file"]


def test_equal_arrays_give_equal_bytes() -> None:
    """So that the checksum of the file is the checksum of the state."""
    turned = {"generator/0": np.asfortranarray(SMALL["generator/0"]), "step": SMALL["step"]}

    assert bytes(pack(SMALL)) == bytes(pack(turned))


@pytest.mark.parametrize(
    "array",
    [np.array([{}], object), np.array(["a"]), np.zeros(1, [("a", "<f4")]), np.zeros(1, "<c8")],
    ids=lambda array: str(array.dtype),
)
def test_what_is_not_a_number_is_never_packed(array: Array) -> None:
    with pytest.raises(ValueError, match="expected little-endian numbers"):
        pack({"a": array})


def test_an_object_array_is_never_unpickled() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([{}], object))

    with pytest.raises(ValueError, match="expected little-endian numbers"):
        unpack(buffer.getvalue(), {"a": ((1,), "|O")})
    with pytest.raises(ValueError, match="is not <f4"):
        unpack(buffer.getvalue(), {"a": ((1,), "<f4")})


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"generator/0": ((2, 3), "<f4")},
        {**layout(SMALL), "more": ((), "<f4")},
        {**layout(SMALL), "step": ((1,), "<i8")},
        {**layout(SMALL), "step": ((), "<i4")},
        {**layout(SMALL), "generator/0": ((3, 2), "<f4")},
        {**layout(SMALL), "generator/0": ((10**9, 10**9), "<f4")},
        {**layout(SMALL), "generator/0": ((2, 3) * 40, "<f4")},
        {**layout(SMALL), "generator/0": ((1,) * 40_000, "<f4")},
    ],
    ids=lambda expected: str(expected)[:60],
)
def test_arrays_other_than_the_expected_are_refused(expected: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(bytes(pack(SMALL)), expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [0, 7, 9, 800])
def test_an_array_of_another_length_than_its_header_tells_is_refused(length: int) -> None:
    header = bytes(pack({"a": np.zeros(2, np.float32)})).partition(b"\x93NUMPY")
    values = (b"\x93NUMPY" + header[2])[:128] + bytes(length)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", values)

    with pytest.raises(ValueError, match=r"bytes do not fill \(2,\) of <f4"):
        unpack(buffer.getvalue(), {"a": ((2,), "<f4")})


def test_a_bomb_is_refused_before_it_inflates() -> None:
    arrays = {"a": np.zeros(10_000_000, np.uint8)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    assert len(buffer.getvalue()) < 20_000

    with pytest.raises(ValueError, match="compressed"):
        unpack(buffer.getvalue(), layout(arrays))


def test_members_that_claim_more_than_their_file_holds_are_refused() -> None:
    """Members may overlap, so that a small file holds many times itself."""
    arrays = {str(number): np.zeros(1000, np.uint8) for number in range(50)}
    data = bytearray(pack({"0": arrays["0"]}))
    start = data.rfind(b"PK\x01\x02")
    end = data.rfind(b"PK\x05\x06")
    entry, tail = data[start:end], data[end:]
    name = entry.index(b"0.npy")
    entries = b"".join(
        bytes(entry[:28])
        + b"\x06\x00"
        + entry[30:name]
        + f"{n:02d}.npy".encode()
        + entry[name + 5 :]
        for n in range(50)
    )
    tail[8:12] = (50).to_bytes(2, "little") * 2
    tail[12:16] = len(entries).to_bytes(4, "little")
    bomb = bytes(data[:start] + entries + tail)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert len(archive.namelist()) == 50

    with pytest.raises(ValueError, match="larger than their file"):
        unpack(bomb, {f"{n:02d}": ((1000,), "|u1") for n in range(50)})


@given(position=st.integers(0, 10**6), flip=st.integers(1, 255))
@settings(max_examples=300)
def test_no_damage_raises_anything_but_a_value_error(position: int, flip: int) -> None:
    data = bytearray(pack(SMALL))
    data[position % len(data)] ^= flip

    with contextlib.suppress(ValueError):
        unpack(bytes(data), layout(SMALL))


@given(st.binary(max_size=200) | st.integers(0, WHOLE - 1).map(lambda n: bytes(pack(SMALL))[:n]))
def test_no_fragment_is_readable(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(data, layout(SMALL))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_array_that_is_not_finite_is_named(value: float) -> None:
    arrays = {"a": np.zeros(3, np.float32), "b": np.array([0.0, value], np.float32)}

    assert first_non_finite(arrays) == "b"


def test_whole_numbers_are_finite() -> None:
    assert first_non_finite(SMALL) is None
    assert first_non_finite({"mask": np.array([True])}) is None
