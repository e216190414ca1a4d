"""Which processes train together, by the command line, TF_CONFIG and Slurm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gan.errors import UsageError
from gan.strategy import slurm, tf_config
from gan.strategy.addresses import host_and_port
from gan.strategy.cluster import Cluster, cluster_of, unused_tasks

TWO = ("gpu1:4000", "gpu2:4000")


def tf(cluster: Any, kind: Any = "worker", index: Any = 0) -> dict[str, str]:
    task = {"type": kind, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


STEP = {
    "SLURM_PROCID": "2",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_NODELIST": "a[01-02]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_JOB_ID": "1000",
    "SLURM_STEP_ID": "0",
    "SLURM_NODEID": "1",
    "SLURM_LOCALID": "0",
}
PORT = 10_000 + 1000 * 64 % 20_000


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "host", "port"),
        [("gpu1:4000", "gpu1", 4000), ("10.0.0.7:1", "10.0.0.7", 1), ("[::1]:65535", "::1", 65535)],
    )
    def test_a_host_and_a_port_are_read(self, text: str, host: str, port: int) -> None:
        assert host_and_port(text) == (host, port)

    @pytest.mark.parametrize(
        "text", ["gpu1", "gpu1:", ":4000", "gpu1:0", "gpu1:65536", "gpu 1:40", "::1:4000", "a:b:1"]
    )
    def test_others_are_refused_by_their_text(self, text: str) -> None:
        with pytest.raises(UsageError, match="expected host:port") as refused:
            host_and_port(text)
        assert repr(text) in str(refused.value)


class TestTheCommandLine:
    def test_it_names_all_workers_and_this_one(self) -> None:
        assert cluster_of("auto", "gpu1:4000, gpu2:4000", 1, {}) == Cluster(TWO, 1)

    def test_it_comes_before_the_environment(self) -> None:
        environ = tf({"worker": ["a:1", "b:1"]})
        assert cluster_of("multiworker", ",".join(TWO), 0, {**environ, **STEP}) == Cluster(TWO, 0)

    @pytest.mark.parametrize("strategy", ["auto", "one", "mirrored"])
    def test_without_any_of_them_a_process_trains_alone(self, strategy: str) -> None:
        assert cluster_of(strategy, None, None, {}) is None

    @pytest.mark.parametrize(
        ("strategy", "workers", "worker", "says"),
        [
            ("auto", None, 1, "--worker 1 needs --workers"),
            ("auto", "a:1,b:1", None, "--workers needs --worker"),
            ("auto", "a:1,b:1", 2, "--worker: received 2, expected a whole number from 0 to 1"),
            ("auto", "a:1", 0, "received only a:1"),
            ("auto", "a:1,a:1", 0, "received a:1 twice"),
            ("auto", "a:1,b", 0, "--workers: received 'b'"),
            ("one", "a:1,b:1", 0, "--strategy one is one process"),
            ("mirrored", "a:1,b:1", 0, "--strategy mirrored is one process"),
            ("multiworker", None, None, "there is no other process to train with"),
        ],
    )
    def test_contradictions_are_refused(
        self, strategy: str, workers: str | None, worker: int | None, says: str
    ) -> None:
        with pytest.raises(UsageError) as refused:
            cluster_of(strategy, workers, worker, {})
        assert says in str(refused.value)


class TestTfConfig:
    @pytest.mark.parametrize("strategy", ["auto", "multiworker"])
    def test_its_workers_are_taken(self, strategy: str) -> None:
        environ = tf({"worker": list(TWO)}, index=1)
        assert cluster_of(strategy, None, None, environ) == Cluster(TWO, 1)

    def test_a_chief_is_the_first_worker(self) -> None:
        cluster = {"worker": ["gpu2:4000"], "chief": ["gpu1:4000"]}
        assert cluster_of("auto", None, None, tf(cluster, "worker", 0)) == Cluster(TWO, 1)
        assert cluster_of("auto", None, None, tf(cluster, "chief", 0)) == Cluster(TWO, 0)

    @pytest.mark.parametrize("strategy", ["one", "mirrored"])
    def test_one_process_is_asked_for_all_the_same(self, strategy: str) -> None:
        assert cluster_of(strategy, None, None, tf({"worker": list(TWO)})) is None

    @pytest.mark.parametrize("text", ["", "  ", "{}"])
    def test_an_empty_one_names_nobody(self, text: str) -> None:
        assert tf_config.read(text) is None

    def test_one_worker_alone_is_no_cluster(self) -> None:
        environ = tf({"worker": ["gpu1:4000"]})
        assert cluster_of("auto", None, None, environ) is None
        with pytest.raises(UsageError, match="there is one worker to train with"):
            cluster_of("multiworker", None, None, environ)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{'cluster': 1}", "TF_CONFIG is no JSON"),
            ("[" * 10_000, "TF_CONFIG is no JSON"),
            ("[]", "received no object 'cluster'"),
            ('{"cluster": {}}', "received no object 'task'"),
            (tf({"ps": ["a:1"]})["TF_CONFIG"], "a task of type 'ps'"),
            (tf({"worker": "a:1"})["TF_CONFIG"], "expected a list of addresses"),
            (tf({"worker": ["a:1", "b:1"]}, index=2)["TF_CONFIG"], "none of the cluster's"),
            (tf({"worker": ["a:1", "b:1"]}, index=True)["TF_CONFIG"], "none of the cluster's"),
            (tf({"worker": ["a:1", "b:1"]}, kind=[])["TF_CONFIG"], "none of the cluster's"),
            (tf({"worker": ["a:1", "b"]})["TF_CONFIG"], "TF_CONFIG: received 'b'"),
        ],
    )
    def test_a_malformed_one_is_refused_in_one_line(self, text: str, says: str) -> None:
        with pytest.raises(UsageError) as refused:
            cluster_of("auto", None, None, {"TF_CONFIG": text})
        assert says in str(refused.value)
        assert "\n" not in str(refused.value)


class TestSlurm:
    def test_the_tasks_of_a_step_are_workers_if_that_is_asked_for(self) -> None:
        found = cluster_of("multiworker", None, None, STEP)
        addresses = tuple(f"{node}:{PORT + n}" for node in ("a01", "a02") for n in (0, 1))
        assert found == Cluster(addresses, 2, "1000.0.0")

    def test_by_itself_each_task_is_a_run_of_its_own_and_a_note_says_so(self) -> None:
        assert cluster_of("auto", None, None, STEP) is None
        assert unused_tasks("auto", None, STEP).startswith("each of the 4 tasks")

    @pytest.mark.parametrize(
        ("strategy", "workers", "environ"),
        [
            ("one", None, STEP),
            ("auto", "a:1,b:1", STEP),
            ("auto", None, {**STEP, "SLURM_STEP_NUM_TASKS": "1"}),
            ("auto", None, {"SLURM_NTASKS": "8", "SLURM_JOB_ID": "7"}),
            ("auto", None, {}),
        ],
        ids=["one", "workers", "one task", "a batch script", "no job"],
    )
    def test_there_is_nothing_to_say_of(
        self, strategy: str, workers: str | None, environ: dict[str, str]
    ) -> None:
        assert unused_tasks(strategy, workers, environ) == ""

    @pytest.mark.parametrize(
        ("text", "nodes"),
        [
            ("a", ["a"]),
            ("a,b", ["a", "b"]),
            ("a[01-03,7]", ["a01", "a02", "a03", "a7"]),
            ("a[9-11]", ["a9", "a10", "a11"]),
            ("a[1-2]-ib,c", ["a1-ib", "a2-ib", "c"]),
            ("r[1-2]n[08-09]", ["r1n08", "r1n09", "r2n08", "r2n09"]),
        ],
    )
    def test_a_list_of_nodes_is_expanded(self, text: str, nodes: list[str]) -> None:
        assert slurm.expand(text) == nodes

    @pytest.mark.parametrize(
        "text", ["", ",", "a,", "a[1-", "a[]", "a[3-1]", "a[1-99999999]", "a]b", "a[x]", "a[1,,2]"]
    )
    def test_a_malformed_list_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="Slurm"):
            slurm.expand(text)

    def test_tasks_on_each_node_are_counted(self) -> None:
        assert slurm.tasks_per_node("2(x3),1") == [2, 2, 2, 1]

    @pytest.mark.parametrize("text", ["", "2(x", "2(3)", "-1", "1(x999999)"])
    def test_malformed_counts_are_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="tasks per node"):
            slurm.tasks_per_node(text)

    def test_tasks_may_be_dealt_out_in_turn(self) -> None:
        environ = {
            **STEP,
            "SLURM_DISTRIBUTION": "cyclic:cyclic",
            "SLURM_NODEID": "0",
            "SLURM_LOCALID": "1",
        }
        found = slurm.workers(environ)
        assert found is not None
        assert [address.partition(":")[0] for address in found[0]] == ["a01", "a02", "a01", "a02"]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"SLURM_STEP_NODELIST": ""}, "SLURM_STEP_NODELIST is not set"),
            ({"SLURM_STEP_TASKS_PER_NODE": "3"}, "expected variables of one step"),
            ({"SLURM_PROCID": "4"}, "expected variables of one step"),
            ({"SLURM_PROCID": "x"}, "received SLURM_PROCID='x'"),
            ({"SLURM_DISTRIBUTION": "plane=2"}, "expected block or cyclic"),
            (
                {"SLURM_LOCALID": "1"},
                "this task is number 1 on node 1, expected number 0 on node 1",
            ),
        ],
        ids=str,
    )
    def test_what_contradicts_itself_is_refused(self, change: dict[str, str], says: str) -> None:
        with pytest.raises(UsageError) as refused:
            slurm.workers({**STEP, **change})
        assert says in str(refused.value)

    def test_jobs_with_near_numbers_have_other_ports(self) -> None:
        ports = set()
        for job in range(1000, 1100):
            found = slurm.workers({**STEP, "SLURM_JOB_ID": str(job)})
            assert found is not None
            ports |= {int(address.partition(":")[2]) for address in found[0]}
        assert len(ports) == 200
        assert min(ports) >= 10_000
        assert max(ports) < 32_768
