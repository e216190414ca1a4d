"""The tables of the driver's refusals and of what happens to a GPU in mid-run."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gan.machine import breakdowns, refusals
from gan.machine.breakdowns import OUT_OF_MEMORY, breakdown
from gan.machine.refusals import advice

ROWS = [*refusals._CAUSES, *breakdowns._BREAKDOWNS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words[:20])
def test_every_row_has_its_sources(row: Any) -> None:
    assert row.sources
    for source in row.sources:
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+", source)


@pytest.mark.parametrize("row", refusals._CAUSES, ids=lambda row: row.words[:20])
def test_advice_is_a_sentence(row: Any) -> None:
    assert row.helps.endswith(".")


def test_an_error_that_is_not_known_has_no_advice() -> None:
    assert advice("Argument Version Mismatch") != ""
    assert advice("a new error") == ""


@pytest.mark.parametrize(
    ("message", "helps"),
    [
        ("CUDA_ERROR_SYSTEM_NOT_READY", "sudo systemctl start nvidia-fabricmanager"),
        ("System is not in ready state", "sudo systemctl start nvidia-fabricmanager"),
        ("CUDA_ERROR_DEVICE_UNAVAILABLE", "sudo nvidia-smi -c DEFAULT"),
        ("CUDA_ERROR_MPS_CONNECTION_FAILED", "nvidia-cuda-mps-control -d"),
        ("CUDA_ERROR_MPS_SERVER_NOT_READY", "nvidia-cuda-mps-control -d"),
        ("CUDA_ERROR_MPS_MAX_CLIENTS_REACHED", "unset CUDA_MPS_PIPE_DIRECTORY"),
        ("CUDA_ERROR_OPERATING_SYSTEM", "/dev/nvidia*"),
        ("CUDA_ERROR_STUB_LIBRARY", "the folder stubs"),
        ("CUDA_ERROR_DEVICE_NOT_LICENSED", "nvidia-smi -q"),
        ("CUDA_ERROR_INVALID_DEVICE", "nvidia-smi -L"),
        ("CUDA_ERROR_NOT_PERMITTED", "join the group"),
        ("GPU requires reset", "sudo nvidia-smi --gpu-reset"),
        ("Timeout", "restart the machine"),
    ],
)
def test_what_the_driver_refuses_with_has_advice(message: str, helps: str) -> None:
    assert helps in advice(message)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("Dst tensor is not initialized.", "out of memory"),
        ("CUDA_ERROR_OUT_OF_MEMORY: out of memory", "out of memory"),
        ("NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.", "was lost"),
        ("CUDA_ERROR_ECC_UNCORRECTABLE", "memory has failed"),
        ("CUDA_ERROR_LAUNCH_TIMEOUT: the launch timed out", "ran too long"),
        ("GPU sync failed", "given up"),
        ("CUDNN_STATUS_EXECUTION_FAILED", "given up"),
        ("CUDA_ERROR_A_NEW_ONE", "given up"),
        ("Status: CUDA-capable device(s) is/are busy or unavailable", "takes no work"),
        ("Status: all CUDA-capable devices are busy or unavailable", "takes no work"),
        ("Status: an illegal memory access was encountered", "given up"),
        ("Status: unspecified launch failure", "given up"),
        ("Status: the launch timed out and was terminated", "ran too long"),
        ("Status: no CUDA-capable device is detected", "was lost"),
    ],
)
def test_a_breakdown_is_told_from_its_words(message: str, what: str) -> None:
    found = breakdown(message)

    assert found is not None
    assert what in found.what
    assert found.cited(message).lower() in message.lower()


@pytest.mark.parametrize(
    "message", ["Incompatible shapes: [3] vs. [4]", "/home/rebecca/data", "assertion failed"]
)
def test_other_messages_tell_of_no_breakdown(message: str) -> None:
    assert breakdown(message) is None
    assert OUT_OF_MEMORY.cited(message) == ""
