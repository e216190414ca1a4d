"""Checkpoints on disk: arrays and a manifest, never lost and never half there.

A checkpoint is written beside its place, synced, renamed into it and read back; only then are older
ones removed. There is no pointer to the newest: names are scanned, so there is nothing that could
point at the wrong one (`gan.run.checkpoints.names`). A checkpoint that fails verification is set
aside under another name and the one before it is used. The trainer decides what the arrays mean;
here they are only bytes to keep.

A pinned checkpoint, such as one that somebody asked for, is never removed and never counted. When a
run goes on from an earlier step than its newest, the later ones are of a future that will not be:
they are kept under a name that does not count, so that the newest is always of the run as its log
tells it. Renaming such a folder back to `step-<n>` brings that future back.
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gan.disk import arrays as array_files
from gan.disk.files import Files
from gan.disk.os_errors import reason, storage_errors
from gan.errors import CheckpointError, StorageError
from gan.run.checkpoints import manifest as manifests
from gan.run.checkpoints import verification
from gan.run.checkpoints.folder import CheckpointFolder
from gan.run.checkpoints.verification import Rejected
from gan.text.wording import byte_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.run.checkpoints.manifest import Pin
    from gan.run.directory import RunDirectory

_SPARE_BYTES: Final = 64 << 10
"""What a file system needs beside the files themselves, for their names and places."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that was read and verified."""

    step: int
    """Steps completed."""

    path: Path
    arrays: dict[str, Array] = field(repr=False)
    """The state, read-only."""

    manifest: dict[str, Any] = field(repr=False)
    """The whole manifest; what was given to `save` as `extra` is under `extra`."""


@dataclass(frozen=True, slots=True)
class SavedCheckpoint:
    """A checkpoint that was written, read back and verified."""

    path: Path
    size: int
    """Bytes on disk."""

    warning: str = ""
    """Why older checkpoints could not be removed; empty where they were."""


def require_finite(step: int, arrays: Mapping[str, Array]) -> None:
    """Refuse a state that nothing could go on from.

    Raises:
        CheckpointError: An array holds a NaN or an infinity.
    """
    if (name := array_files.first_not_finite(arrays)) is not None:
        raise CheckpointError(
            f"step {step} is not saved: {name} holds numbers that are not finite. "
            "The checkpoint before it is kept."
        )


