"""The one parser and the one answer to "is it due?"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.cadence import Cadence
from gan.errors import UsageError


@pytest.mark.parametrize(
    ("text", "unit", "every"),
    [
        ("500", "steps", 500),
        ("2ep", "epochs", 2),
        ("30s", "seconds", 30),
        ("5m", "seconds", 300),
        ("off", "off", 0),
    ],
)
def test_each_form_is_read(text: str, unit: str, every: int) -> None:
    assert Cadence.parse(text) == Cadence(unit, every)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "0", "0ep", "-5", "1.5", "5h", "ep", " 5", "5\n", "OFF", "٣", "9" * 5000],
    ids=lambda text: repr(text[:6]),
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"^received .*expected 500 \(steps\), 2ep"):
        Cadence.parse(text)


@pytest.mark.parametrize("text", ["0", "0ep", "0s", "00m"])
def test_the_refusal_of_zero_says_that_it_is_zero(text: str) -> None:
    with pytest.raises(UsageError, match="which is zero"):
        Cadence.parse(text)


@given(st.sampled_from(["steps", "epochs", "seconds"]), st.integers(1, 10**10))
def test_its_text_reads_back(unit: str, every: int) -> None:
    cadence = Cadence(unit, every)  # type: ignore[arg-type]

    assert Cadence.parse(str(cadence)) == cadence


def test_off_is_written_as_off() -> None:
    assert str(Cadence.parse("off")) == "off"


@given(st.integers(0, 10_000), st.integers(1, 500), st.integers(1, 50))
def test_an_interval_in_epochs_is_due_at_the_predicted_step(
    step: int, steps_per_epoch: int, epochs: int
) -> None:
    cadence = Cadence("epochs", epochs)

    until = cadence.steps_until_due(step, steps_per_epoch)

    assert until is not None
    assert 1 <= until <= epochs * steps_per_epoch
    assert cadence.is_due(step + until, steps_per_epoch, last_step=step, seconds_since=0.0)


def test_nothing_is_due_twice_at_one_step() -> None:
    for text in ("10", "1ep", "1s"):
        cadence = Cadence.parse(text)
        assert not cadence.is_due(10, 10, last_step=10, seconds_since=99.0)


def test_seconds_are_due_when_they_have_passed() -> None:
    cadence = Cadence.parse("30s")

    assert not cadence.is_due(7, 234, last_step=1, seconds_since=29.9)
    assert cadence.is_due(7, 234, last_step=1, seconds_since=30.0)


def test_off_is_never_due_and_steps_do_not_decide_it() -> None:
    cadence = Cadence.parse("off")

    assert not cadence.is_due(500, 234, last_step=0, seconds_since=1e9)
    assert cadence.steps_until_due(1, 234) is None
    assert Cadence.parse("5m").steps_until_due(1, 234) is None
