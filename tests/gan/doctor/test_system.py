"""Python, processor, memory and limits of machines that nobody here has."""

from __future__ import annotations

from typing import Any

import pytest

from gan.doctor.system import SystemFacts, read_facts, rows

GOOD: dict[str, Any] = {
    "python": (3, 12, 4),
    "glibc": (2, 36),
    "cores": 8,
    "usable_cores": 8,
    "processor_flags": frozenset({"avx", "avx2"}),
    "memory": 16_000_000_000,
}


def row(name: str, **facts: Any) -> Any:
    return {row.name: row for row in rows(SystemFacts(**GOOD | facts))}[name]


def test_a_usual_machine_is_ok_throughout() -> None:
    assert [(row.name, row.verdict) for row in rows(SystemFacts(**GOOD))] == [
        *(("python", "ok"), ("processor", "ok"), ("memory", "ok"), ("limits", "ok"))
    ]


@pytest.mark.parametrize(
    ("facts", "words", "fix"),
    [
        ({"python": (3, 14, 0)}, "needs 3.10 to 3.13", "uv venv --python 3.13"),
        ({"python": (3, 9, 2)}, "needs 3.10 to 3.13", "uv venv --python 3.13"),
        ({"implementation": "PyPy"}, "PyPy 3.12.4", "Install CPython."),
        ({"glibc": (2, 17)}, "glibc 2.17; TensorFlow's wheels need glibc 2.27", "Debian 12"),
        ({"glibc": None}, "no glibc", "Debian 12"),
    ],
    ids=["too-new", "too-old", "pypy", "centos7", "alpine"],
)
def test_an_interpreter_without_a_tensorflow_fails(
    facts: dict[str, Any], words: str, fix: str
) -> None:
    found = row("python", **facts)

    assert found.verdict == "fail"
    assert words in found.text
    assert fix in found.fix


def test_macos_needs_no_glibc() -> None:
    found = row("python", system="darwin", glibc=None)

    assert (found.verdict, found.text) == ("ok", "3.12.4")


def test_a_processor_without_avx_would_end_the_process() -> None:
    found = row("processor", processor_flags=frozenset({"sse4_2"}))

    assert found.verdict == "fail"
    assert "illegal instruction" in found.text
    assert row("processor", machine="aarch64", processor_flags=frozenset()).verdict == "ok"
    assert row("processor", processor_flags=None).verdict == "ok"


def test_cores_that_the_process_may_not_use_are_named() -> None:
    assert row("processor", usable_cores=2).text == "x86_64, 2 of 8 cores"


@pytest.mark.parametrize(
    ("free", "verdict"), [(4_000_000_000, "ok"), (1_500_000_000, "warn"), (300_000_000, "fail")]
)
def test_little_memory_is_named(free: int, verdict: str) -> None:
    assert row("memory", memory=free).verdict == verdict


def test_the_limit_of_a_job_counts_and_is_named_with_what_raises_it() -> None:
    found = row("memory", memory_left=500_000_000)

    assert found.verdict == "fail"
    assert found.text.startswith("500.0 MB free below the limit of this job")
    assert "--mem" in found.fix


def test_unknown_memory_is_no_fault() -> None:
    assert row("memory", memory=None).verdict == "ok"


def test_limits_of_the_process_have_the_command_that_lifts_them() -> None:
    assert row("limits", open_files=64).fix == "ulimit -n 4096"
    assert row("limits", address_space=8 * 10**9).fix == "ulimit -v unlimited"
    assert row("limits", open_files=2**31).text == "any number of open files"


def test_the_facts_of_this_machine_can_be_judged() -> None:
    found = list(rows(read_facts()))

    assert [row.name for row in found] == ["python", "processor", "memory", "limits"]
    assert found[0].verdict == "ok"
