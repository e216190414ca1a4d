"""A worker besides the first: it makes the steps that it is told, and ends with the run.

The first worker is played here; it has no TensorFlow.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.commands import Pause, SaveCheckpoint, Stop
from gan.disk.arrays import pack
from gan.session.environment import computing_versions
from gan.session.joining import Joining
from gan.session.preparation import RunPlan
from gan.session.worker_session import WorkerSession
from gan.strategy.cluster import Cluster
from gan.strategy.hello import Facts
from gan.training.state import state_of
from tests.gan.housing import LONG_ENOUGH
from tests.gan.strategy.meeting import Ends, Told, chief_of, free_addresses, in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import Event
    from gan.strategy.leader import Leader
    from tests.gan.housing import House
    from tests.gan.programs import Programs

GRACE = 4.0


class Played:
    """A worker's session, and the first worker, played by a test."""

    def __init__(self, house: House, given: dict[str, Any], **own: Any) -> None:
        self.cluster = Cluster(free_addresses(2), 0)
        self.config = house.config(steps=30)
        me = replace(self.cluster, worker=1)
        plan = RunPlan(
            config=house.config(**own),
            runs=house.runs,
            cluster=me,
            start_seconds=LONG_ENOUGH,
            grace_seconds=GRACE,
        )
        self.told: list[Event] = []
        self.has_begun = threading.Event()
        self.session = WorkerSession(plan, me, given, listeners=[self._listen])
        self.lost, self.commands = Ends(), Ends()
        self.leader: Leader

    def _listen(self, event: Event) -> None:
        self.told.append(event)
        if isinstance(event, events.StepsCompleted):
            self.has_begun.set()

    def come(self) -> None:
        """Have the worker come, and begin with it."""
        self.leader, gather = chief_of(
            self.cluster, Told(), versions=computing_versions(), config=self.config.to_json()
        )
        with in_thread(gather) as raised:
            self.session.start()
        assert raised == []
        welcome = {"kind": "welcome", "config": self.config.to_json()}
        self.leader.begin(self.lost, self.commands, welcome)

    def compiled(self) -> Facts:
        """Have it load, and compile; returns what it has found."""
        facts = self.leader.collect("facts", lambda _: None, LONG_ENOUGH)[1]
        self.leader.broadcast({"kind": "compile"})
        self.leader.collect("compiled", lambda _: None, LONG_ENOUGH)
        return Facts.of(facts)

    def run(self, step: int, steps: int, branch: int = 0) -> None:
        order = {"step": step, "steps": steps, "branch": branch}
        self.leader.broadcast({"kind": "run", **order})

    def ended(self) -> Any:
        """Its last event."""
        assert self.session.join(LONG_ENOUGH)
        return self.told[-1]

    def all(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


@pytest.fixture
def played(house: House) -> Iterator[Played]:
    both = Played(house, {})
    yield both
    both.leader.end(1, "the test is over")


def test_it_makes_the_steps_that_it_is_told_from_the_state_that_it_is_sent(
    played: Played, programs: Programs
) -> None:
    program = programs.of(played.config.preset)
    state = pack(state_of(program.gan))
    expected = program.execution(0, 6)
    end = state_of(program.gan)

    played.come()
    facts = played.compiled()
    assert (facts.replicas, facts.device, facts.precision) == (1, "CPU", "float32")
    played.leader.broadcast({"kind": "state", "step": 0}, state)
    played.run(0, 4)
    played.run(4, 2)
    played.leader.end(0, "")

    assert isinstance(played.ended(), events.RunFinished)
    assert (played.ended().exit_code, played.ended().step) == (0, 6)
    losses = [event.d_loss for event in played.all(events.StepsCompleted)]
    np.testing.assert_array_equal(np.concatenate(losses), expected.d_loss)
    made = state_of(program.gan)
    for name, array in end.items():
        np.testing.assert_array_equal(made[name], array, err_msg=name)


def test_the_first_worker_may_be_silent_longer_while_it_prepares(played: Played) -> None:
    """Whoever loads TensorFlow's libraries may send no heartbeat meanwhile."""
    played.come()
    played.compiled()
    membership = played.session._membership
    assert membership is not None
    for _ in range(int(GRACE)):
        membership._link.look(1.0)
    played.leader.broadcast({"kind": "state", "step": 0}, b"no state")
    assert "sent no state" in played.ended().message
    assert membership._link._silence_seconds < GRACE


@pytest.mark.slow
def test_it_tells_what_its_machine_is_doing(played: Played) -> None:
    found = Ends()
    played.come()
    played.leader.on_reading = found
    played.compiled()
    worker, reading = found.next()
    assert (worker, reading.gpus) == (1, ())
    assert reading.memory > 10 * 2**20


def test_it_makes_steps_without_exchange_too(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Ends()
    monkeypatch.setattr("gan.training.execution.Execution.seconds_alone", asked)
    played.come()
    played.compiled()
    played.leader.broadcast({"kind": "alone", "step": 4, "steps": 2, "branch": 1})
    assert asked.next() == (4, 2, 1)


def test_what_it_was_not_told_it_takes_from_the_first_and_writes_nothing(
    played: Played, house: House
) -> None:
    played.come()
    played.compiled()
    played.leader.end(0, "")
    built = played.ended() and played.all(events.ModelsBuilt)[0]
    assert (built.total_steps, built.replicas, built.workers) == (30, 2, 2)
    assert played.all(events.RunStarted) == []
    assert not house.runs.exists()
    assert "worker 0 has the run's directory" in played.all(events.Noted)[0].text


@pytest.mark.parametrize(("code", "message"), [(143, ""), (74, "no space left"), (3, "NaN")])
def test_it_ends_as_the_run_does(played: Played, code: int, message: str) -> None:
    played.come()
    played.compiled()
    played.leader.end(code, message)
    last = played.ended()
    assert last.exit_code == code
    of_the_first = f"{played.cluster.name(0)}: {message}" if message else ""
    assert getattr(last, "message", "") == of_the_first


def test_it_ends_if_the_first_is_gone(played: Played) -> None:
    played.come()
    played.compiled()
    played.leader._links[1].close()
    assert played.ended().exit_code == 75
    assert played.ended().message.startswith(f"{played.cluster.name(0)} was lost")


def test_it_is_given_up_if_it_waits_for_ever(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, done = threading.Event(), threading.Event()

    def wait_for_ever(*_: Any) -> None:
        stuck.set()
        done.wait(LONG_ENOUGH)

    monkeypatch.setattr("gan.training.execution.Execution.__call__", wait_for_ever)
    played.come()
    played.compiled()
    played.run(0, 1)
    assert stuck.wait(LONG_ENOUGH)
    played.leader._links[1].close()
    assert played.session.join(2 * GRACE)
    assert played.told[-1].exit_code == 75  # type: ignore[attr-defined]
    done.set()


def test_signals_ask_the_first_worker(played: Played) -> None:
    played.come()
    played.compiled()
    played.session.send(SaveCheckpoint())
    assert played.commands.next() == ("save", 0)
    played.session.send(Pause())
    played.session.send(Stop(exit_code=143))
    assert played.commands.next() == ("stop", 143)
    assert not played.session.join(0)
    played.leader.end(143, "")
    assert played.ended().exit_code == 143


def test_its_own_error_is_told_and_ends_it(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError

    played.come()
    played.compiled()
    monkeypatch.setattr("gan.training.execution.Execution.__call__", fail)
    played.run(0, 1)
    assert isinstance(played.ended(), events.RunFailed)
    lost = played.lost.next()
    assert str(lost).startswith(f"{played.cluster.name(1)}: ")
    assert lost.exit_code == played.ended().exit_code == 1


def test_a_state_of_other_networks_is_refused(played: Played) -> None:
    played.come()
    played.compiled()
    played.leader.broadcast({"kind": "state"}, pack({"a": np.zeros(3, np.float32)}))
    assert "sent no state" in played.ended().message


def test_a_stop_before_the_first_is_there_ends_it(house: House) -> None:
    both = Played(house, {})
    both.session.start()
    both.session.send(Stop(exit_code=143))
    assert both.ended().exit_code == 143


def test_a_stop_just_as_the_run_begins_is_not_forgotten(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes after the last look at it, and before there is anybody to tell."""
    welcomed = Joining.welcomed

    def stopped_meanwhile(self: Joining, *arguments: Any) -> Any:
        config = welcomed(self, *arguments)
        played.session.send(Stop(exit_code=143))
        return config

    monkeypatch.setattr(Joining, "welcomed", stopped_meanwhile)
    played.come()
    assert played.commands.next() == ("stop", 143)


def test_a_refusal_has_its_words_and_its_code(house: House) -> None:
    both = Played(house, {"batch_size": 64})
    both.leader, gather = chief_of(
        both.cluster, Told(), versions=computing_versions(), config=both.config.to_json()
    )
    with in_thread(gather) as raised:
        both.session.start()
    (error,) = raised
    both.leader.end(2, str(error))
    assert both.ended().exit_code == 2
    assert both.ended().message == str(error)
    assert "was given --batch-size 64 (worker 0 has 32)" in str(error)


def test_a_first_worker_that_vanishes_before_it_says_anything_may_be_another_program(
    house: House,
) -> None:
    both = Played(house, {})
    both.leader, gather = chief_of(
        both.cluster, Told(), versions=computing_versions(), config=both.config.to_json()
    )
    with in_thread(gather):
        both.session.start()
    both.leader._links[1].close()
    assert both.ended().exit_code == 1
    assert "Another program may use its port" in both.ended().message
