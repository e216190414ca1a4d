"""The packages of extras that some formats need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gan.errors import GanTuiError


def package(module: str, extra: str, what: str) -> Any:
    """A module of a package that an extra installs.

    Args:
        module: The module's import path.
        extra: The name of the extra.
        what: What it is needed for, such as `--onnx`.

    Raises:
        GanTuiError: It isn't installed; the message has the line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise GanTuiError(
            f"{what} needs the package {name}, which can't be imported ({error}): "
            f"pip install 'gan-tui[{extra}]'."
        ) from error
