"""The packages that an extra installs, and what to do without them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gan.data.checks import refuse

if TYPE_CHECKING:
    from pathlib import Path


def package(path: Path, what: str, module: str, extra: str) -> Any:
    """A module of a package that an extra installs.

    Args:
        path: The file to read.
        what: What it is, such as `a Parquet file`.
        module: The module's import path.
        extra: The name of the extra.

    Raises:
        DataError: It isn't installed; the message has the line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        expected = f"the package {name} to read it: pip install 'gan-tui[{extra}]'"
        received = f"{what}, and {name} can't be imported ({error})"
        raise refuse(path, received, expected) from error
