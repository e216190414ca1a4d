"""How workers come together before TensorFlow's server starts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gan.errors import UsageError, WorkersError
from gan.strategy import wire
from gan.strategy.addresses import host_and_port
from gan.strategy.cluster import Cluster
from gan.strategy.membership import RunEnded, join
from gan.strategy.ports import listener_on, require_free_port
from tests.gan.strategy.meeting import (
    LONG,
    SOON,
    Ends,
    Told,
    chief_of,
    come,
    free_addresses,
    hello_of,
    in_thread,
    until,
)

if TYPE_CHECKING:
    from gan.strategy.leader import Leader


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(free_addresses(3), 0)


def end_of(leader: Leader) -> None:
    leader.end(0, "")


def test_all_workers_come_and_are_told_the_configuration(cluster: Cluster) -> None:
    told = Told()
    leader, gather = chief_of(cluster, told)
    with in_thread(gather) as raised:
        workers = [come(cluster, number, Ends()) for number in (2, 1)]
    assert raised == []
    leader.begin(Ends(), Ends(), {"kind": "welcome", "config": {"seed": 7}})
    assert [worker.wait() for worker in workers] == [
        ({"kind": "welcome", "config": {"seed": 7}}, b"")
    ] * 2
    assert sorted(told.notes) == [f"{cluster.name(1)} has come", f"{cluster.name(2)} has come"]
    assert told.waited[0] == f"waiting for {cluster.name(1)} and {cluster.name(2)}"
    end_of(leader)


def test_the_address_is_free_again_while_the_connections_go_on(cluster: Cluster) -> None:
    """TensorFlow's server takes it then."""
    leader, gather = chief_of(cluster, Told())
    with in_thread(gather):
        workers = [come(cluster, number, Ends()) for number in (1, 2)]
    require_free_port(cluster.workers[0])
    with listener_on(cluster.workers[0]):
        leader.begin(Ends(), Ends(), {"kind": "welcome"})
        for worker in workers:
            assert worker.wait()[0]["kind"] == "welcome"
    end_of(leader)


def test_those_who_do_not_come_in_time_are_named_and_the_others_are_told(
    cluster: Cluster,
) -> None:
    leader, gather = chief_of(cluster, Told(), seconds=1.0)
    ended = Ends()
    with in_thread(gather) as raised:
        come(cluster, 1, ended)
    (error,) = raised
    assert isinstance(error, WorkersError)
    assert str(error).startswith(f"{cluster.name(2)} did not come within 1 s")
    assert error.exit_code == 1
    leader.end(error.exit_code, str(error))
    assert ended.next().message == str(error)


def test_one_that_leaves_is_waited_for_again(cluster: Cluster) -> None:
    told = Told()
    leader, gather = chief_of(cluster, told)
    with in_thread(gather) as raised:
        come(cluster, 1, Ends()).close()
        until(lambda: bool(told.notes) and not leader.has(1))
        again = [come(cluster, number, Ends()) for number in (1, 2)]
    assert raised == []
    assert len(again) == 2
    assert told.notes.count(f"{cluster.name(1)} has come") == 2
    end_of(leader)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"versions": {"tensorflow": "2.20.0"}}, WorkersError, "has tensorflow 2.20.0"),
        ({"options": {"batch_size": 128}}, UsageError, "was given --batch-size 128"),
    ],
)
def test_one_that_does_not_fit_ends_the_run_for_all(
    cluster: Cluster, change: dict[str, object], error: type[Exception], says: str
) -> None:
    leader, gather = chief_of(cluster, Told())
    others, its = Ends(), Ends()
    with in_thread(gather) as raised:
        come(cluster, 2, others)
        come(cluster, 1, its, **change)
    (found,) = raised
    assert isinstance(found, error)
    assert f"{cluster.name(1)} {says}" in str(found)
    leader.end(found.exit_code, str(found))
    for ended in (others.next(), its.next()):
        assert (ended.exit_code, ended.message) == (found.exit_code, str(found))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"token": "0" * 64}, "it is no worker of this run"),
        ({"worker": 3}, "there is no worker 3"),
        ({"worker": 0}, "there is no worker 0"),
    ],
)
def test_a_stranger_is_sent_away_and_the_run_goes_on(
    cluster: Cluster, change: dict[str, object], why: str
) -> None:
    told, ended = Told(), Ends()
    leader, gather = chief_of(cluster, told)
    with in_thread(gather) as raised:
        come(cluster, 1, ended, **change)
        assert why in ended.next().message
        for number in (1, 2):
            come(cluster, number, Ends())
    assert raised == []
    assert any(f"a connection from 127.0.0.1 was refused: {why}" in note for note in told.notes)
    end_of(leader)


