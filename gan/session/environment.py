"""What a process sets up before it imports TensorFlow, and the description of what a run runs on.

Versions are read from package metadata, so that no package is imported for them.
"""

from __future__ import annotations

import gc
import os
import platform
import re
import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.errors import GanTuiError, StorageError
from gan.machine.wheel import wheel_facts
from gan.session.foreign_settings import (
    numeric_settings,
    own_settings,
    refuse_unusable_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES: Final = ("gan-tui", "tensorflow", "keras", "numpy", "textual")

_COMPUTING: Final = ("gan-tui", "tensorflow", "keras", "numpy")
_NEEDED_TO_TRAIN: Final = ("tensorflow", "keras")

_XLA_FLAG: Final = "--xla_cpu_copy_insertion_use_region_analysis"
"""Lets XLA update a loop's weights in place instead of copying them at every step: 10 % more steps
per second on a CPU, with the same bits."""

_OWN_XLA_FLAG: Final = f"{_XLA_FLAG}=true"

_PINNED: Final = (2, 21)
"""The TensorFlow that knows the flag. An older one is not used at all; a newer one may have dropped
the flag."""

_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only if there is no other folder


def prepare_xla() -> None:
    """Set `_XLA_FLAG`, unless the user has set it, or names a file of flags.

    XLA aborts a process if it does not know a flag, so it is set for the pinned version of
    TensorFlow alone. It reads the flags when it compiles for the first time.
    """
    if _release(wheel_facts().version) != _PINNED:
        return
    given = os.environ.get("XLA_FLAGS", "").strip()
    names_a_file = given != "" and not given.startswith("-")
    if _XLA_FLAG not in given and not names_a_file:
        os.environ["XLA_FLAGS"] = f"{given} {_OWN_XLA_FLAG}".strip()


@contextmanager
def tensorflow_imports() -> Iterator[list[str]]:
    """Import TensorFlow and Keras for the first time in this block, wherever they are used.

    Yields:
        The settings in the environment that are not used, such as `KERAS_BACKEND=torch`.

    Raises:
        GanTuiError: TensorFlow is older than this program needs.
    """
    _require_new_enough(wheel_facts().version)
    prepare_xla()
    # Without `quick_imports`, garbage collections would walk through all of TensorFlow again and
    # again.
    with own_settings() as unused, quick_imports():
        yield unused


def require_tensorflow() -> None:
    """See to it that TensorFlow and Keras are installed, and start with the settings they find.

    Raises:
        GanTuiError: One is not installed, as where there are viewers alone.
        UsageError: They don't start with the settings in the environment.
    """
    missing = [name for name in _NEEDED_TO_TRAIN if find_spec(name) is None]
    if missing:
        raise GanTuiError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed: this "
            "installation can attach to runs, watch, list and compare them, but not train or "
            "measure. To do that too, run pip install with gan-tui's folder, without --no-deps."
        )
    refuse_unusable_settings(os.environ)


def _require_new_enough(version: str) -> None:
    """See to it that TensorFlow is not too old, before it is imported.

    Raises:
        GanTuiError: It is.
    """
    release = _release(version)
    if release is not None and release < _PINNED:
        needed = ".".join(map(str, _PINNED))
        raise GanTuiError(
            f"TensorFlow {version} is installed, and this program needs {needed}: pip install "
            f"'tensorflow=={needed}.*' in an environment of its own."
        )


def _release(version: str) -> tuple[int, int] | None:
    """The first two numbers of a version; `None` if it has none."""
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else None


def require_temporary_folder(*others: Path) -> None:
    """See to it that there is a folder for temporary files: TensorFlow needs one to be imported.

    Where the system has none that can be written to, one is made and removed at the end.

    Args:
        others: Folders to make it in, besides the shared memory.

    Raises:
        StorageError: None of them can be written to.
    """
    # Imported here: nothing else needs it before the first frame.
    import tempfile

    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        tempfile.tempdir = _temporary_folder_in([_SHARED_MEMORY, *others])


def _temporary_folder_in(folders: list[Path]) -> str:
    import atexit
    import tempfile

    for folder in folders:
        try:
            made = tempfile.mkdtemp(prefix=".gan-tui-", dir=folder)
        except OSError:
            continue
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        return made
    raise StorageError(
        "no folder for temporary files can be written to. Set TMPDIR to one that can."
    )


@contextmanager
def quick_imports() -> Iterator[None]:
    """Turn the garbage collector off during imports.

    Imports create hundreds of thousands of objects that live as long as the process. Collecting
    meanwhile costs a tenth of the time to the first frame, so the collector is off in the block,
    and the objects that exist at its end are never scanned again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def environment() -> dict[str, Any]:
    """Versions, platform, processors and settings that may change bits, in JSON values.

    `None` stands for a package that is missing.
    """
    return {
        "python": platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        "settings": numeric_settings(os.environ, _OWN_XLA_FLAG),
    }


def computing_versions() -> dict[str, str | None]:
    """The version of each package that decides the numbers of a run."""
    return {package: _version(package) for package in _COMPUTING}


def _version(package: str) -> str | None:
    # Imported here: it takes a tenth of the time to the first frame.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
