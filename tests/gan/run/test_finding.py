"""Finding runs: by a path, a name, a number, or the newest one."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import CheckpointError, StorageError
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run, create_run
from gan.run.finding import find_run, open_run

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


def made(runs: Path, label: str = "mlp-mnist") -> RunDirectory:
    run = create_numbered_run(runs, label)
    write_config(run, RunConfig.resolve({}), environment={}, command_line=[])
    return run


class TestOpenAndFind:
    def test_a_folder_without_a_configuration_is_not_a_run(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=r"not a run: .* contains no config\.json"):
            open_run(tmp_path)

    def test_the_newest_run_has_the_largest_number(self, tmp_path: Path) -> None:
        """Names are compared by number, so 100000 comes after 99999."""
        (tmp_path / "99998-x").mkdir()
        older, newer = made(tmp_path), made(tmp_path)

        assert newer.name == "100000-mlp-mnist"
        assert find_run(tmp_path, None) == newer
        assert find_run(tmp_path, "99999") == older

    def test_a_run_without_a_configuration_is_ignored(self, tmp_path: Path) -> None:
        run = made(tmp_path)
        create_numbered_run(tmp_path, "killed-at-birth")

        assert find_run(tmp_path, None) == run

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

        assert find_run(tmp_path, None) == own
        with pytest.raises(StorageError, match="Permission denied"):
            find_run(tmp_path, str(others.path))

    @pytest.mark.parametrize("wanted", ["1", "00001", "00001-mlp-mnist"])
    def test_a_run_is_found_by_number_and_by_name(self, tmp_path: Path, wanted: str) -> None:
        run = made(tmp_path)
        made(tmp_path)

        assert find_run(tmp_path, wanted) == run

    def test_a_run_is_found_by_its_path(self, tmp_path: Path) -> None:
        run = create_run(tmp_path / "elsewhere")
        write_config(run, RunConfig.resolve({}), environment={}, command_line=[])

        assert find_run(tmp_path / "runs", str(run.path)) == run

    @pytest.mark.parametrize("wanted", ["8", "nothing", "/no/such/run", "", "²"])
    def test_a_missing_run_is_reported_with_the_folder_of_runs(
        self, tmp_path: Path, wanted: str
    ) -> None:
        made(tmp_path)

        with pytest.raises(CheckpointError, match=f"no run '{wanted}'.*{tmp_path}"):
            find_run(tmp_path, wanted)

    def test_without_any_run_the_folder_of_runs_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=f"no run to resume in {tmp_path}/runs"):
            find_run(tmp_path / "runs", None)


@pytest.mark.parametrize("wanted", ["9" * 5000, "\u0663", "1_0", "x" * 5000])
def test_a_number_or_a_name_that_no_run_can_have_is_one_short_line(
    tmp_path: Path, wanted: str
) -> None:
    made(tmp_path)

    with pytest.raises(CheckpointError, match=r"no run '.*expected the path of a run") as refused:
        find_run(tmp_path, wanted)
    assert len(str(refused.value)) < 600


def test_the_nearest_name_of_a_run_is_named(tmp_path: Path) -> None:
    made(tmp_path, "mlp-mnist")

    with pytest.raises(CheckpointError, match=r" Did you mean 00001-mlp-mnist\?$"):
        find_run(tmp_path, "00001-mpl-mnist")


def test_a_run_is_found_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert find_run(Path("/nowhere"), f"~/{run.name}") == run
