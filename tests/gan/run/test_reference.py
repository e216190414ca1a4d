"""How a run and its checkpoints are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError
from gan.run.config_file import write_config
from gan.run.creation import create_run
from gan.run.event_log import EventLog
from gan.run.reference import (
    RunReference,
    best_step,
    load_checkpoint,
    parse_reference,
    resolve_reference,
)
from tests.fakes import quality
from tests.gan.run.states import point, state, store_of

if TYPE_CHECKING:
    from pathlib import Path

    from gan.run.directory import RunDirectory


@pytest.mark.parametrize(
    ("text", "run", "at"),
    [
        ("7", "7", None),
        ("7@500", "7", 500),
        ("runs/00007-mlp-mnist@best", "runs/00007-mlp-mnist", "best"),
        ("@best", "", "best"),
        ("@500", "", 500),
        ("", "", None),
        ("me@home", "me@home", None),
        ("me@home@12", "me@home", 12),
        ("7@", "7@", None),
        ("7@BEST", "7@BEST", None),
        ("7@\u0663", "7@\u0663", None),
        ("@", "", None),
        ("7@" + "9" * 5000, "7@" + "9" * 5000, None),
    ],
)
def test_a_step_or_best_follows_the_last_at_sign(text: str, run: str, at: int | str | None) -> None:
    assert parse_reference(text) == RunReference(run, at)


def test_a_run_of_that_name_comes_before_a_step_of_another(tmp_path: Path) -> None:
    for name in ("exp", "exp@20", "exp@best"):
        run = create_run(tmp_path / name)
        write_config(run, RunConfig.resolve({}), environment={}, command_line=[])

    def found(text: str) -> tuple[str, object]:
        run, at = resolve_reference(tmp_path, text)
        return run.name, at

    assert found("exp@20") == ("exp@20", None)
    assert found("exp@best") == ("exp@best", None)
    assert found("exp@21") == ("exp", 21)
    assert found("exp@20@5") == ("exp@20", 5)
    assert found(str(tmp_path / "exp@20")) == ("exp@20", None)


def test_a_folder_of_that_name_that_is_no_run_is_a_step_of_the_other(tmp_path: Path) -> None:
    run = create_run(tmp_path / "exp")
    write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
    (tmp_path / "exp@20").mkdir()

    assert resolve_reference(tmp_path, "exp@20") == (run, 20)


class TestBest:
    def logged(self, run: RunDirectory, *evaluated: tuple[int, float, bool]) -> None:
        log = EventLog(run)
        for step, fd, is_best in evaluated:
            log.append(quality(step, fd, is_best=is_best))
        log.close()

    def test_it_is_the_last_of_the_log_that_was_the_best(self, run: RunDirectory) -> None:
        store = store_of(run)
        for step in (5, 10, 15):
            store.save(state(step), point(step))
        self.logged(run, (5, 9.0, True), (10, 8.0, True), (15, 8.5, False))
        assert best_step(run, store) == 10

    def test_one_that_was_asked_for_as_well_is_found(self, run: RunDirectory) -> None:
        store = store_of(run)
        store.save(state(5), point(5), pinned="best")
        store.save(state(10), point(10), pinned="requested")
        store.save(state(10), point(10), pinned="best")
        self.logged(run, (5, 9.0, True), (10, 8.0, True))
        assert best_step(run, store) == 10

    def test_if_it_was_never_written_the_one_before_is_taken(self, run: RunDirectory) -> None:
        store = store_of(run)
        store.save(state(5), point(5), pinned="best")
        store.save(state(12), point(12))
        self.logged(run, (5, 9.0, True), (10, 8.0, True))
        assert best_step(run, store) == 5

    def test_a_run_without_evaluations_has_none(self, run: RunDirectory) -> None:
        store = store_of(run)
        store.save(state(5), point(5))
        with pytest.raises(CheckpointError, match=r"has not been evaluated.*checkpoint: 5\."):
            best_step(run, store)

    def test_a_best_step_that_is_gone_is_named(self, run: RunDirectory) -> None:
        self.logged(run, (10, 8.0, True))
        with pytest.raises(CheckpointError, match="best at step 10, of which there is no"):
            best_step(run, store_of(run))


class TestLoading:
    def test_the_newest_is_taken_unless_a_step_is_named(self, run: RunDirectory) -> None:
        store = store_of(run)
        for step in (5, 10):
            store.save(state(step), point(step))
        assert load_checkpoint(run, None).step == 10
        assert load_checkpoint(run, 5).step == 5

    def test_the_best_is_that_of_the_log(self, run: RunDirectory) -> None:
        store = store_of(run)
        for step in (5, 10):
            store.save(state(step), point(step))
        log = EventLog(run)
        log.append(quality(5, 3.0, is_best=True))
        log.close()
        assert load_checkpoint(run, "best").step == 5

    def test_a_run_without_one_says_so(self, run: RunDirectory) -> None:
        with pytest.raises(CheckpointError, match="has no checkpoint yet"):
            load_checkpoint(run, None)

    def test_a_damaged_one_stays_where_it_is(self, run: RunDirectory) -> None:
        store_of(run).save(state(5), point(5))
        (file,) = run.checkpoints_path.glob("*/state.npz")
        file.write_bytes(b"nothing")
        before = sorted(run.path.rglob("*"))
        with pytest.raises(CheckpointError, match=r"no checkpoint that verifies \(step 5: "):
            load_checkpoint(run, None)
        with pytest.raises(CheckpointError, match=r"cannot use .*Steps with a checkpoint: none"):
            load_checkpoint(run, 5)
        assert sorted(run.path.rglob("*")) == before

    def test_the_newest_that_verifies_is_taken_out_loud(self, run: RunDirectory) -> None:
        store = store_of(run)
        for step in (5, 10):
            store.save(state(step), point(step))
        (run.checkpoints_path / "step-00000010" / "state.npz").write_bytes(b"nothing")
        said: list[str] = []
        assert load_checkpoint(run, None, said.append).step == 5
        assert said[0].startswith("the checkpoint of step 10 can't be used: ")
        assert said[1:] == ["the one before it is used, that of step 5"]
        assert store.steps() == [5, 10]
