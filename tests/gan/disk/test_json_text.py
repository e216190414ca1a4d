"""JSON of other programs: a value, or an error that says what is wrong."""

from __future__ import annotations

import pytest

from gan.disk.json_text import MAX_DEPTH, read_json


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "\\u00e9"]}', {"a": [1, 2.5, None, True, "é"]}),
        ('"é"'.encode(), "é"),
        (b"1" * 4300, int("1" * 4300)),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" + b"[]," * 1000 + b"[]]", [[]] * 1001),
    ],
    ids=range(5),
)
def test_what_is_json_is_read(data: bytes, value: object) -> None:
    assert read_json(data) == value or value is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Expecting value"),
        (b'{"a": 1, "b": 2, "a": 3}', "received the key 'a' more than once"),
        (b'[{"a": {"b": 1, "b": 1}}]', "received the key 'b' more than once"),
        (b"[" * 100_000, "nested too deeply: expected at most 32 levels"),
        (b"[" * 33 + b"]" * 33, "nested too deeply"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "nested too deeply"),
        (b"1" * 5000, "Exceeds the limit"),
        (b'"\xff"', "can't decode byte 0xff"),
        ("{}".encode("utf-16-le"), "Expecting property name"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"{}\0", "Extra data"),
    ],
    ids=range(11),
)
def test_what_is_not_is_an_error(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_json(data)