class CheckpointStore:
    """The checkpoints of one run. Only the holder of the run's lock saves."""

    def __init__(self, run: RunDirectory, *, keep: int, files: Files | None = None) -> None:
        """Begin without touching the disk.

        Args:
            run: The run.
            keep: How many checkpoints stay beside the pinned ones; at least one.
            files: The file operations; a test may make them fail.
        """
        self._run = run
        self._keep = max(keep, 1)
        self._files = files or Files()
        self._folder = CheckpointFolder(run.checkpoints_path, self._files)

    def save(
        self,
        step: int,
        arrays: Mapping[str, Array],
        extra: Mapping[str, Any],
        *,
        pinned: Pin | None = None,
    ) -> SavedCheckpoint:
        """Write a checkpoint, verify it, and remove what is older than the newest few.

        A checkpoint of the same step that holds the same is left as it is; one that holds
        something else, such as other latents, is replaced, and never missing in between. Saving
        the same step again can pin it and never unpins it.

        Args:
            step: Steps completed.
            arrays: The state: arrays of numbers, by name.
            extra: Whatever else going on needs, in JSON values.
            pinned: Why it is to stay whatever comes later; none where newer ones may displace it.

        Raises:
            CheckpointError: An array holds a NaN or an infinity; nothing was written.
            StorageError: The disk refused, or has no room; the checkpoints before are untouched.
        """
        require_finite(step, arrays)
        state = array_files.pack(arrays)
        target = self._folder.path_of(step)
        with storage_errors("save a checkpoint in", self._folder.path):
            self._folder.restore_replaced()
            self._clear_leftovers()
            pin = manifests.stronger(pinned, self._pin_if_readable(step))
            layout = array_files.layout(arrays)
            manifest = manifests.encode(step, state, layout, extra, pinned=pin)
            if not verification.holds(self._files, target, manifest, step):
                self._require_space(len(state) + len(manifest))
                self._write(step, state, manifest)
        return SavedCheckpoint(target, len(state) + len(manifest), self._prune(step))

    def newest(self, on_rejected: Callable[[str, str], None]) -> Checkpoint | None:
        """The newest checkpoint that verifies; none where the run has never saved one.

        Args:
            on_rejected: Called for each one that does not verify, with where it is kept now,
                relative to the run, and why.

        Raises:
            CheckpointError: There are checkpoints and none verifies, or the newest is of a newer
                version. Starting over would hide the loss, so that is left to the user.
            StorageError: One cannot be read, which says nothing about what it holds, or a bad one
                could not be set aside.
        """
        with storage_errors("read", self._folder.path):
            self._folder.restore_replaced()
            while steps := self._folder.steps():
                newest = steps[-1]
                try:
                    return self._read(newest)
                except Rejected as rejected:
                    kept = self._folder.set_aside(newest, "corrupt")
                    on_rejected(self._run.relative(kept), str(rejected))
                    self._folder.restore_replaced()
            if self._folder.holds_corrupt():
                raise CheckpointError(
                    f"no usable checkpoint in {self._folder.path}: all of them are damaged and "
                    "kept as *.corrupt. Start a new run, or restore one from a backup."
                )
        return None

    def load(self, step: int) -> Checkpoint:
        """The checkpoint of exactly this step.

        Raises:
            CheckpointError: There is none, or it does not verify; it stays where it is.
            StorageError: It cannot be read, which says nothing about what it holds.
        """
        path = self._folder.path_of(step)
        with storage_errors("read", path):
            self._folder.restore_replaced()
            try:
                return self._read(step)
            except Rejected as rejected:
                there = ", ".join(map(str, self._folder.steps())) or "none"
                raise CheckpointError(
                    f"cannot use {path}: {rejected}. Steps with a checkpoint: {there}."
                ) from None

    def abandon_after(self, step: int) -> list[int]:
        """Set aside what is later than the step that the run goes on from.

        To be called before the log is cut back to that step. The newest goes first, so that
        whoever dies in between leaves a newest checkpoint that the log still reaches.

        Returns:
            The steps that were set aside, oldest first.

        Raises:
            StorageError: One of them could not be renamed.
        """
        with storage_errors("set aside later checkpoints in", self._folder.path):
            self._folder.restore_replaced()
            # A leftover that makes room for a step that is gone would be put back as that step.
            self._folder.remove_leftovers()
            later = [there for there in self._folder.steps() if there > step]
            for there in reversed(later):
                self._folder.set_aside(there, "abandoned")
            if later:
                self._files.sync_directory(self._folder.path)
        return later

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, verified or not, oldest first.

        Raises:
            StorageError: The folder cannot be read.
        """
        with storage_errors("read", self._folder.path):
            return self._folder.steps()

    def _read(self, step: int) -> Checkpoint:
        path = self._folder.path_of(step)
        return Checkpoint(step, path, *verification.read(self._files, path, step))

    def _pin(self, step: int) -> Pin | None:
        path = self._folder.path_of(step)
        return manifests.pin_of(verification.read_manifest(self._files, path, step))

    def _pin_if_readable(self, step: int) -> Pin | None:
        try:
            return self._pin(step)
        except (Rejected, CheckpointError):
            return None

    def _require_space(self, size: int) -> None:
        """Refuse what cannot fit before anything is written.

        Only that: the space of what is pruned after comes on top of what must be free now.
        """
        needed, free = size + _SPARE_BYTES, self._files.free_bytes(self._folder.path)
        if free is not None and free < needed:
            text = f"it needs {byte_size(needed)} and {byte_size(free)} are free"
            raise OSError(errno.ENOSPC, text)

    def _write(self, step: int, state: memoryview, manifest: bytes) -> None:
        temporary = self._folder.at_work(step, "tmp")
        try:
            self._files.make_directory(temporary)
            self._files.write(temporary / manifests.STATE, state)
            self._files.write(temporary / verification.MANIFEST, manifest)
            self._files.sync_directory(temporary)
            self._publish(temporary, step, manifest)
        except BaseException:
            # The first failure is the one to report, and the next save settles what is left here.
            with contextlib.suppress(OSError):
                self._folder.restore_replaced()
                self._files.remove_tree(temporary)
            raise

    def _publish(self, temporary: Path, step: int, manifest: bytes) -> None:
        """Rename a complete checkpoint into its place, and see that it reads back from there."""
        target = self._folder.path_of(step)
        if os.path.lexists(target):
            self._files.rename(target, self._folder.at_work(step, "replaced"))
        self._files.rename(temporary, target)
        self._files.sync_directory(self._folder.path)
        if not verification.holds(self._files, target, manifest, step):
            self._folder.set_aside(step, "corrupt")
            raise StorageError(f"{target} does not read back as it was written. Check the disk.")

    def _prune(self, saved: int) -> str:
        """Remove all but the newest few, and say what stood in the way."""
        try:
            for step in self._unpinned()[: -self._keep]:
                if step != saved:
                    # Under its own name a checkpoint is whole until the moment it is gone.
                    path = self._folder.path_of(step)
                    self._files.rename(path, self._folder.at_work(step, "tmp"))
        except OSError as error:
            return f"an older checkpoint could not be removed: {reason(error)}."
        return self._clear_leftovers()

    def _unpinned(self) -> list[int]:
        """The steps that may be removed, oldest first; what cannot be read may be pinned."""
        found = []
        for step in self._folder.steps():
            with contextlib.suppress(Rejected, CheckpointError):
                if self._pin(step) is None:
                    found.append(step)
        return found

    def _clear_leftovers(self) -> str:
        """Remove what nobody is at work on any more, and say what stood in the way."""
        try:
            self._folder.remove_leftovers()
        except OSError as error:
            return f"a leftover could not be removed from {self._folder.path}: {reason(error)}."
        return ""
