"""Whether a worker fits the run of the first one, and what an error names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan.errors import CompilationError, DataError, UsageError, WorkersError
from gan.strategy.cluster import Cluster
from gan.strategy.hello import (
    Facts,
    Hello,
    require_agreement,
    require_same_compiler,
    require_same_options,
    require_same_versions,
    token_of,
)
from gan.strategy.wire import WireError

CLUSTER = Cluster(("a:1", "b:1"), 0)
HELLO = Hello(token_of(CLUSTER), 1, {"tensorflow": "2.21.0"}, {"seed": 3})
FACTS = Facts(
    fingerprint="f" * 64, data="mnist", replicas=2, device="NVIDIA H200", precision="float32"
)


def test_a_hello_reads_back() -> None:
    assert Hello.of(HELLO.to_message()) == HELLO
    assert Facts.of(FACTS.to_message()) == FACTS


@pytest.mark.parametrize(
    "change", [{"kind": "bye"}, {"worker": "1"}, {"worker": True}, {"options": []}, {"token": None}]
)
def test_a_malformed_one_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(WireError):
        Hello.of({**HELLO.to_message(), **change})


def test_the_token_is_that_of_these_addresses_and_this_job() -> None:
    others = [
        Cluster(("a:1", "c:1"), 0),
        Cluster(("b:1", "a:1"), 0),
        Cluster(("a:1", "b:1"), 0, "7.0.0"),
    ]
    assert token_of(CLUSTER) == token_of(replace(CLUSTER, worker=1))
    assert token_of(CLUSTER) not in map(token_of, others)


def test_another_version_is_named_with_its_worker() -> None:
    expected = {"tensorflow": "2.21.0", "numpy": "2.3.1"}
    with pytest.raises(WorkersError) as refused:
        require_same_versions("worker 1 (b:1)", {"tensorflow": "2.20.0", "numpy": None}, expected)
    assert "worker 1 (b:1) has tensorflow 2.20.0, worker 0 has 2.21.0" in str(refused.value)
    assert "numpy none, worker 0 has 2.3.1" in str(refused.value)


def test_another_option_is_named_with_its_worker() -> None:
    config = {"batch_size": 256, "preset": "mlp", "seed": 0}
    with pytest.raises(UsageError) as refused:
        require_same_options("worker 1 (b:1)", {"batch_size": 128, "preset": "mlp"}, config)
    assert "worker 1 (b:1) was given --batch-size 128 (worker 0 has 256)." in str(refused.value)


def test_an_option_that_the_first_was_not_given_is_none() -> None:
    with pytest.raises(UsageError, match=r"--steps 7 \(worker 0 has none\)"):
        require_same_options("worker 1", {"steps": 7}, {"steps": None})


@pytest.mark.parametrize("option", ["device", "data", "threads", "gpu_memory", "strategy"])
def test_a_machine_has_options_of_its_own(option: str) -> None:
    require_same_options("worker 1", {option: "another"}, {option: "mine"})


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (
            {"fingerprint": "e" * 64, "data": "x"},
            DataError,
            "worker 1 has other images (x, SHA-256",
        ),
        ({"replicas": 1, "device": "CPU"}, UsageError, "worker 1 has 1 (CPU), and worker 0 has 2"),
        ({"precision": "tf32"}, UsageError, "comes to tf32 on worker 1 and to float32"),
    ],
)
def test_what_differs_is_named_with_its_worker(
    change: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as refused:
        require_agreement({0: FACTS, 1: replace(FACTS, **change)}, "worker {}".format, 256)
    assert says in str(refused.value)


def test_the_batch_is_split_over_all_replicas() -> None:
    workers = {0: FACTS, 1: FACTS}
    assert require_agreement(workers, "worker {}".format, 256) == 4
    with pytest.raises(UsageError, match="over 4 replicas"):
        require_agreement(workers, "worker {}".format, 254)


def test_all_workers_are_compiled_for_or_none() -> None:
    require_same_compiler({0: True, 1: True}, CLUSTER.name)
    require_same_compiler({0: False, 1: False}, CLUSTER.name)
    with pytest.raises(CompilationError, match=r"on worker 1 \(b:1\), and the other"):
        require_same_compiler({0: True, 1: False}, CLUSTER.name)
