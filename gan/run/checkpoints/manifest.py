"""The manifest of a checkpoint, and reading a checkpoint against it without trusting the disk.

A checkpoint is a folder with `state.npz` and `manifest.json`. The manifest holds the resume point,
the size, the checksum and the layout of the state, and a checksum of itself, so a flipped bit in a
step, an offset or a size is noticed like one in a weight. What happens to a checkpoint that is
rejected here is up to the store.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import re
import stat
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from gan.disk import arrays as array_files
from gan.disk.files import WRONG_KIND
from gan.disk.json_text import read_json
from gan.disk.os_errors import reason
from gan.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gan.disk.arrays import Array, Layout
    from gan.disk.files import Files

FORMAT_VERSION: Final = 1
"""The format of the checkpoints that this version writes; it reads no other."""

MANIFEST: Final = "manifest.json"
STATE: Final = "state.npz"


Pin = Literal["requested", "best"]
"""Why a checkpoint is kept: a person asked for it, or its images were the best so far.

Only the last of a run that is pinned as the best still is.
"""

_PINS: Final[tuple[Pin, ...]] = ("requested", "best")
"""The stronger pin first: a requested checkpoint stays when another one becomes the best."""

_FIELDS: Final = ("format_version", "step", "files", "arrays", "extra")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MAX_MANIFEST_BYTES: Final = 8 << 20

_DAMAGE: Final = (
    *(errno.ENOENT, errno.ENOTDIR, *WRONG_KIND),
    *(errno.EIO, getattr(errno, "EUCLEAN", errno.EIO)),
)
"""The errors for a file that is missing, of the wrong kind, or on a bad sector.

Any other error, such as too many open files, is about the process or the machine; rejecting a
checkpoint for it would lose a good one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """Where a run stood when a checkpoint was saved: what a resume needs besides the arrays.

    The fields are in the order in which the manifest holds them.
    """

    fingerprint: str
    """SHA-256 of the images that the run trains on, in hexadecimal."""

    environment: Mapping[str, Any] = field(default_factory=dict)
    """What the run ran on, in JSON values; see `gan.session.environment`."""

    branch: int = 0
    """How many times the run was rolled back."""

    step: int
    """Steps completed."""

    draw: int
    """Number of the latents of the samples: 0 for the run's own latents, n after n resamples."""

    train_seconds: float
    """Seconds spent in training steps."""

    log_offset: int
    """Bytes of the event log up to this step; a resume cuts the log back to here."""

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON values, one entry per field."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> ResumePoint:
        """Read the output of `to_json`, of this version or an earlier one.

        Early checkpoints hold no `branch` and no `environment`; unknown entries are ignored.

        Raises:
            ValueError: A value is missing or malformed; the message names it.
        """
        return cls(
            fingerprint=_text(record, "fingerprint"),
            environment=_mapping(record, "environment"),
            branch=_count(record, "branch", default=0),
            step=_count(record, "step"),
            draw=_count(record, "draw"),
            train_seconds=_seconds(record, "train_seconds"),
            log_offset=_count(record, "log_offset"),
        )


class Rejected(Exception):  # noqa: N818 - a verdict, not a failure of the program
    """A checkpoint does not verify; the message says why."""


def encode(
    step: int,
    state: bytes | memoryview,
    layout: Layout,
    extra: Mapping[str, Any],
    *,
    pinned: Pin | None = None,
) -> bytes:
    """The bytes of `manifest.json`; equal contents give equal bytes.

    Args:
        step: Steps completed.
        state: The content of `state.npz`.
        layout: The arrays in it.
        extra: What else resuming needs, in JSON values: `ResumePoint.to_json`.
        pinned: Why the checkpoint is never removed; `None` if newer ones may displace it.

    Raises:
        TypeError: A value in `extra` is not JSON.
        ValueError: A number in `extra` is not finite.
    """
    record = {
        "format_version": FORMAT_VERSION,
        "step": step,
        "files": {STATE: {"size": len(state), "sha256": hashlib.sha256(state).hexdigest()}},
        "arrays": {
            name: {"shape": list(shape), "dtype": dtype} for name, (shape, dtype) in layout.items()
        },
        "extra": dict(extra),
        **({"pinned": pinned} if pinned else {}),
    }
    return _dump({**record, "sha256": _digest(record)})


def decode(data: bytes, step: int) -> dict[str, Any]:
    """Read a manifest back.

    Args:
        data: The whole file.
        step: The step in the checkpoint's name.

    Raises:
        ValueError: It is malformed, was altered, or belongs to another step.
        CheckpointError: It is intact but has another format, such as a newer one.
    """
    record = read_json(data)
    if not isinstance(record, dict) or record.pop("sha256", None) != _digest(record):
        raise ValueError("its checksum does not match its contents")
    if record.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"the checkpoint of step {step} has format {record.get('format_version')!r}, this "
            f"gan-tui reads {FORMAT_VERSION}. Use the version that wrote it, or a newer one."
        )
    if record.get("step") != step:
        raise ValueError(f"it belongs to step {record.get('step')!r}")
    _require_fields(record)
    return record


