"""Changes to how XLA compiles a program for a GPU, by name; each is timed on request.

TensorFlow 2.21 knows all of these flags too, in the environment variable XLA_FLAGS.
"""

from __future__ import annotations

from typing import Any, Final

_IN_GRAPHS: Final = "FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,DYNAMIC_SLICE_FUSION"
"""What XLA puts into CUDA graphs unless told otherwise, control flow not counted."""

_LOOP_IN_GRAPHS: Final = f"{_IN_GRAPHS},WHILE,CONDITIONAL"

FLAGS: Final[dict[str, dict[str, Any]]] = {
    "": {},
    # The whole loop in one CUDA graph: the host looks at no condition and launches nothing.
    "loop-in-graph": {"xla_gpu_enable_command_buffer": _LOOP_IN_GRAPHS},
    # Kernels that don't wait for each other run next to each other in the graph.
    "concurrent": {"xla_gpu_command_buffer_scheduling_mode": "CONCURRENT"},
    "loop-in-graph-concurrent": {
        "xla_gpu_enable_command_buffer": _LOOP_IN_GRAPHS,
        "xla_gpu_command_buffer_scheduling_mode": "CONCURRENT",
    },
    # Every kernel launched by itself: what CUDA graphs are worth.
    "no-graphs": {"xla_gpu_graph_min_graph_size": 100_000},
    # Products by cuBLAS alone.
    "no-triton": {"xla_gpu_enable_triton_gemm": False},
}
"""Flags by the name of the change; the first changes nothing."""
