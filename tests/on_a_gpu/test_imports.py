"""Who may import JAX and TensorFlow."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KIT = ROOT / "tests" / "bench" / "on_a_gpu"
WITH_TENSORFLOW = KIT / "export.py"


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, wherever in it; those of this kit are left out."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names if not name.startswith("tests.bench.on_a_gpu")}


def test_what_runs_on_the_gpu_needs_jax_and_numpy_alone() -> None:
    files = [path for path in KIT.glob("*.py") if path != WITH_TENSORFLOW]
    found = set().union(*map(imported, files)) - set(sys.stdlib_module_names)
    assert found == {"jax", "jaxlib", "numpy"}


def test_what_exports_needs_no_jax() -> None:
    assert not imported(WITH_TENSORFLOW) & {"jax", "jaxlib"}
    assert not imported(KIT / "folder.py") & {"jax", "jaxlib"}


def test_nothing_else_imports_jax() -> None:
    files = [
        path
        for top in ("gan", "tui", "tests")
        for path in (ROOT / top).rglob("*.py")
        if path.parent != KIT
    ]
    assert len(files) > 100
    assert [path for path in files if imported(path) & {"jax", "jaxlib"}] == []