def read(files: Files, path: Path, step: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the manifest of a checkpoint, with every bit verified.

    Raises:
        Rejected: It does not verify.
        CheckpointError: It has another format.
        OSError: It cannot be read, which says nothing about its content.
    """
    manifest = read_manifest(files, path, step)
    state = _read_state(files, path, manifest)
    try:
        arrays = array_files.unpack(state, expected_layout(manifest))
    except ValueError as error:
        raise Rejected(f"{STATE}: {error}") from None
    if (name := array_files.first_non_finite(arrays)) is not None:
        raise Rejected(f"{STATE}: {name} holds non-finite values")
    return arrays, manifest


def read_manifest(files: Files, path: Path, step: int) -> dict[str, Any]:
    """The manifest of a checkpoint; its state is not read.

    Raises:
        Rejected: It does not verify.
        CheckpointError: It has another format.
        OSError: It cannot be read, which says nothing about its content.
    """
    _require_folder(path)
    data = _read_file(files, path / MANIFEST, _MAX_MANIFEST_BYTES)
    try:
        return decode(data, step)
    except ValueError as error:
        raise Rejected(f"{MANIFEST}: {error}") from None


def matches(files: Files, path: Path, manifest: bytes, step: int) -> bool:
    """Whether a folder holds, bit for bit, the checkpoint of this manifest."""
    try:
        _require_folder(path)
        if files.read(path / MANIFEST, _MAX_MANIFEST_BYTES) != manifest:
            return False
        _read_state(files, path, decode(manifest, step))
    except (OSError, Rejected):
        return False
    return True


def expected_state(manifest: Mapping[str, Any]) -> tuple[int, str]:
    """The size of `state.npz` in bytes, and its SHA-256 in hexadecimal."""
    state = manifest["files"][STATE]
    return state["size"], state["sha256"]


def expected_layout(manifest: Mapping[str, Any]) -> Layout:
    """The arrays that `state.npz` must hold, by name."""
    return {
        name: (tuple(array["shape"]), array["dtype"]) for name, array in manifest["arrays"].items()
    }


def pin_of(manifest: Mapping[str, Any]) -> Pin | None:
    """Why the checkpoint is never removed, or `None` if newer ones may displace it."""
    pin: Pin | None = manifest.get("pinned")
    return pin


def stronger(first: Pin | None, second: Pin | None) -> Pin | None:
    """The pin of a checkpoint that was given both of these."""
    return next((pin for pin in _PINS if pin in (first, second)), None)


def _require_folder(path: Path) -> None:
    """Refuse a link to a folder too: it may lead out of this run."""
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
    size, sha256 = expected_state(manifest)
    state = _read_file(files, path / STATE, size)
    if len(state) != size:
        raise Rejected(f"{STATE}: it holds {len(state):,} bytes, not {size:,}")
    if hashlib.sha256(state).hexdigest() != sha256:
        raise Rejected(f"{STATE}: its checksum does not match")
    return state


def _dump(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, allow_nan=False, separators=(",", ":")).encode()


def _digest(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dump(record)).hexdigest()


def _require_fields(record: Mapping[str, Any]) -> None:
    if set(record) - {"pinned"} != set(_FIELDS) or not isinstance(record["extra"], dict):
        raise ValueError(f"its fields are {', '.join(record)}, expected {', '.join(_FIELDS)}")
    if record.get("pinned", _PINS[0]) not in _PINS:
        raise ValueError(f"its field pinned is {record['pinned']!r}, expected one of {_PINS}")
    files, arrays = record["files"], record["arrays"]
    if not isinstance(files, dict) or set(files) != {STATE} or not _is_file(files[STATE]):
        raise ValueError(f"its files are {files!r}, expected the size and sha256 of {STATE}")
    if not isinstance(arrays, dict) or not all(map(_is_array, arrays.values())):
        raise ValueError("its arrays are not given by shape and dtype")


def _is_file(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"size", "sha256"}:
        return False
    digest = value["sha256"]
    return _is_size(value["size"]) and isinstance(digest, str) and bool(_SHA256.fullmatch(digest))


def _is_array(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"shape", "dtype"}:
        return False
    shape, dtype = value["shape"], value["dtype"]
    return isinstance(shape, list) and all(map(_is_size, shape)) and isinstance(dtype, str)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise _malformed(name, value, "a string")
    return value


def _mapping(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name, {})
    if not isinstance(value, dict):
        raise _malformed(name, value, "an object")
    return value


def _count(record: Mapping[str, Any], name: str, *, default: int | None = None) -> int:
    value = record.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _malformed(name, value, "a whole number of at least 0")
    return value


def _seconds(record: Mapping[str, Any], name: str) -> float:
    value = record.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise _malformed(name, value, "a number of at least 0")
    return float(value)


def _malformed(name: str, value: object, expected: str) -> ValueError:
    return ValueError(f"its {name} is {value!r:.100}, expected {expected}")
