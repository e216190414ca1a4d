"""The first worker of a run with several: a session whose steps others make too.

The other worker is a thread here, which does what it is told and has no TensorFlow.
"""

from __future__ import annotations

import functools
import operator
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan import events
from gan.commands import Pause, RollBack, SaveCheckpoint, Stop, Unpause
from gan.events import Phase
from gan.readings import MachineReading, to_json
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import read_record
from gan.run.directory import RunDirectory
from gan.run.lock import RunLock
from gan.run.status import read_status
from gan.session.environment import computing_versions
from gan.strategy.cluster import Cluster
from gan.strategy.hello import Facts
from gan.strategy.membership import RunEnded
from tests.gan.housing import FOREVER, LONG_ENOUGH, Ended, House, in_turn, when
from tests.gan.strategy.meeting import Ends, come, free_addresses

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Event
    from gan.session.session import TrainingSession
    from gan.strategy.membership import End, Membership

GRACE = 4.0
READING = MachineReading(process_cpu=150.0, machine_cpu=80.0, memory=2**30)


class OtherWorker:
    """Does what the first worker says, and remembers it."""

    def __init__(
        self, cluster: Cluster, images: str, *, jit_compiled: bool = True, **changes: Any
    ) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.end: End | None = None
        self.membership: Membership | None = None
        self._cluster = cluster
        self._jit_compiled = jit_compiled
        self._facts = replace(
            Facts(
                fingerprint=images,
                data="digits",
                replicas=1,
                device="CPU",
                precision="float32",
            ),
            **changes,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        versions = computing_versions()
        self.membership = membership = come(self._cluster, 1, Ends(), versions=versions)
        try:
            while True:
                message, payload = membership.wait()
                kind = message["kind"]
                step, steps = message.get("step"), message.get("steps")
                self.heard.append((kind, step, steps, message.get("branch"), len(payload)))
                if kind == "welcome":
                    membership.tell(self._facts.to_message())
                if kind == "run":
                    membership.tell({"kind": "reading", "machine": to_json(READING)})
                if kind == "compile":
                    membership.tell({"kind": "compiled", "jit_compiled": self._jit_compiled})
        except RunEnded as ended:
            self.end = ended.end
        finally:
            membership.close()

    def leave(self) -> None:
        """Be gone, as a process that was killed."""
        assert self.membership is not None
        self.membership.close()

    def ask(self, command: str, exit_code: int = 0) -> None:
        """Ask the first worker for what a signal has asked of this one."""
        assert self.membership is not None
        self.membership.tell({"kind": "command", "command": command, "exit_code": exit_code})

    def join(self) -> End:
        self._thread.join(LONG_ENOUGH)
        assert self.end is not None
        return self.end

    def runs(self) -> list[tuple[int, int, int]]:
        """The step, the number of steps and the branch of each execution."""
        return [
            (step, steps, branch) for kind, step, steps, branch, _ in self.heard if kind == "run"
        ]

    def states(self) -> list[int]:
        """The steps at which the state was sent."""
        return [step for kind, step, _, _, size in self.heard if kind == "state" and size]


class Pair:
    """A session with another worker."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.fingerprint = house.train(steps=1).only(events.DataLoaded).fingerprint

    def train(
        self,
        on: Callable[[TrainingSession, OtherWorker, Event], None] = lambda *_: None,
        *,
        facts: dict[str, Any] | None = None,
        **options: Any,
    ) -> tuple[Ended, OtherWorker]:
        cluster = Cluster(free_addresses(2), 0)
        session = self._house.session(
            on=lambda session, event: on(session, other, event),
            plan=lambda plan: replace(
                plan, cluster=cluster, grace_seconds=GRACE, start_seconds=LONG_ENOUGH
            ),
            **options,
        )
        other = OtherWorker(cluster, self.fingerprint, **(facts or {}))
        session.begin()
        return session.ended(), other


@pytest.fixture
def pair(house: House) -> Pair:
    return Pair(house)


def once(
    kind: type[Event], do: Callable[[OtherWorker], object]
) -> Callable[[TrainingSession, OtherWorker, Event], None]:
    """Have the other worker do something at the first event of a kind."""
    left = [do]

    def on(_: TrainingSession, other: OtherWorker, event: Event) -> None:
        if left and isinstance(event, kind):
            left.pop()(other)

    return on


def test_both_make_the_same_steps_from_the_same_state(pair: Pair) -> None:
    ended, other = pair.train(steps=40)
    assert ended.last.exit_code == 0
    assert other.join().exit_code == 0
    assert [kind for kind, *_ in other.heard[:4]] == ["welcome", "compile", "state", "run"]
    assert other.states() == [0]
    steps = [list(range(step, step + steps)) for step, steps, _ in other.runs()]
    assert functools.reduce(operator.iadd, steps, []) == list(range(40))


def test_what_they_are_is_told_and_kept(pair: Pair) -> None:
    ended, other = pair.train(steps=2)
    other.join()
    built = ended.only(events.ModelsBuilt)
    assert (built.replicas, built.workers, built.devices) == (2, 2, "")
    environment = read_record(ended.run)["environment"]
    assert environment["replicas"] == 2
    assert environment["devices"] == ["CPU:0"]
    assert len(environment["workers"]) == 2
    status = read_status(ended.run)
    assert (status["replicas"], status["workers"]) == (2, 2)


def test_what_the_other_machine_is_doing_is_in_the_status_while_the_run_lives(pair: Pair) -> None:
    found: list[Any] = []

    def look(session: TrainingSession, _: OtherWorker, event: Event) -> None:
        if isinstance(event, events.StepsCompleted) and not found:
            status = read_status(RunDirectory(Path(session.progress.run_dir)))
            found.extend(one for one in status["machines"] if one["worker"] == 1)
            if found:
                assert [one.machine for one in session.machines if one.worker] == [READING]
                session.send(Stop())

    ended, _ = pair.train(look, steps=FOREVER)
    assert (found[0]["host"], found[0]["process_cpu"]) == ("127.0.0.1", 150.0)
    assert read_status(ended.run)["machines"] == []


def test_after_a_rollback_the_other_gets_the_state_it_went_back_to(pair: Pair) -> None:
    act = in_turn(
        (events.StepsCompleted, SaveCheckpoint()),
        (events.CheckpointSaved, RollBack()),
        (events.RolledBack, Unpause()),
        (events.StepsCompleted, Stop()),
    )
    ended, other = pair.train(lambda session, _, event: act(session, event), steps=FOREVER)
    other.join()
    back = ended.only(events.RolledBack)
    assert other.states() == [0, back.step]
    assert next(run for run in other.runs() if run[2] == 1)[0] == back.step


def test_a_resumed_run_sends_the_state_it_resumes_from(pair: Pair) -> None:
    first, other = pair.train(steps=5)
    other.join()
    again, other = pair.train(steps=9, resume=first.run)
    other.join()
    assert again.last.exit_code == 0
    assert other.states() == [5]
    assert other.runs()[0][0] == 5


def test_resuming_alone_says_that_the_trajectory_may_differ(pair: Pair, house: House) -> None:
    first, other = pair.train(steps=5)
    other.join()
    alone = house.train(steps=9, resume=first.run)
    assert alone.last.exit_code == 0
    (warning,) = [note.text for note in alone.notes if note.warning]
    assert warning == "state exact, trajectory may differ: replicas 1, was 2."


def test_a_signal_at_the_other_stops_both_with_its_code(pair: Pair) -> None:
    ended, other = pair.train(
        once(events.StepsCompleted, lambda other: other.ask("stop", 143)), steps=FOREVER
    )
    assert ended.last.exit_code == 143
    assert other.join().exit_code == 143
    assert CheckpointStore(ended.run, keep=3).newest(pytest.fail) is not None


def test_a_worker_that_is_gone_ends_the_run_by_name(pair: Pair) -> None:
    act = when(events.StepsCompleted, SaveCheckpoint())
    leave = once(events.CheckpointSaved, OtherWorker.leave)

    def on(session: TrainingSession, other: OtherWorker, event: Event) -> None:
        act(session, event)
        leave(session, other, event)

    ended, _ = pair.train(on, steps=FOREVER)
    saved = ended.all(events.CheckpointSaved)[-1].step
    assert isinstance(ended.last, events.RunFailed)
    assert ended.last.exit_code == 75
    assert ended.last.error == "WorkerLostError"
    assert ended.last.message.startswith("worker 1 (127.0.0.1:")
    assert f"The checkpoint of step {saved:,} is whole" in ended.last.message
    status = read_status(ended.run)
    assert (status["exit_code"], status["error"]) == (75, ended.last.message)
    checkpoint = CheckpointStore(ended.run, keep=3).newest(pytest.fail)
    assert checkpoint is not None
    assert checkpoint.step == saved


def test_one_that_goes_while_the_run_is_paused_ends_it_too(pair: Pair) -> None:
    act = when(events.StepsCompleted, Pause())
    leave = once(events.Paused, OtherWorker.leave)

    def on(session: TrainingSession, other: OtherWorker, event: Event) -> None:
        act(session, event)
        leave(session, other, event)

    ended, _ = pair.train(on, steps=FOREVER)
    assert ended.last.exit_code == 75
    assert "There is no checkpoint yet." in ended.last.message


def test_a_trainer_that_waits_for_ever_is_given_up_in_time(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in native code, in a collective with a worker that will not come back."""
    stuck, done = threading.Event(), threading.Event()

    def wait_for_ever(*_: Any) -> None:
        stuck.set()
        done.wait(LONG_ENOUGH)

    def leave_when_stuck(other: OtherWorker) -> None:
        stuck.wait(LONG_ENOUGH)
        other.leave()

    def leave_once_stuck(_: TrainingSession, other: OtherWorker, event: Event) -> None:
        if isinstance(event, events.PhaseEntered) and event.phase is Phase.TRAINING:
            threading.Thread(target=leave_when_stuck, args=(other,)).start()

    monkeypatch.setattr("gan.training.execution.Execution.__call__", wait_for_ever)
    ended, _ = pair.train(leave_once_stuck, steps=FOREVER)
    assert ended.last.exit_code == 75
    assert ended.last.message.startswith("worker 1")
    # Another process may have the run now.
    lock = RunLock(ended.run)
    lock.acquire()
    lock.release()
    done.set()


@pytest.mark.parametrize(
    ("facts", "code", "says"),
    [
        ({"fingerprint": "0" * 64}, 4, "has other images"),
        ({"replicas": 2}, 2, "has 2 (CPU), and worker 0 has 1"),
        ({"precision": "bfloat16"}, 2, "--precision auto comes to bfloat16"),
    ],
)
def test_workers_that_differ_begin_nothing(
    pair: Pair, house: House, facts: dict[str, Any], code: int, says: str
) -> None:
    before = sorted(house.runs.iterdir())
    ended, other = pair.train(steps=5, facts=facts)
    assert (ended.last.exit_code, ended.all(events.RunStarted)) == (code, [])
    assert says in ended.last.message
    assert other.join().exit_code == code
    assert other.end is not None
    assert other.end.message == ended.last.message
    assert sorted(house.runs.iterdir()) == before


def test_workers_that_xla_compiles_for_and_others_do_not_train_together(pair: Pair) -> None:
    ended, other = pair.train(steps=5, facts={"jit_compiled": False})
    assert ended.last.exit_code == other.join().exit_code == 1
    assert "XLA can't compile the step on worker 1 (127.0.0.1:" in ended.last.message
    assert other.runs() == []
