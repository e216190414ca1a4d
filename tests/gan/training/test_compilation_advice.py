"""TensorFlow's messages become a reason and what to install."""

from __future__ import annotations

import re

import pytest

from gan.training.compilation_advice import _CAUSES, advice, explained, reason

GRAPH = """Graph execution error:

Detected at node CheckNumerics defined at (most recent call last):
<stack traces unavailable>
libdevice not found at ./libdevice.10.bc
\t [[{{node StatefulPartitionedCall}}]] [Op:__inference_run_41]"""

ROOTS = """2 root error(s) found.
  (0) INTERNAL:  libdevice not found at ./libdevice.10.bc
\t [[{{node a}}]]
  (1) INTERNAL:  another"""

FRAMES = """Graph execution error:

Detected at node While defined at (most recent call last):
  File "gan/training/execution.py", line 9, in body
    measured = train_step()

DNN library initialization failed. Look at the errors above for more details.
\t [[{{node While}}]]"""

NO_PROVIDER = (
    "No PTX compilation provider is available. Neither ptxas/nvlink nor nvjtlink is available."
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("./bin/ptxas not found", "./bin/ptxas not found"),
        ("no kernel for ThreeFry\n\nat: op 7", "no kernel for ThreeFry"),
        (GRAPH, "libdevice not found at ./libdevice.10.bc"),
        (ROOTS, "INTERNAL:  libdevice not found at ./libdevice.10.bc"),
        (
            FRAMES,
            "DNN library initialization failed. Look at the errors above for more details.",
        ),
        ("Graph execution error:\n\n  nothing else", "Graph execution error:"),
        ("", ""),
    ],
)
def test_the_reason_is_the_line_that_says_what_happened(message: str, expected: str) -> None:
    assert reason(message) == expected


@pytest.mark.parametrize(
    ("message", "helps"),
    [
        (NO_PROVIDER, "ptxas is missing: pip install 'gan-tui[cuda]'"),
        ("./bin/ptxas not found", "ptxas is missing"),
        ("libdevice not found at ./libdevice.10.bc", "libdevice is missing"),
        ("JIT compilation failed.", "libdevice is missing"),
        ("DNN library initialization failed.", "cuDNN"),
        ("Failed to get convolution algorithm: cuDNN failed to initialize", "cuDNN"),
        ("failed to create cublas handle: CUBLAS_STATUS_NOT_INITIALIZED", "cuBLAS didn't start"),
        ("CUDA driver version is insufficient for CUDA runtime version", "update the driver"),
        ("ptxas, line 9; fatal : Unsupported .version 8.5; current is '8.4'", "update the driver"),
        ("Failed to load PTX text as a module: CUDA_ERROR_INVALID_PTX", "no code for this GPU"),
        ("'cuLaunchKernel' failed with 'CUDA_ERROR_INVALID_HANDLE'", "no code for this GPU"),
        ("CUDA_ERROR_NO_BINARY_FOR_GPU", "no code for this GPU"),
    ],
)
def test_what_is_missing_is_named_with_where_it_comes_from(message: str, helps: str) -> None:
    assert helps in advice(message)
    assert helps in explained(GRAPH.replace("libdevice not found at ./libdevice.10.bc", message))


@pytest.mark.parametrize(
    "message", ["not implemented here", "Detected unsupported operations: AsString", ""]
)
def test_where_nothing_can_be_installed_nothing_is_advised(message: str) -> None:
    assert advice(message) == ""


def test_an_explanation_is_whole_sentences() -> None:
    assert explained("not implemented here") == "not implemented here."
    assert explained("./bin/ptxas not found").startswith("./bin/ptxas not found. NVIDIA's ptxas")
    assert explained("JIT compilation failed.").startswith("JIT compilation failed. NVIDIA's")


@pytest.mark.parametrize("cause", _CAUSES, ids=lambda cause: cause.words[:20])
def test_every_row_has_its_sources(cause: object) -> None:
    assert cause.sources  # type: ignore[attr-defined]
    for source in cause.sources:  # type: ignore[attr-defined]
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/issues/\d+", source)
