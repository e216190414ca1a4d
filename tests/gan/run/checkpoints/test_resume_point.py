"""The record that a run resumes from, on disk and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gan.run.checkpoints.resume_point import ResumePoint
from tests.gan.run.states import refuse_rejection, saved, store_of

POINT = ResumePoint(
    fingerprint="ab" * 32,
    environment={"device": "CPU", "threads": None},
    branch=2,
    step=500,
    draw=1,
    train_seconds=12.5,
    log_offset=4096,
)


def test_it_reads_back_from_json() -> None:
    assert ResumePoint.from_json(json.loads(json.dumps(POINT.to_json()))) == POINT


def test_its_entries_keep_their_names_and_order_on_disk() -> None:
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


def test_unknown_entries_are_ignored() -> None:
    assert ResumePoint.from_json({**POINT.to_json(), "later": 1}) == POINT


@pytest.mark.parametrize("name", ["fingerprint", "step", "draw", "train_seconds", "log_offset"])
def test_a_missing_entry_is_named(name: str) -> None:
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
def test_a_malformed_entry_is_named_with_what_was_received(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"its {name} is .*, expected"):
        ResumePoint.from_json({**POINT.to_json(), name: value})


def test_a_checkpoint_with_a_malformed_record_is_set_aside(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However well it is signed."""
    saved(run, 1)
    with monkeypatch.context() as patched:
        patched.setattr(ResumePoint, "to_json", lambda _: {"step": "two"})
        saved(run, 2)
    reasons: list[str] = []

    checkpoint = store_of(run).newest(lambda _, reason: reasons.append(reason))

    assert checkpoint is not None
    assert checkpoint.step == 1
    assert reasons == ["manifest.json: its fingerprint is None, expected a string"]
    assert store_of(run).newest(refuse_rejection) is not None
