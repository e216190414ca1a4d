"""One checkpoint's folder, read without trusting it.

Separate from the store, which decides what becomes of a checkpoint that is rejected here: set aside
while looking for the newest, refused where it was asked for by name, replaced when it is saved.
"""

from __future__ import annotations

import errno
import hashlib
import stat
from typing import TYPE_CHECKING, Any, Final

from gan.disk import arrays as array_files
from gan.disk.os_errors import reason
from gan.run.checkpoints import manifest as manifests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.disk.files import Files

MANIFEST: Final = "manifest.json"

_MAX_MANIFEST_BYTES: Final = 8 << 20

_DAMAGE: Final = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.EFBIG),
    *(errno.EIO, getattr(errno, "EUCLEAN", errno.EIO)),
)
"""What the system says of a file that is missing, of another kind, or on a bad sector.

All else, such as too many open files, is about the process or the machine: a checkpoint that was
set aside for it would be lost for nothing.
"""


class Rejected(Exception):  # noqa: N818 - it is a verdict
    """A checkpoint does not verify; the text says why."""


def read(files: Files, path: Path, step: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the manifest of a checkpoint, every bit of them verified.

    Raises:
        Rejected: It does not verify.
        CheckpointError: It is of a newer version.
        OSError: It cannot be read, which says nothing about what it holds.
    """
    manifest = read_manifest(files, path, step)
    state = _read_state(files, path, manifest)
    try:
        arrays = array_files.unpack(state, manifests.expected_layout(manifest))
    except ValueError as error:
        raise Rejected(f"{manifests.STATE}: {error}") from None
    if (name := array_files.first_not_finite(arrays)) is not None:
        raise Rejected(f"{manifests.STATE}: {name} holds numbers that are not finite")
    return arrays, manifest


def read_manifest(files: Files, path: Path, step: int) -> dict[str, Any]:
    """The manifest of a checkpoint; the state beside it is not looked at.

    Raises:
        Rejected: It does not verify.
        CheckpointError: It is of a newer version.
        OSError: It cannot be read, which says nothing about what it holds.
    """
    _require_folder(path)
    data = _read_file(files, path / MANIFEST, _MAX_MANIFEST_BYTES)
    try:
        return manifests.decode(data, step)
    except ValueError as error:
        raise Rejected(f"{MANIFEST}: {error}") from None


def holds(files: Files, path: Path, manifest: bytes, step: int) -> bool:
    """Whether a folder is, to the last bit, the checkpoint of this manifest."""
    try:
        _require_folder(path)
        if files.read(path / MANIFEST, _MAX_MANIFEST_BYTES) != manifest:
            return False
        _read_state(files, path, manifests.decode(manifest, step))
    except (OSError, Rejected):
        return False
    return True


def _require_folder(path: Path) -> None:
    """Refuse a link to a folder too: what it leads to is not this run's."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError as error:
        raise Rejected(reason(error)) from None
    if not stat.S_ISDIR(mode):
        raise Rejected("it is not a folder")


def _read_file(files: Files, path: Path, limit: int) -> bytes:
    try:
        return files.read(path, limit)
    except OSError as error:
        if error.errno not in _DAMAGE:
            raise
        raise Rejected(f"{path.name}: {reason(error)}") from None


def _read_state(files: Files, path: Path, manifest: Mapping[str, Any]) -> bytes:
    size, sha256 = manifests.expected_state(manifest)
    state = _read_file(files, path / manifests.STATE, size)
    if len(state) != size:
        raise Rejected(f"{manifests.STATE}: it holds {len(state):,} bytes, not {size:,}")
    if hashlib.sha256(state).hexdigest() != sha256:
        raise Rejected(f"{manifests.STATE}: its checksum does not match")
    return state
