"""Who has which replica, and which images of a batch are whose."""

from __future__ import annotations

import pytest

from gan.strategy.topology import WHOLE, Share, Topology


def test_one_device_is_one_replica_with_whole_batches() -> None:
    topology = Topology(("CPU:0",))
    assert (topology.replicas, topology.local_replicas, topology.first_replica) == (1, 1, 0)
    assert topology.is_chief
    assert not topology.is_distributed
    assert topology.shares == (WHOLE,)


def test_replicas_are_numbered_worker_by_worker() -> None:
    addresses = ("a:1", "b:1", "c:1")
    workers = [Topology(("GPU:0", "GPU:1"), addresses, worker) for worker in range(3)]
    shares = [share for worker in workers for share in worker.shares]
    assert shares == [Share(replica, 6) for replica in range(6)]
    assert [worker.first_replica for worker in workers] == [0, 2, 4]
    assert [worker.is_chief for worker in workers] == [True, False, False]
    assert all(worker.is_distributed for worker in workers)


@pytest.mark.parametrize("replicas", [1, 2, 3, 4])
def test_shares_make_up_the_batch(replicas: int) -> None:
    batch = list(range(12))
    rows = [batch[Share(replica, replicas).rows] for replica in range(replicas)]
    assert sorted(row for part in rows for row in part) == batch
    assert {len(part) for part in rows} == {12 // replicas}


@pytest.mark.parametrize(("replicas", "counts"), [(4, [4, 4, 4, 4]), (3, [6, 5, 5])])
def test_the_first_images_of_a_batch_are_spread_over_all_shares(
    replicas: int, counts: list[int]
) -> None:
    assert [Share(replica, replicas).count(16) for replica in range(replicas)] == counts


def test_some_have_none_if_there_are_more_replicas_than_images() -> None:
    assert [Share(replica, 20).count(16) for replica in (15, 16)] == [1, 0]


@pytest.mark.parametrize("devices", [(), ("CPU:0", "CPU:0")], ids=["none", "one twice"])
def test_devices_are_at_least_one_and_different(devices: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected one or more, all different"):
        Topology(devices)


@pytest.mark.parametrize("worker", [-1, 2])
def test_a_worker_is_one_of_the_workers(worker: int) -> None:
    with pytest.raises(ValueError, match="expected one of 2"):
        Topology(("CPU:0",), ("a:1", "b:1"), worker)
