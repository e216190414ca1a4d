"""Saves, verifies and finds the checkpoints of a run.

A checkpoint is written next to its final path, synced, renamed into place and read back; only then
are older ones removed. There is no pointer to the newest: the names in the folder are scanned, so
nothing can point at the wrong one (`gan.run.checkpoints.folder`). A checkpoint that fails
verification is set aside under another name, and the one before it is used.

A checkpoint that a person asked for is pinned: it is never removed and does not count towards the
number to keep. So is the one of the best evaluation, until a later step is pinned for that. When a
run resumes from an earlier step than its newest checkpoint, the later ones are renamed too and not
used any more, so that the newest always agrees with the log. Renaming such a folder back to
`step-<n>` brings it back.
"""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan.disk import arrays as array_files
from gan.disk.files import Files
from gan.disk.os_errors import storage_errors
from gan.errors import CheckpointError, StorageError
from gan.run.checkpoints import manifest as manifests
from gan.run.checkpoints.folder import CheckpointFolder
from gan.run.checkpoints.manifest import Rejected
from gan.run.checkpoints.reading import pin_if_readable, point_if_readable, read_checkpoint
from gan.run.checkpoints.retention import prune, remove_leftovers
from gan.text.wording import byte_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gan.disk.arrays import Array
    from gan.run.checkpoints.manifest import Pin, ResumePoint
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory

_SPARE_BYTES: Final = 64 << 10
"""What a file system needs besides the contents of the files, for their names and metadata."""


@dataclass(frozen=True, slots=True)
class SavedCheckpoint:
    """A checkpoint that was written, read back and verified."""

    path: Path
    size: int
    """Bytes on disk."""

    warning: str = ""
    """Why older checkpoints could not be removed; empty if they were."""


def require_finite(step: int, arrays: Mapping[str, Array]) -> None:
    """Refuse a state that no run could resume from.

    Raises:
        CheckpointError: An array holds a NaN or an infinity.
    """
    if (name := array_files.first_non_finite(arrays)) is not None:
        raise CheckpointError(
            f"step {step} is not saved: {name} holds non-finite values. "
            "The checkpoint before it is kept."
        )


