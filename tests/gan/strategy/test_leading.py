"""What the first worker has the others do, and what becomes of all when one is gone."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from gan.errors import WorkerLostError, WorkersError
from gan.readings import MachineReading, to_json
from gan.strategy.cluster import Cluster
from gan.strategy.leader import error_of, first_line
from gan.strategy.leading import LedExecution
from gan.strategy.membership import End, Membership, RunEnded
from tests.gan.strategy.meeting import (
    SOON,
    Ends,
    Told,
    chief_of,
    come,
    free_addresses,
    in_thread,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.strategy.leader import Leader


class OfWorkers(Exception):  # noqa: N818 - stands in for TensorFlow's
    """A collective has failed."""


class Adding:
    """An execution that adds numbers: its loss at a step is the sum of all steps so far."""

    steps_per_epoch = 10

    def __init__(self) -> None:
        self.total = 0.0
        self.calls: list[tuple[int, int, int]] = []
        self.alone: list[tuple[int, int, int]] = []
        self.ends_after: int | None = None
        self.error: Exception | None = None

    def max_steps_after(self, step: int) -> int:
        return self.steps_per_epoch - step % self.steps_per_epoch

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> float:
        self.alone.append((step, steps, branch))
        return 0.5

    def __call__(self, step: int, steps: int, branch: int = 0) -> Sequence[Sequence[float]]:
        self.calls.append((step, steps, branch))
        if self.error is not None:
            raise self.error
        losses = []
        for number in range(step + 1, step + 1 + (self.ends_after or steps)):
            self.total += number
            losses.append(self.total)
        return [losses, losses]


class Team:
    """A first worker and others that have come, each as far as its link."""

    def __init__(self, leader: Leader, workers: Sequence[Membership], ended: list[Ends]) -> None:
        self.leader = leader
        self.workers = workers
        self.ended = ended
        self.lost, self.commands = Ends(), Ends()
        leader.begin(self.lost, self.commands, {"kind": "welcome"})
        for worker in workers:
            assert worker.wait()[0] == {"kind": "welcome"}
        self.adding = Adding()
        self.led = LedExecution(
            self.adding,
            leader,
            state=lambda: str(self.adding.total).encode(),
            is_of_workers=lambda error: isinstance(error, OfWorkers),
        )

    def heard(self, number: int = 0) -> list[tuple[Any, ...]]:
        """What a worker has been told since the last time, as far as the step that was asked."""
        heard: list[tuple[Any, ...]] = []
        while not heard or heard[-1][0] != "run":
            message, payload = self.workers[number].wait()
            order = [message.get(name) for name in ("step", "steps", "branch")]
            heard.append((message["kind"], *order, payload))
        return heard


@contextmanager
def team(count: int = 3) -> Iterator[Team]:
    cluster = Cluster(free_addresses(count), 0)
    leader, gather = chief_of(cluster, Told())
    ended = [Ends() for _ in range(1, count)]
    with in_thread(gather) as raised:
        workers = [come(cluster, n, ended[n - 1]) for n in range(1, count)]
    assert raised == []
    yield Team(leader, workers, ended)
    leader.end(0, "")
    for worker in workers:
        worker.close()


class TestSteps:
    def test_all_workers_make_the_calls_of_the_first(self) -> None:
        with team() as all_of_them:
            for step, steps in ((0, 3), (3, 4), (7, 3)):
                all_of_them.led(step, steps)
            for worker in (0, 1):
                assert [told[:4] for told in all_of_them.heard(worker)] == [
                    ("state", 0, None, None),
                    ("run", 0, 3, 0),
                ]
                assert all_of_them.heard(worker) == [("run", 3, 4, 0, b"")]
                assert all_of_them.heard(worker) == [("run", 7, 3, 0, b"")]
            assert all_of_them.adding.calls == [(0, 3, 0), (3, 4, 0), (7, 3, 0)]

    def test_it_returns_its_own_losses(self) -> None:
        with team(2) as both:
            assert both.led(0, 3) == [[1.0, 3.0, 6.0]] * 2
            assert both.led.max_steps_after(3) == 7
            assert both.led.steps_per_epoch == 10

    def test_the_state_is_sent_where_steps_do_not_follow_and_only_there(self) -> None:
        with team(2) as both:
            both.led(0, 3)
            both.heard()
            both.led(3, 2)
            assert [told[0] for told in both.heard()] == ["run"]
            # A rollback: to an earlier step, and on a branch of its own.
            both.adding.total = 6.0
            both.led(3, 2, 1)
            assert both.heard() == [("state", 3, None, None, b"6.0"), ("run", 3, 2, 1, b"")]
            both.led(5, 1, 1)
            assert [told[0] for told in both.heard()] == ["run"]

    def test_a_rollback_to_the_same_step_is_one_too(self) -> None:
        with team(2) as both:
            both.led(0, 3)
            both.led(3, 3, 1)
            both.heard()
            assert [told[0] for told in both.heard()] == ["state", "run"]

    def test_steps_without_exchange_are_made_by_all_and_change_nothing(self) -> None:
        with team(2) as both:
            both.led(0, 3)
            assert both.led.seconds_alone(3, 2) == 0.5
            assert both.adding.alone == [(3, 2, 0)]
            both.led(3, 1)
            both.heard()
            assert [told[:4] for told in both.heard()] == [("alone", 3, 2, 0), ("run", 3, 1, 0)]

    def test_steps_follow_on_those_that_were_made(self) -> None:
        """An execution ends early after a loss that is not finite."""
        with team(2) as both:
            both.adding.ends_after = 2
            both.led(0, 5)
            both.heard()
            both.led(2, 1)
            assert [told[0] for told in both.heard()] == ["run"]

    def test_after_an_error_of_its_own_nothing_is_taken_for_made(self) -> None:
        with team(2) as both:
            both.adding.error = MemoryError()
            with pytest.raises(MemoryError):
                both.led(0, 3)
            both.adding.error = None
            both.led(0, 3)
            both.heard()
            assert [told[0] for told in both.heard()] == ["state", "run"]


class TestALoss:
    def test_a_worker_that_is_gone_is_named_to_all(self) -> None:
        with team() as all_of_them:
            all_of_them.workers[0].close()
            lost = all_of_them.lost.next()
            assert isinstance(lost, WorkerLostError)
            assert lost.exit_code == 75
            assert str(lost).startswith("worker 1 (127.0.0.1:")
            assert "was lost: it" in str(lost)
            assert all_of_them.ended[1].next() == End(75, str(lost))
            with pytest.raises(WorkerLostError, match="worker 1"):
                all_of_them.led(0, 1)
            assert all_of_them.adding.calls == []

    def test_it_is_reported_once(self) -> None:
        with team() as all_of_them:
            for worker in all_of_them.workers:
                worker.close()
            first = all_of_them.lost.next()
            until(lambda: not any(link.is_open for link in all_of_them.leader._links.values()))
            assert all_of_them.leader.lost is first
            assert all_of_them.lost.all == [first]

    def test_a_collective_that_fails_blames_the_worker_that_is_gone(self) -> None:
        with team() as all_of_them:
            all_of_them.adding.error = OfWorkers("recvmsg: Connection reset by peer")
            threading.Timer(0.2, all_of_them.workers[1].close).start()
            with pytest.raises(WorkerLostError, match=r"worker 2 \(.*was lost: it"):
                all_of_them.led(0, 1)

    @pytest.mark.slow
    def test_or_the_one_that_has_been_silent(self) -> None:
        """TensorFlow may notice one that stands still before a link does."""
        with team() as all_of_them:
            link = all_of_them.leader._links[2]
            link._heard = lambda: None  # type: ignore[method-assign]
            all_of_them.adding.error = OfWorkers("unhealthy")
            with pytest.raises(WorkerLostError, match=r"worker 2 \(.*has been silent for \d s"):
                all_of_them.led(0, 1)
            assert "worker 2" in str(all_of_them.lost.next())

    @pytest.mark.slow
    def test_or_nobody_by_name(self) -> None:
        with team(2) as both:
            both.adding.error = OfWorkers("Collective ops is aborted\nmore")
            with pytest.raises(WorkerLostError, match="lost each other: Collective ops is aborted"):
                both.led(0, 1)

    def test_an_error_of_a_worker_is_told_with_its_exit_code(self) -> None:
        with team() as all_of_them:
            message = {"kind": "failed", "message": "out of memory", "exit_code": 1}
            all_of_them.workers[0].tell(message)
            lost = all_of_them.lost.next()
            assert str(lost).endswith(": out of memory")
            assert str(lost).startswith("worker 1")
            assert lost.exit_code == 1
            assert all_of_them.ended[1].next().exit_code == 1

    @pytest.mark.parametrize(
        "message",
        [
            {"kind": "dance"},
            {"kind": "command"},
            {"kind": "failed", "message": 1},
            {"kind": "reading", "machine": {"memory": "much"}},
        ],
    )
    def test_a_worker_that_talks_nonsense_is_lost(self, message: dict[str, object]) -> None:
        with team(2) as both:
            both.workers[0].tell(message)
            assert "it sent something else than expected" in str(both.lost.next())

    def test_the_loss_of_the_first_worker_ends_the_others(self) -> None:
        with team(2) as both:
            both.leader._links[1].close()
            end = both.ended[0].next()
            assert end.exit_code == 75
            assert end.message.startswith("worker 0 (127.0.0.1:")
            with pytest.raises(RunEnded):
                both.workers[0].wait()
            with pytest.raises(RunEnded):
                both.workers[0].tell({"kind": "compiled"})

    def test_what_a_failed_collective_shows_before_the_first_worker_says_it(self) -> None:
        with team(2) as both:
            threading.Timer(0.2, lambda: both.leader.end(143, "")).start()
            assert both.workers[0].blame(OfWorkers("reset")) == End(143, "")


class TestTheEnd:
    @pytest.mark.parametrize(
        ("code", "message"), [(0, ""), (143, ""), (4, "worker 1 (b:4000) has other images")]
    )
    def test_all_workers_are_told_it_and_nobody_is_lost(self, code: int, message: str) -> None:
        with team() as all_of_them:
            message = message.replace("b:4000", all_of_them.leader._cluster.workers[1])
            all_of_them.leader.end(code, message)
            for ended, worker in zip(all_of_them.ended, all_of_them.workers, strict=True):
                assert ended.next() == End(code, message)
                with pytest.raises(RunEnded) as raised:
                    worker.wait()
                assert raised.value.end == End(code, message)
            assert all_of_them.lost.all == []

    def test_an_error_of_the_first_worker_is_told_with_its_name(self) -> None:
        with team(2) as both:
            both.leader.end(74, "no space left")
            end = both.ended[0].next()
            assert end.exit_code == 74
            assert end.message.startswith("worker 0 (127.0.0.1:")
            assert end.message.endswith("): no space left")

    def test_a_worker_that_was_told_is_not_lost_when_it_leaves(self) -> None:
        with team() as all_of_them:
            with in_thread(lambda: all_of_them.leader.end(0, "")):
                for ended, worker in zip(all_of_them.ended, all_of_them.workers, strict=True):
                    ended.next()
                    worker.close()
            assert all_of_them.lost.all == []

    def test_an_exit_code_that_no_process_can_have_is_an_error(self) -> None:
        assert [error_of("", code).exit_code for code in (-1, 0, 256, 3, 75)] == [1, 1, 1, 3, 75]
        assert isinstance(error_of("", 75), WorkerLostError)


class TestReports:
    def test_the_first_worker_waits_for_all(self) -> None:
        with team() as all_of_them:
            left: list[list[int]] = []
            found: list[Any] = []
            with in_thread(
                lambda: found.append(all_of_them.leader.collect("facts", left.append, SOON))
            ) as raised:
                all_of_them.workers[0].tell({"kind": "facts", "replicas": 1})
                until(lambda: [2] in left)
                all_of_them.workers[1].tell({"kind": "facts", "replicas": 2})
            assert raised == []
            assert {n: message["replicas"] for n, message in found[0].items()} == {1: 1, 2: 2}

    def test_those_that_do_not_report_in_time_are_named(self) -> None:
        with team() as all_of_them:
            all_of_them.workers[0].tell({"kind": "compiled"})
            with pytest.raises(WorkersError, match=r"^worker 2 .* did not get ready in 1 s"):
                all_of_them.leader.collect("compiled", lambda _: None, 1.0)

    def test_one_that_is_gone_is_not_waited_for(self) -> None:
        with team() as all_of_them:
            all_of_them.workers[0].close()
            with pytest.raises(WorkerLostError, match="worker 1"):
                all_of_them.leader.collect("compiled", lambda _: None)

    def test_what_their_machines_are_doing_comes_with_their_number(self) -> None:
        with team() as all_of_them:
            found = Ends()
            all_of_them.leader.on_reading = found
            reading = MachineReading(process_cpu=150.0, machine_cpu=80.0, memory=2**30)
            all_of_them.workers[1].tell({"kind": "reading", "machine": to_json(reading)})
            assert found.next() == (2, reading)

    def test_what_a_signal_asks_of_a_worker_is_asked_of_the_first(self) -> None:
        with team(2) as both:
            both.workers[0].tell({"kind": "command", "command": "stop", "exit_code": 143})
            assert both.commands.next() == ("stop", 143)


OF_A_GRAPH = """Graph execution error:

Detected at node Reduce defined at (most recent call last):
<stack traces unavailable>
Socket closed
\t [[{{node Reduce}}]] [Op:run]"""


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Connection reset by peer.\nAnd more.", "Connection reset by peer"),
        (OF_A_GRAPH, "Socket closed"),
        ("", "RuntimeError"),
    ],
)
def test_an_error_of_a_graph_is_named_by_what_has_happened(message: str, line: str) -> None:
    assert first_line(RuntimeError(message)) == line
