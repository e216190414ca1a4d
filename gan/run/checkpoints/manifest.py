"""The manifest of a checkpoint: what its state must be, down to the last bit, and how to know.

Besides the checksum of the state it carries one of itself, so that a flipped bit in a step, an
offset or a size is noticed like one in a weight.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from gan.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.disk.arrays import Layout

FORMAT_VERSION: Final = 1
"""The form of a checkpoint that this version writes, and the newest that it reads."""

STATE: Final = "state.npz"
"""The one file beside the manifest."""

Pin = Literal["requested", "best"]
"""Why a checkpoint is never removed: somebody asked for it, or it is the best one so far."""

_PINS: Final[tuple[Pin, ...]] = ("requested", "best")
"""The stronger first: what somebody asked for stays when another one becomes the best."""

_FIELDS: Final = ("format_version", "step", "files", "arrays", "extra")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


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
        state: The whole of `state.npz`.
        layout: The arrays in it.
        extra: Whatever else going on needs, in JSON values.
        pinned: Why the checkpoint is never removed; none where it may be.

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
        step: The step that the checkpoint's name tells.

    Raises:
        ValueError: It is malformed, was altered, or belongs to another step.
        CheckpointError: It is whole, but of a newer version than this one reads.
    """
    try:
        record = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
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


def expected_state(manifest: Mapping[str, Any]) -> tuple[int, str]:
    """The size of `state.npz` in bytes, and its SHA-256 in hexadecimal."""
    state = manifest["files"][STATE]
    return state["size"], state["sha256"]


def expected_layout(manifest: Mapping[str, Any]) -> Layout:
    """The arrays that `state.npz` must hold."""
    return {
        name: (tuple(array["shape"]), array["dtype"]) for name, array in manifest["arrays"].items()
    }


def pin_of(manifest: Mapping[str, Any]) -> Pin | None:
    """Why the checkpoint is never removed; none where it may be."""
    pin: Pin | None = manifest.get("pinned")
    return pin


def stronger(first: Pin | None, second: Pin | None) -> Pin | None:
    """Which of two pins a checkpoint has that was given both."""
    return next((pin for pin in _PINS if pin in (first, second)), None)


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
        raise ValueError("its arrays are not given as shape and dtype")


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