class CheckpointStore:
    """The checkpoints of one run. Only the holder of the run's lock saves."""

    def __init__(self, run: RunDirectory, *, keep: int, files: Files | None = None) -> None:
        """Begin without touching the disk.

        Args:
            run: The run.
            keep: How many checkpoints to keep besides the pinned ones; at least one is kept.
            files: The file operations; a test may make them fail.
        """
        self._run = run
        self._keep = max(keep, 1)
        self._files = files or Files()

    @property
    def _folder(self) -> CheckpointFolder:
        # Asked each time, because the run's directory may be renamed.
        return CheckpointFolder(self._run.checkpoints_path, self._files)

    def save(
        self, arrays: Mapping[str, Array], point: ResumePoint, *, pinned: Pin | None = None
    ) -> SavedCheckpoint:
        """Write a checkpoint, verify it, and remove all but the newest few.

        An identical checkpoint of the same step is left unchanged. One that differs, for example by
        its latents, is replaced and is never missing in between. Saving a step again can pin it but
        never unpins it; pinned as the best, it keeps the resume point that it has on disk.

        Args:
            arrays: The state: arrays of finite numbers, by name; see `require_finite`.
            point: What else resuming needs.
            pinned: Why it is never removed; `None` if newer ones may displace it.

        Raises:
            StorageError: The disk refused or is full; earlier checkpoints are untouched.
        """
        step, state = point.step, array_files.pack(arrays)
        target = self._folder.path_of(step)
        with storage_errors("save a checkpoint in", self._folder.path):
            self._folder.restore_replaced()
            remove_leftovers(self._folder)
            if pinned == "best":
                point = point_if_readable(self._files, target, step) or point
            pin = manifests.stronger(pinned, pin_if_readable(self._files, target, step))
            layout = array_files.layout(arrays)
            manifest = manifests.encode(step, state, layout, point.to_json(), pinned=pin)
            if not manifests.matches(self._files, target, manifest, step):
                self._require_space(len(state) + len(manifest))
                self._folder.put(step, {manifests.STATE: state, manifests.MANIFEST: manifest})
                self._require_readable(step, manifest)
        warning = prune(self._folder, self._files, keep=self._keep, saved=step)
        return SavedCheckpoint(target, len(state) + len(manifest), warning)

    def newest(self, on_rejected: Callable[[str, str], None]) -> Checkpoint | None:
        """The newest checkpoint that verifies, or `None` if the run has never saved one.

        Args:
            on_rejected: Called for each checkpoint that does not verify, with its new path relative
                to the run and the reason.

        Raises:
            CheckpointError: There are checkpoints but none verifies, or the newest is intact but
                has another format or a resume point that cannot be read. Starting over would hide
                the loss, so that is left to the user.
            StorageError: One cannot be read, which says nothing about its content, or a damaged one
                could not be set aside.
        """
        with storage_errors("read", self._folder.path):
            self._folder.restore_replaced()
            while steps := self._folder.steps():
                newest = steps[-1]
                try:
                    return read_checkpoint(self._files, self._folder.path_of(newest), newest)
                except Rejected as rejected:
                    kept = self._folder.set_aside(newest, "corrupt")
                    on_rejected(self._run.relative(kept), str(rejected))
                    self._folder.restore_replaced()
            if self._folder.holds_corrupt():
                raise CheckpointError(
                    f"no usable checkpoint in {self._folder.path}: all of them are damaged and "
                    "kept as *.corrupt. Start a new run, or restore a checkpoint from a backup."
                )
        return None

    def newest_in_place(self, on_rejected: Callable[[int, str], None]) -> Checkpoint | None:
        """As `newest`, for whoever doesn't hold the run's lock: a damaged one stays where it is.

        Args:
            on_rejected: Called for each that does not verify, with its step and the reason.

        Returns:
            `None` if there is none that verifies.
        """
        rejected_steps = set[int]()
        with storage_errors("read", self._folder.path):
            # Scanned anew each time, because the run may be saving and pruning.
            while steps := [one for one in self._folder.steps() if one not in rejected_steps]:
                newest = steps[-1]
                try:
                    return read_checkpoint(self._files, self._folder.path_of(newest), newest)
                except Rejected as rejected:
                    rejected_steps.add(newest)
                    on_rejected(newest, str(rejected))
        return None

    def load(self, step: int) -> Checkpoint:
        """The checkpoint of exactly this step.

        Raises:
            CheckpointError: There is none, it does not verify, or its format or its resume point
                cannot be read; it is left where it is.
            StorageError: It cannot be read, which says nothing about its content.
        """
        path = self._folder.path_of(step)
        with storage_errors("read", path):
            self._folder.restore_replaced()
            try:
                return read_checkpoint(self._files, path, step)
            except Rejected as rejected:
                others = (str(other) for other in self._folder.steps() if other != step)
                raise CheckpointError(
                    f"cannot use {path}: {rejected}. "
                    f"Steps with a checkpoint: {', '.join(others) or 'none'}."
                ) from None

    def abandon_after(self, step: int) -> None:
        """Set aside the checkpoints after the step that the run resumes from.

        Call this before cutting the log back to that step. The newest goes first, so a process
        that dies in between leaves a newest checkpoint that the log still covers.

        Raises:
            StorageError: One of them could not be renamed.
        """
        with storage_errors("set aside later checkpoints in", self._folder.path):
            self._folder.restore_replaced()
            # Otherwise a leftover `replaced` folder would later be put back as one of these steps.
            self._folder.remove_leftovers()
            later = [saved for saved in self._folder.steps() if saved > step]
            for saved in reversed(later):
                self._folder.set_aside(saved, "abandoned")
            if later:
                self._files.sync_directory(self._folder.path)

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, verified or not, in ascending order.

        Raises:
            StorageError: The folder cannot be read.
        """
        with storage_errors("read", self._folder.path):
            return self._folder.steps()

    def fingerprint(self) -> str:
        """That of the run's images, by the newest manifest that can be read; empty without one.

        Raises:
            StorageError: The folder cannot be read.
        """
        folder, newest_first = self._folder, reversed(self.steps())
        points = (point_if_readable(self._files, folder.path_of(s), s) for s in newest_first)
        return next((point.fingerprint for point in points if point is not None), "")

    def best_step(self, evaluated: int | None) -> int | None:
        """The step of the best evaluation's checkpoint, or `None` if there is none.

        Args:
            evaluated: The step of the run's best evaluation, as its log has it. If that has no
                checkpoint, because the disk was full or the process was killed before it was
                written, it is the last that was pinned as the best.

        Raises:
            StorageError: The folder or a manifest cannot be read.
        """
        with storage_errors("read", self._folder.path):
            folder = self._folder
            steps = folder.steps()
            if evaluated in steps:
                return evaluated
            pins = {s: pin_if_readable(self._files, folder.path_of(s), s) for s in steps}
            return max((s for s, pin in pins.items() if pin == "best"), default=None)

    def _require_space(self, size: int) -> None:
        """Refuse a checkpoint that cannot fit; what pruning frees comes too late to count."""
        needed, free = size + _SPARE_BYTES, self._files.free_bytes(self._folder.path)
        if free is not None and free < needed:
            text = f"it needs {byte_size(needed)} and {byte_size(free)} are free"
            raise OSError(errno.ENOSPC, text)

    def _require_readable(self, step: int, manifest: bytes) -> None:
        """Check that a new checkpoint reads back; if not, the one before it is used again."""
        path = self._folder.path_of(step)
        if not manifests.matches(self._files, path, manifest, step):
            self._folder.set_aside(step, "corrupt")
            # The next save tries this again.
            with contextlib.suppress(OSError):
                self._folder.restore_replaced()
            raise StorageError(f"{path} does not read back as it was written. Check the disk.")
