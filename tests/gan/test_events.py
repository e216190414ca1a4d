"""The kinds of events: one list, and how much each matters to a reader."""

from __future__ import annotations

import pytest

from gan import events
from gan.events import KINDS, Event, Severity


def test_every_kind_of_event_is_listed_by_its_name() -> None:
    kinds = [value for value in vars(events).values() if isinstance(value, type)]

    assert set(KINDS.values()) == {kind for kind in kinds if issubclass(kind, Event)} - {Event}
    assert all(kind.__name__ == name for name, kind in KINDS.items())
    assert next(iter(KINDS)) == "PhaseEntered"
    assert list(KINDS)[-1] == "RunFailed"


@pytest.mark.parametrize(
    ("event", "severity"),
    [
        (events.Paused(time=0, step=1), Severity.NOTICE),
        (events.Diverged(time=0, step=1, message="d_loss is nan"), Severity.ERROR),
        (events.StorageFaulted(time=0, what="log", message="full"), Severity.ERROR),
        (
            events.CommandAnswered(time=0, id="1", command="save", sender="", step=1, done=True),
            Severity.NOTICE,
        ),
        (events.Noted(time=0, text="a fact"), Severity.INFO),
        (events.Noted(time=0, text="beware", warning=True), Severity.WARNING),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else value.name,
)
def test_an_event_knows_how_much_it_matters(event: Event, severity: Severity) -> None:
    assert event.severity is severity


def test_a_checkpoint_is_a_notice_only_if_a_person_asked_for_it() -> None:
    def saved(*, requested: bool) -> events.CheckpointSaved:
        return events.CheckpointSaved(
            time=0, step=1, path="c", size=1, seconds=0.1, requested=requested
        )

    assert saved(requested=True).severity is Severity.NOTICE
    assert saved(requested=False).severity is Severity.INFO


def test_a_resumed_run_keeps_what_happened_to_it_and_not_how_its_earlier_processes_stood() -> None:
    kept = {name for name, kind in KINDS.items() if kind.OUTLIVES_PROCESS}

    assert kept == {
        "SeriesLogged",
        "StepsCompleted",
        "SamplesDrawn",
        "QualityMeasured",
        "CheckpointSaved",
        "Resampled",
        "AlertRaised",
        "Noted",
    }
