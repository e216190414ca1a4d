"""The run directory: creating it and finding it."""

from __future__ import annotations

import errno
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError, StorageError, UsageError
from gan.run.config_file import write_config
from gan.run.directory import RunDirectory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def made(runs: Path, label: str = "mlp-mnist") -> RunDirectory:
    run = RunDirectory.create_numbered(runs, label)
    write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
    return run


class TestCreate:
    def test_missing_parents_are_made(self, tmp_path: Path) -> None:
        run = RunDirectory.create(tmp_path / "new" / "run")

        assert all(folder.is_dir() for folder in run.folders)

    def test_a_relative_path_becomes_absolute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        run = RunDirectory.create(Path("a/../b"))

        assert run.path == tmp_path / "b"
        assert run.name == "b"

    @pytest.mark.parametrize(
        ("given", "kept"), [(0o700, 0o700), (0o755, 0o755), (0o2775, 0o2755), (0o777, 0o755)]
    )
    def test_an_empty_folder_is_used_and_nobody_else_may_write_to_it(
        self, tmp_path: Path, given: int, kept: int
    ) -> None:
        tmp_path.chmod(given)

        run = RunDirectory.create(tmp_path)

        assert run.samples_path.is_dir()
        assert mode(run.path) == kept

    @pytest.mark.parametrize("kind", ["a run", "a folder", "a file"])
    def test_anything_else_is_refused_and_left_alone(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "x"
        if kind == "a run":
            write_config(
                RunDirectory.create(path), RunConfig.resolve({}), environment={}, command_line=[]
            )
        elif kind == "a folder":
            path.mkdir()
            (path / "thesis.tex").touch()
        else:
            path.write_text("thesis")
        before = sorted(tmp_path.rglob("*"))

        with pytest.raises(UsageError, match=r"--run-dir: .*/x exists .* --resume, or choose"):
            RunDirectory.create(path)

        assert sorted(tmp_path.rglob("*")) == before

    def test_a_path_through_a_file_is_a_storage_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(StorageError, match=r"cannot create the run directory .*/file/run: "):
            RunDirectory.create(tmp_path / "file" / "run")

    def test_somebody_elses_folder_is_refused_and_keeps_its_mode(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As root, who could take it over."""
        tmp_path.chmod(0o755)
        monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)

        with pytest.raises(UsageError, match=r"--run-dir: .* belongs to user \d+, not to \d+\. "):
            RunDirectory.create(tmp_path)

        assert (mode(tmp_path), names(tmp_path)) == (0o755, [])

    @pytest.mark.parametrize("left", ["folders", "one folder", "lock", "log", "config"])
    def test_what_a_killed_process_left_before_its_configuration_is_used(
        self, tmp_path: Path, left: str
    ) -> None:
        run = RunDirectory.create(tmp_path / "x")
        if left == "one folder":
            run.mailbox_path.rmdir()
            run.checkpoints_path.rmdir()
        if left in ("lock", "log", "config"):
            run.lock_path.write_text('{"pid": 1}')
        if left in ("log", "config"):
            run.log_path.touch()
        if left == "config":
            (run.path / ".config.json.tmp-1-ab").write_text("{")

        assert RunDirectory.open(run.path) == run
        assert not run.has_config
        assert RunDirectory.create(run.path) == run
        assert run.mailbox_path.is_dir()

    @pytest.mark.parametrize("kind", ["file", "events", "sample", "link", "open to others"])
    def test_what_may_be_somebodys_work_is_not_used(self, tmp_path: Path, kind: str) -> None:
        run = RunDirectory.create(tmp_path / "x")
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
            RunDirectory.create(run.path)
        with pytest.raises(CheckpointError, match="not a run"):
            RunDirectory.open(run.path)
        assert sorted(tmp_path.rglob("*")) == before


class TestNumbered:
    def test_runs_are_counted_from_one(self, tmp_path: Path) -> None:
        runs = tmp_path / "runs"

        names = [RunDirectory.create_numbered(runs, "mlp-mnist").name for _ in range(2)]

        assert names == ["00001-mlp-mnist", "00002-mlp-mnist"]

    def test_the_next_number_follows_the_largest_and_other_names_do_not_count(
        self, tmp_path: Path
    ) -> None:
        for name in ("00007-tutorial-mnist", "00003-mlp-mnist", "notes", "9-x", "123-y"):
            (tmp_path / name).mkdir()

        assert RunDirectory.create_numbered(tmp_path, "mlp-x").name == "00008-mlp-x"

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
        assert RunDirectory.create_numbered(tmp_path, label).path == tmp_path / name

    def test_many_at_once_get_different_numbers_even_with_different_labels(
        self, tmp_path: Path
    ) -> None:
        runs = tmp_path / "runs"

        with ThreadPoolExecutor(8) as pool:
            labels = [f"label-{i % 5}" for i in range(40)]
            made_runs = list(
                pool.map(lambda label: RunDirectory.create_numbered(runs, label), labels)
            )

        numbers = [int(run.name.partition("-")[0]) for run in made_runs]
        assert len(set(numbers)) == 40
        assert names(runs) == sorted(run.name for run in made_runs)

    def test_a_claim_left_by_a_killed_process_costs_only_its_number(self, tmp_path: Path) -> None:
        (tmp_path / ".00001").mkdir()

        assert RunDirectory.create_numbered(tmp_path, "x").name == "00002-x"

    def test_a_number_taken_during_the_claim_is_not_used_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        RunDirectory.create_numbered(tmp_path, "theirs")
        counts = iter([[], [1], [1]])
        monkeypatch.setattr("gan.run.directory._numbers", lambda _: next(counts))

        assert RunDirectory.create_numbered(tmp_path, "ours").name == "00002-ours"
        assert names(tmp_path) == ["00001-theirs", "00002-ours"]

    def test_a_failure_leaves_no_claim(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("gan.run.directory._make_folders", fail)

        with pytest.raises(StorageError, match="No space left"):
            RunDirectory.create_numbered(tmp_path, "x")
        assert names(tmp_path) == []

    @pytest.mark.parametrize("kind", ["file", "folder"])
    def test_a_name_with_the_last_number_that_is_no_run_does_not_count(
        self, tmp_path: Path, kind: str
    ) -> None:
        last = tmp_path / "999999999-x"
        last.touch() if kind == "file" else last.mkdir()

        runs = [made(tmp_path), made(tmp_path), made(tmp_path)]

        assert [run.name[:5] for run in runs] == ["00001", "00002", "00003"]
        assert RunDirectory.find(tmp_path, None) == runs[-1]

    def test_after_the_last_number_nothing_is_created(self, tmp_path: Path) -> None:
        made(tmp_path).path.rename(tmp_path / "999999999-mine")

        with pytest.raises(UsageError, match=r"--runs .*: a run there has the number 999999999"):
            RunDirectory.create_numbered(tmp_path, "x")
        assert names(tmp_path) == ["999999999-mine"]


class TestOpenAndFind:
    def test_a_folder_without_a_configuration_is_not_a_run(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=r"not a run: .* contains no config\.json"):
            RunDirectory.open(tmp_path)

    def test_the_newest_run_has_the_largest_number(self, tmp_path: Path) -> None:
        """Names are compared by number, so 100000 comes after 99999."""
        (tmp_path / "99998-x").mkdir()
        older, newer = made(tmp_path), made(tmp_path)

        assert newer.name == "100000-mlp-mnist"
        assert RunDirectory.find(tmp_path, None) == newer
        assert RunDirectory.find(tmp_path, "99999") == older

    def test_a_run_without_a_configuration_is_ignored(self, tmp_path: Path) -> None:
        run = made(tmp_path)
        RunDirectory.create_numbered(tmp_path, "killed-at-birth")

        assert RunDirectory.find(tmp_path, None) == run

    def test_what_only_another_user_may_look_into_is_no_run_for_this_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, others = made(tmp_path), made(tmp_path)
        usual = Path.is_file

        def is_file(path: Path) -> bool:
            if path == others.config_path:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return usual(path)

        monkeypatch.setattr(Path, "is_file", is_file)

        assert RunDirectory.find(tmp_path, None) == own
        with pytest.raises(StorageError, match="Permission denied"):
            RunDirectory.find(tmp_path, str(others.path))

    @pytest.mark.parametrize("wanted", ["1", "00001", "00001-mlp-mnist"])
    def test_a_run_is_found_by_number_and_by_name(self, tmp_path: Path, wanted: str) -> None:
        run = made(tmp_path)
        made(tmp_path)

        assert RunDirectory.find(tmp_path, wanted) == run

    def test_a_run_is_found_by_its_path(self, tmp_path: Path) -> None:
        run = RunDirectory.create(tmp_path / "elsewhere")
        write_config(run, RunConfig.resolve({}), environment={}, command_line=[])

        assert RunDirectory.find(tmp_path / "runs", str(run.path)) == run

    @pytest.mark.parametrize("wanted", ["8", "nothing", "/no/such/run", "", "²"])
    def test_a_missing_run_is_reported_with_the_folder_of_runs(
        self, tmp_path: Path, wanted: str
    ) -> None:
        made(tmp_path)

        with pytest.raises(CheckpointError, match=f"no run '{wanted}'.*{tmp_path}"):
            RunDirectory.find(tmp_path, wanted)

    def test_without_any_run_the_folder_of_runs_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=f"no run to resume in {tmp_path}/runs"):
            RunDirectory.find(tmp_path / "runs", None)


@pytest.mark.parametrize("wanted", ["9" * 5000, "\u0663", "1_0", "x" * 5000])
def test_a_number_or_a_name_that_no_run_can_have_is_one_short_line(
    tmp_path: Path, wanted: str
) -> None:
    made(tmp_path)

    with pytest.raises(CheckpointError, match=r"no run '.*expected the path of a run") as refused:
        RunDirectory.find(tmp_path, wanted)
    assert len(str(refused.value)) < 600


def test_the_nearest_name_of_a_run_is_named(tmp_path: Path) -> None:
    made(tmp_path, "mlp-mnist")

    with pytest.raises(CheckpointError, match=r" Did you mean 00001-mlp-mnist\?$"):
        RunDirectory.find(tmp_path, "00001-mpl-mnist")


def test_a_run_is_found_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert RunDirectory.find(Path("/nowhere"), f"~/{run.name}") == run


def test_paths_are_relative_to_the_run_directory(run: RunDirectory) -> None:
    assert run.relative(run.samples_path / "000500.png") == "samples/000500.png"
    with pytest.raises(ValueError, match="subpath"):
        run.relative(Path("/etc/passwd"))
