"""The manifest: every bit of it is checked, and the record that a run resumes from reads back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.errors import CheckpointError
from gan.run.checkpoints import manifest as manifests
from gan.run.checkpoints.manifest import (
    STATE,
    Pin,
    ResumePoint,
    decode,
    encode,
    expected_layout,
    expected_state,
    pin_of,
    stronger,
)
from tests.gan.run.states import names, refuse_rejection, saved, store_of

LAYOUT = {"generator/0": ((2, 3), "<f4"), "step": ((), "<i8")}
EXTRA = {"log_offset": 12345, "train_seconds": 1.25, "name": "é\udcff", "nothing": None}
ENCODED = encode(500, b"the state", LAYOUT, EXTRA)

POINT = ResumePoint(
    fingerprint="ab" * 32,
    environment={"device": "CPU", "threads": None},
    branch=2,
    step=500,
    draw=1,
    train_seconds=12.5,
    log_offset=4096,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def signed(**changes: Any) -> bytes:
    """A manifest that was changed by somebody who knows how to sign it."""
    record = {**decode(ENCODED, 500), **changes}
    record = {name: value for name, value in record.items() if value is not ...}
    return manifests._dump({**record, "sha256": manifests._digest(record)})


def test_it_says_what_the_state_must_be() -> None:
    manifest = decode(ENCODED, 500)

    assert expected_state(manifest) == (9, hashlib.sha256(b"the state").hexdigest())
    assert expected_layout(manifest) == LAYOUT
    assert (manifest["format_version"], manifest["step"]) == (1, 500)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_what_the_caller_adds_reads_back(extra: dict[str, Any]) -> None:
    assert decode(encode(1, b"", {}, extra), 1)["extra"] == extra


def test_a_number_that_is_not_finite_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        encode(1, b"", {}, {"d_loss": float("nan")})


@given(position=st.integers(0, len(ENCODED) - 1), bit=st.integers(0, 7))
@settings(max_examples=400)
def test_no_flipped_bit_changes_what_is_read(position: int, bit: int) -> None:
    """A few flips change only the spelling, as of a hexadecimal digit; those may pass."""
    damaged = bytearray(ENCODED)
    damaged[position] ^= 1 << bit

    try:
        read = decode(bytes(damaged), 500)
    except ValueError:
        return
    assert read == decode(ENCODED, 500)


@given(st.integers(0, len(ENCODED) - 1))
def test_no_truncated_one_is_read(length: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(ENCODED[:length], 500)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b'{"sha256": 1}'])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data, 500)


def test_a_manifest_of_another_step_is_refused() -> None:
    with pytest.raises(ValueError, match="it belongs to step 500"):
        decode(ENCODED, 501)


def test_a_newer_version_is_no_damage() -> None:
    """It must not be set aside as corrupt by an older program."""
    with pytest.raises(CheckpointError, match=r"has format 2, this gan-tui reads 1"):
        decode(signed(format_version=2), 500)


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {}},
        {"files": {"../../etc/passwd": {"size": 1, "sha256": "0" * 64}}},
        {"files": {STATE: {"size": -1, "sha256": "0" * 64}}},
        {"files": {STATE: {"size": True, "sha256": "0" * 64}}},
        {"files": {STATE: {"size": 1, "sha256": "x"}}},
        {"files": {STATE: {"size": 1, "sha256": None}}},
        {"files": {STATE: {"size": 1}}},
        {"files": {STATE: None}},
        {"arrays": []},
        {"arrays": {"a": {"shape": [1.5], "dtype": "<f4"}}},
        {"arrays": {"a": {"shape": [-1], "dtype": "<f4"}}},
        {"arrays": {"a": {"shape": 3, "dtype": "<f4"}}},
        {"arrays": {"a": {"shape": [3], "dtype": 4}}},
        {"arrays": {"a": None}},
        {"extra": []},
        {"extra": ...},
        {"more": 1},
        {"pinned": "by me"},
        {"pinned": None},
        {"pinned": ["best"]},
    ],
    ids=str,
)
def test_a_well_signed_manifest_must_still_make_sense(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"its (files|arrays|fields|field pinned)"):
        decode(signed(**changes), 500)


def test_it_is_one_json_object_that_people_can_read() -> None:
    assert json.loads(ENCODED)["extra"] == EXTRA


@pytest.mark.parametrize("pin", ["requested", "best", None])
def test_a_pin_reads_back(pin: Pin | None) -> None:
    assert pin_of(decode(encode(1, b"", {}, {}, pinned=pin), 1)) == pin


def test_without_a_pin_nothing_is_written_of_it() -> None:
    assert "pinned" not in json.loads(ENCODED)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (None, None, None),
        ("best", None, "best"),
        (None, "requested", "requested"),
        ("best", "requested", "requested"),
        ("requested", "best", "requested"),
    ],
)
def test_what_somebody_asked_for_is_the_stronger_pin(
    first: Pin | None, second: Pin | None, both: Pin | None
) -> None:
    assert stronger(first, second) == both


def test_a_resume_point_reads_back_from_json() -> None:
    assert ResumePoint.from_json(json.loads(json.dumps(POINT.to_json()))) == POINT


def test_the_entries_of_a_resume_point_keep_their_names_and_order_on_disk() -> None:
    """Equal states must give equal manifests, whichever version wrote them."""
    assert list(POINT.to_json()) == [
        *("fingerprint", "environment", "branch"),
        *("step", "draw", "train_seconds", "log_offset"),
    ]


def test_an_early_checkpoint_has_no_branch_and_no_environment() -> None:
    record = POINT.to_json()
    del record["branch"], record["environment"]

    point = ResumePoint.from_json(record)

    assert (point.branch, point.environment) == (0, {})


def test_unknown_entries_of_a_resume_point_are_ignored() -> None:
    assert ResumePoint.from_json({**POINT.to_json(), "later": 1}) == POINT


@pytest.mark.parametrize("name", ["fingerprint", "step", "draw", "train_seconds", "log_offset"])
def test_a_missing_entry_of_a_resume_point_is_named(name: str) -> None:
    record = POINT.to_json()
    del record[name]

    with pytest.raises(ValueError, match=f"its {name} is None, expected"):
        ResumePoint.from_json(record)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fingerprint", 1),
        ("environment", []),
        ("branch", -1),
        ("branch", None),
        ("step", 1.5),
        ("draw", True),
        ("train_seconds", "1"),
        ("train_seconds", float("nan")),
        ("log_offset", -1),
    ],
)
def test_a_malformed_entry_of_a_resume_point_is_named_with_its_value(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"its {name} is .*, expected"):
        ResumePoint.from_json({**POINT.to_json(), name: value})


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"step": 2}, "its fingerprint is None, expected a string"),
        ({**POINT.to_json(), "step": "two"}, "its step is 'two', expected a whole number"),
    ],
    ids=["missing", "malformed"],
)
def test_an_intact_checkpoint_with_an_unreadable_resume_point_is_an_error_and_stays(
    run: Any, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], reason: str
) -> None:
    """Another version may have written it: renaming it would hide it from that version."""
    saved(run, 1)
    with monkeypatch.context() as patched:
        patched.setattr(ResumePoint, "to_json", lambda _: extra)
        saved(run, 2)

    for read in (lambda: store_of(run).newest(refuse_rejection), lambda: store_of(run).load(2)):
        with pytest.raises(CheckpointError, match=reason):
            read()

    assert names(run) == ["step-00000001", "step-00000002"]


def test_a_resume_point_of_another_step_is_damage(run: Any) -> None:
    saved(run, 1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ResumePoint, "to_json", lambda _: {**asdict(POINT), "step": 3})
        saved(run, 2)
    reasons: list[str] = []

    with pytest.raises(CheckpointError, match="its resume point is of step 3"):
        store_of(run).load(2)
    checkpoint = store_of(run).newest(lambda _, reason: reasons.append(reason))

    assert checkpoint is not None
    assert checkpoint.step == 1
    assert reasons == ["manifest.json: its resume point is of step 3"]
    assert names(run) == ["step-00000001", "step-00000002.corrupt"]