def test_a_second_process_of_one_number_is_sent_away(cluster: Cluster) -> None:
    ended = Ends()
    leader, gather = chief_of(cluster, Told())
    with in_thread(gather) as raised:
        first = come(cluster, 1, Ends())
        come(cluster, 1, ended)
        assert "another process is worker 1 already" in ended.next().message
        come(cluster, 2, Ends())
    assert raised == []
    assert first is not None
    end_of(leader)


def test_who_says_nothing_or_something_else_holds_up_nobody(cluster: Cluster) -> None:
    told = Told()
    leader, gather = chief_of(cluster, told)
    address = host_and_port(cluster.workers[0])
    with in_thread(gather) as raised:
        first = come(cluster, 1, Ends())
        with socket.create_connection(address), socket.create_connection(address) as other:
            other.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"0" * 100)
            second = come(cluster, 2, Ends())
            until(lambda: not leader.missing())
    assert raised == []
    assert (first, second) != (None, None)
    end_of(leader)


def test_a_stop_ends_the_waiting(cluster: Cluster) -> None:
    told = Told()
    told.given_up = KeyboardInterrupt()
    _, gather = chief_of(cluster, told)
    with in_thread(gather) as raised:
        pass
    assert [type(error) for error in raised] == [KeyboardInterrupt]


@pytest.mark.parametrize("number", [0, 1])
def test_a_port_in_use_is_named(cluster: Cluster, number: int) -> None:
    host, port = host_and_port(cluster.workers[number])
    begin = (lambda: come(cluster, 1, Ends())) if number else chief_of(cluster, Told())[1]
    with socket.create_server((host, port)), pytest.raises(WorkersError) as refused:
        begin()
    assert str(refused.value).startswith(f"{cluster.workers[number]}: the port is in use")


def test_a_host_that_nobody_knows_is_named() -> None:
    cluster = Cluster(("no-such-host.invalid:4000", "a:1"), 0)
    with pytest.raises(WorkersError, match="finds no such host"):
        chief_of(cluster, Told())[1]()


def test_a_first_worker_that_does_not_come_is_named(cluster: Cluster) -> None:
    with pytest.raises(WorkersError) as refused:
        join(
            Cluster(cluster.workers, 1),
            hello_of(cluster, 1),
            Told().telling(),
            start_seconds=0.1,
            silence_seconds=LONG,
            on_end=Ends(),
        )
    assert str(refused.value).startswith(f"{cluster.name(0)} was not there within 0 s")


def test_another_program_on_the_first_workers_port_is_noticed(cluster: Cluster) -> None:
    ended = Ends()
    with listener_on(cluster.workers[0]) as listener:
        worker = come(cluster, 1, ended)
        stream, _ = listener.accept()
        with stream:
            stream.sendall(b"\x00\x00\x12\x04" * 8)
            assert "it sent something else than expected" in ended.next().message
    with pytest.raises(RunEnded):
        worker.wait()


def test_what_a_worker_says_of_itself_has_no_bytes_behind_it(cluster: Cluster) -> None:
    """Before it is known who somebody is, nothing large is read from them."""
    told = Told()
    leader, gather = chief_of(cluster, told)
    with in_thread(gather):
        come(cluster, 2, Ends())
        with socket.create_connection(host_and_port(cluster.workers[0]), timeout=SOON) as stream:
            wire.send(stream, hello_of(cluster, 1).to_message(), b"0")
            until(lambda: any("it is no worker of this run" in note for note in told.notes))
        come(cluster, 1, Ends())
    end_of(leader)
