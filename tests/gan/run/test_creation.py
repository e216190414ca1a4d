"""Creating run directories."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError, StorageError, UsageError
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run, create_run
from gan.run.finding import find_run, open_run

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def made(runs: Path, label: str = "mlp-mnist") -> RunDirectory:
    run = create_numbered_run(runs, label)
    write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
    return run


class TestCreate:
    def test_missing_parents_are_made(self, tmp_path: Path) -> None:
        run = create_run(tmp_path / "new" / "run")

        assert all(folder.is_dir() for folder in run.folders)

    def test_a_relative_path_becomes_absolute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        run = create_run(Path("a/../b"))

        assert run.path == tmp_path / "b"
        assert run.name == "b"

    @pytest.mark.parametrize(
        ("given", "kept"), [(0o700, 0o700), (0o755, 0o755), (0o2775, 0o2755), (0o777, 0o755)]
    )
    def test_an_empty_folder_is_used_and_nobody_else_may_write_to_it(
        self, tmp_path: Path, given: int, kept: int
    ) -> None:
        tmp_path.chmod(given)

        run = create_run(tmp_path)

        assert run.samples_path.is_dir()
        assert mode(run.path) == kept

    @pytest.mark.parametrize("kind", ["a run", "a folder", "a file"])
    def test_anything_else_is_refused_and_left_alone(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "x"
        if kind == "a run":
            write_config(create_run(path), RunConfig.resolve({}), environment={}, command_line=[])
        elif kind == "a folder":
            path.mkdir()
            (path / "thesis.tex").touch()
        else:
            path.write_text("thesis")
        before = sorted(tmp_path.rglob("*"))

        with pytest.raises(UsageError, match=r"--run-dir: .*/x exists .* --resume, or choose"):
            create_run(path)

        assert sorted(tmp_path.rglob("*")) == before

    def test_a_path_through_a_file_is_a_storage_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(StorageError, match=r"cannot create the run directory .*/file/run: "):
            create_run(tmp_path / "file" / "run")

    def test_somebody_elses_folder_is_refused_and_keeps_its_mode(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As root, who could take it over."""
        tmp_path.chmod(0o755)
        monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)

        with pytest.raises(UsageError, match=r"--run-dir: .* belongs to user \d+, not to \d+\. "):
            create_run(tmp_path)

        assert (mode(tmp_path), names(tmp_path)) == (0o755, [])

    @pytest.mark.parametrize("left", ["folders", "one folder", "lock", "log", "config"])
    def test_what_a_killed_process_left_before_its_configuration_is_used(
        self, tmp_path: Path, left: str
    ) -> None:
        run = create_run(tmp_path / "x")
        if left == "one folder":
            run.mailbox_path.rmdir()
            run.checkpoints_path.rmdir()
        if left in ("lock", "log", "config"):
            run.lock_path.write_text('{"pid": 1}')
        if left in ("log", "config"):
            run.log_path.touch()
        if left == "config":
            (run.path / ".config.json.tmp-1-ab").write_text("{")

        assert open_run(run.path) == run
        assert not run.has_config
        assert create_run(run.path) == run
        assert run.mailbox_path.is_dir()

    @pytest.mark.parametrize("kind", ["file", "events", "sample", "link", "open to others"])
    def test_what_may_be_somebodys_work_is_not_used(self, tmp_path: Path, kind: str) -> None:
        run = create_run(tmp_path / "x")
        if kind == "file":
            (run.path / "thesis.tex").touch()
        elif kind == "events":
            run.log_path.write_text("{}")
        elif kind == "sample":
            (run.samples_path / "000500.png").touch()
        elif kind == "link":
            run.lock_path.symlink_to(tmp_path)
        else:
            run.path.chmod(0o775)
        before = sorted(tmp_path.rglob("*"))

        with pytest.raises(UsageError, match=r"--run-dir: .*/x exists"):
            create_run(run.path)
        with pytest.raises(CheckpointError, match="not a run"):
            open_run(run.path)
        assert sorted(tmp_path.rglob("*")) == before


class TestNumbered:
    def test_runs_are_counted_from_one(self, tmp_path: Path) -> None:
        runs = tmp_path / "runs"

        names = [create_numbered_run(runs, "mlp-mnist").name for _ in range(2)]

        assert names == ["00001-mlp-mnist", "00002-mlp-mnist"]

    def test_the_next_number_follows_the_largest_and_other_names_do_not_count(
        self, tmp_path: Path
    ) -> None:
        for name in ("00007-tutorial-mnist", "00003-mlp-mnist", "notes", "9-x", "123-y"):
            (tmp_path / name).mkdir()

        assert create_numbered_run(tmp_path, "mlp-x").name == "00008-mlp-x"

    @pytest.mark.parametrize(
        ("label", "name"),
        [
            ("mlp-my digits/../é\x1b[2J", "00001-mlp-my-digits-..-2J"),
            ("", "00001-run"),
            ("...", "00001-run"),
            ("a" * 300, "00001-" + "a" * 48),
        ],
    )
    def test_characters_unsuitable_for_a_file_name_are_replaced(
        self, tmp_path: Path, label: str, name: str
    ) -> None:
        assert create_numbered_run(tmp_path, label).path == tmp_path / name

    def test_many_at_once_get_different_numbers_even_with_different_labels(
        self, tmp_path: Path
    ) -> None:
        runs = tmp_path / "runs"

        with ThreadPoolExecutor(8) as pool:
            labels = [f"label-{i % 5}" for i in range(40)]
            made_runs = list(pool.map(lambda label: create_numbered_run(runs, label), labels))

        numbers = [int(run.name.partition("-")[0]) for run in made_runs]
        assert len(set(numbers)) == 40
        assert names(runs) == sorted(run.name for run in made_runs)

    def test_a_claim_left_by_a_killed_process_costs_only_its_number(self, tmp_path: Path) -> None:
        (tmp_path / ".00001").mkdir()

        assert create_numbered_run(tmp_path, "x").name == "00002-x"

    def test_a_number_taken_during_the_claim_is_not_used_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create_numbered_run(tmp_path, "theirs")
        counts = iter([[], [1], [1]])
        monkeypatch.setattr("gan.run.creation.numbers_in", lambda _: next(counts))

        assert create_numbered_run(tmp_path, "ours").name == "00002-ours"
        assert names(tmp_path) == ["00001-theirs", "00002-ours"]

    def test_a_failure_leaves_no_claim(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("gan.run.creation.make_folders", fail)

        with pytest.raises(StorageError, match="No space left"):
            create_numbered_run(tmp_path, "x")
        assert names(tmp_path) == []

    @pytest.mark.parametrize("kind", ["file", "folder"])
    def test_a_name_with_the_last_number_that_is_no_run_does_not_count(
        self, tmp_path: Path, kind: str
    ) -> None:
        last = tmp_path / "999999999-x"
        last.touch() if kind == "file" else last.mkdir()

        runs = [made(tmp_path), made(tmp_path), made(tmp_path)]

        assert [run.name[:5] for run in runs] == ["00001", "00002", "00003"]
        assert find_run(tmp_path, None) == runs[-1]

    def test_after_the_last_number_nothing_is_created(self, tmp_path: Path) -> None:
        made(tmp_path).path.rename(tmp_path / "999999999-mine")

        with pytest.raises(UsageError, match=r"--runs .*: a run there has the number 999999999"):
            create_numbered_run(tmp_path, "x")
        assert names(tmp_path) == ["999999999-mine"]
