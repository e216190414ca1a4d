"""Reads a checkpoint and verifies it: all of it, or what its manifest alone says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gan.errors import CheckpointError
from gan.run.checkpoints import manifest as manifests
from gan.run.checkpoints.manifest import Rejected, ResumePoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.disk.files import Files
    from gan.run.checkpoints.manifest import Pin


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that was read and verified."""

    path: Path
    arrays: Mapping[str, Array] = field(repr=False)
    """The state, read-only."""

    resume_point: ResumePoint

    @property
    def step(self) -> int:
        """Steps completed."""
        return self.resume_point.step


def read_checkpoint(files: Files, path: Path, step: int) -> Checkpoint:
    """Read and verify the checkpoint of a step.

    Args:
        files: The file operations.
        path: The checkpoint.
        step: The step in its name.

    Raises:
        Rejected: It does not verify.
        CheckpointError: It is intact, but its format or its resume point cannot be read.
        OSError: It cannot be read, which says nothing about its content.
    """
    arrays, manifest = manifests.read(files, path, step)
    try:
        point = ResumePoint.from_json(manifest["extra"])
    except ValueError as error:
        # The checksums are right, so another version wrote it so: it is not damaged.
        raise CheckpointError(
            f"{path / manifests.MANIFEST}: the checkpoint is intact, but gan-tui cannot resume "
            f"from it: {error}. Use the version that wrote it."
        ) from None
    if point.step != step:
        raise Rejected(f"{manifests.MANIFEST}: its resume point is of step {point.step}")
    return Checkpoint(path, arrays, point)


def pin_of(files: Files, path: Path, step: int) -> Pin | None:
    """Why a checkpoint is never removed, by its manifest; `None` if newer ones may displace it.

    Raises:
        Rejected: The manifest does not verify.
        CheckpointError: It has another format.
        OSError: It cannot be read, which says nothing about its content.
    """
    return manifests.pin_of(manifests.read_manifest(files, path, step))


def pin_if_readable(files: Files, path: Path, step: int) -> Pin | None:
    """As `pin_of`, and `None` too if the manifest does not verify; may raise `OSError`."""
    try:
        return pin_of(files, path, step)
    except (Rejected, CheckpointError):
        return None


def point_if_readable(files: Files, path: Path, step: int) -> ResumePoint | None:
    """The resume point in a manifest, `None` if that can't be read; may raise `OSError`."""
    try:
        return ResumePoint.from_json(manifests.read_manifest(files, path, step)["extra"])
    except (Rejected, CheckpointError, ValueError):
        return None
