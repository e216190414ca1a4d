"""The run directory: creating it, finding it, and its configuration."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError, StorageError, UsageError
from gan.run.directory import RunDirectory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_config(run: RunDirectory, **options: object) -> RunConfig:
    config = RunConfig.resolve(options)
    run.write_config(config, environment={"python": "3.11"}, command_line=["train"])
    return config


def made(runs: Path, label: str = "mlp-mnist") -> RunDirectory:
    run = RunDirectory.create_numbered(runs, label)
    write_config(run)
    return run


class TestCreate:
    def test_only_the_owner_has_access(self, tmp_path: Path) -> None:
        run = RunDirectory.create(tmp_path / "new" / "run")

        folders = [run.path, run.samples_path, run.checkpoints_path, run.mailbox_path]
        assert [mode(folder) for folder in folders] == [0o700] * 4

    def test_a_relative_path_becomes_absolute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        run = RunDirectory.create(Path("a/../b"))

        assert run.path == tmp_path / "b"
        assert run.name == "b"

    def test_an_empty_folder_is_used(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)

        run = RunDirectory.create(tmp_path)

        assert run.samples_path.is_dir()
        assert mode(run.path) == 0o700

    @pytest.mark.parametrize("kind", ["a run", "a folder", "a file"])
    def test_anything_else_is_refused_and_left_alone(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "x"
        if kind == "a run":
            RunDirectory.create(path)
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


class TestNumbered:
    def test_runs_are_counted_from_one(self, tmp_path: Path) -> None:
        runs = tmp_path / "runs"

        names = [RunDirectory.create_numbered(runs, "mlp-mnist").name for _ in range(2)]

        assert names == ["00001-mlp-mnist", "00002-mlp-mnist"]
        assert mode(runs / names[0]) == 0o700

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

        monkeypatch.setattr("gan.run.directory._create_subfolders", fail)

        with pytest.raises(StorageError, match="No space left"):
            RunDirectory.create_numbered(tmp_path, "x")
        assert names(tmp_path) == []


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

    @pytest.mark.parametrize("wanted", ["1", "00001", "00001-mlp-mnist"])
    def test_a_run_is_found_by_number_and_by_name(self, tmp_path: Path, wanted: str) -> None:
        run = made(tmp_path)
        made(tmp_path)

        assert RunDirectory.find(tmp_path, wanted) == run

    def test_a_run_is_found_by_its_path(self, tmp_path: Path) -> None:
        run = RunDirectory.create(tmp_path / "elsewhere")
        write_config(run)

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


class TestConfig:
    def test_it_reads_back_as_it_was_written(self, run: RunDirectory) -> None:
        config = write_config(run, seed=7, epochs=3)

        assert run.read_config() == config
        assert RunDirectory.open(run.path) == run
        assert mode(run.config_path) == 0o600

    def test_it_records_the_environment_and_the_command_line(self, run: RunDirectory) -> None:
        write_config(run)

        record = json.loads(run.config_path.read_text())

        assert record["schema_version"] == 1
        assert record["environment"] == {"python": "3.11"}
        assert record["command_line"] == ["train"]

    def test_writing_it_again_keeps_when_the_run_was_created(self, run: RunDirectory) -> None:
        write_config(run, epochs=3)
        record = json.loads(run.config_path.read_text())
        run.config_path.write_text(json.dumps({**record, "created": "then"}))

        config = write_config(run, epochs=9)

        assert json.loads(run.config_path.read_text())["created"] == "then"
        assert run.read_config() == config

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "is not JSON"),
            ("[" * 100_000, "is not JSON"),
            ("[]", "received schema_version None, expected at most 1"),
            ('{"schema_version": 2}', "received schema_version 2, expected at most 1. A newer"),
            ('{"schema_version": 1}', "expected an object under `config`"),
            ('{"schema_version": 1, "config": {"epochs": 0}}', "--epochs: received 0"),
            ('{"schema_version": 1, "config": {"lr": 0}}', "unknown option lr"),
        ],
        ids=lambda text: text[:30],
    )
    def test_a_bad_one_is_refused_with_its_path_and_the_reason(
        self, run: RunDirectory, text: str, why: str
    ) -> None:
        run.config_path.write_text(text)

        with pytest.raises(CheckpointError) as raised:
            run.read_config()

        assert str(run.config_path) in str(raised.value)
        assert why in str(raised.value)

    def test_a_link_is_not_followed(self, run: RunDirectory, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("{}")
        run.config_path.symlink_to(tmp_path / "secret")

        with pytest.raises(CheckpointError, match="it is a symbolic link"):
            run.read_config()


def test_paths_are_relative_to_the_run_directory(run: RunDirectory) -> None:
    assert run.relative(run.samples_path / "000500.png") == "samples/000500.png"
    with pytest.raises(ValueError, match="subpath"):
        run.relative(Path("/etc/passwd"))
