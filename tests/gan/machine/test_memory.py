from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

from gan.machine.cgroup import memory_left
from gan.machine.memory import available_memory, free_memory, unmapped_memory

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_memory_is_read_as_the_kernel_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "meminfo"
    path.write_text("MemTotal:  200 kB\nMemAvailable:   100 kB\n")

    assert available_memory(path) == 102_400
    path.write_text("nonsense")
    assert available_memory(path) != 102_400


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text)


def test_the_narrowest_of_nested_groups_counts(tmp_path: Path) -> None:
    groups = tmp_path / "cgroup"
    groups.write_text("0::/job/step\n")
    group(tmp_path / "fs" / "job", memory_max="1000\n", memory_current="400\n")
    group(tmp_path / "fs" / "job" / "step", memory_max="max\n", memory_current="300\n")

    assert memory_left(groups, tmp_path / "fs") == 600


def test_groups_of_version_1_count_too(tmp_path: Path) -> None:
    groups = tmp_path / "cgroup"
    groups.write_text("9:cpu,cpuacct:/a\n8:memory:/slurm/job_7\n0::/\n")
    folder = tmp_path / "fs" / "memory" / "slurm" / "job_7"
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text("5000")
    (folder / "memory.usage_in_bytes").write_text("6000")
    (folder.parent / "memory.limit_in_bytes").write_text(str(2**63 - 4096))

    assert memory_left(groups, tmp_path / "fs") == 0


def test_what_the_kernel_has_cached_of_files_is_left(tmp_path: Path) -> None:
    groups = tmp_path / "cgroup"
    groups.write_text("0::/job\n")
    folder = tmp_path / "fs" / "job"
    group(folder, memory_max="1000\n", memory_current="900\n")
    (folder / "memory.stat").write_text("anon 300\nfile 600\ninactive_file 400\nactive_file 100\n")

    assert memory_left(groups, tmp_path / "fs") == 600


def test_without_groups_there_is_no_limit(tmp_path: Path) -> None:
    groups = tmp_path / "cgroup"
    assert memory_left(groups, tmp_path) is None
    groups.write_text("0::/../outside\n")
    assert memory_left(groups, tmp_path / "fs") is None


def test_a_limit_of_the_process_counts_less_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    pages = tmp_path / "statm"
    pages.write_text("700 500 100 1 0 200 0\n")
    limits = {resource.RLIMIT_AS: 1000 * page, resource.RLIMIT_DATA: resource.RLIM_INFINITY}
    monkeypatch.setattr(resource, "getrlimit", lambda name: (limits[name], limits[name]))

    assert unmapped_memory(pages) == 300 * page
    limits[resource.RLIMIT_DATA] = 450 * page
    assert unmapped_memory(pages) == 250 * page
    limits[resource.RLIMIT_AS] = limits[resource.RLIMIT_DATA] = resource.RLIM_INFINITY
    assert unmapped_memory(pages) is None


def test_the_memory_of_this_machine_is_known() -> None:
    free = free_memory()

    assert free is not None
    assert 0 < free <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
