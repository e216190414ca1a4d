"""Checkpoints on disk: arrays and a manifest, never lost and never half there.

A checkpoint is written beside its place, synced, renamed into it and read back; only then are older
ones removed. There is no pointer to the newest: names are scanned, so there is nothing that could
point at the wrong one. A checkpoint that fails verification is set aside under another name and the
one before it is used. The trainer decides what the arrays mean; here they are only bytes to keep.

The names in the folder:

    step-00000500                       a checkpoint: state.npz and manifest.json
    step-00000500.tmp-<pid>-<hex>       being written, or being removed
    step-00000500.replaced-<pid>-<hex>  making room for a new one of the same step
    step-00000500.corrupt[-<n>]         failed verification; kept for whoever wants to look
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gan.errors import CheckpointError, StorageError
from gan.run import arrays as array_files
from gan.run import manifest as manifests
from gan.run.files import Files
from gan.run.process import is_alive
from gan.run.storage import reason, storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gan.run.arrays import Array
    from gan.run.directory import RunDirectory

_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST_BYTES: Final = 8 << 20
_NAME: Final = re.compile(r"step-(?P<step>[0-9]{8}|[1-9][0-9]{8,12})(?P<rest>\..+)?")
_LEFTOVER: Final = re.compile(r"\.(?P<kind>tmp|replaced)-(?P<pid>[0-9]{1,9})-[0-9a-f]+")


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


class CheckpointStore:
    """The checkpoints of one run. Only the holder of the run's lock saves."""

    def __init__(self, run: RunDirectory, *, keep: int, files: Files | None = None) -> None:
        """Begin without touching the disk.

        Args:
            run: The run.
            keep: How many checkpoints stay; at least one.
            files: The file operations; a test may make them fail.
        """
        self._run = run
        self._folder = run.checkpoints_path
        self._keep = max(keep, 1)
        self._files = files or Files()

    def save(
        self, step: int, arrays: Mapping[str, Array], extra: Mapping[str, Any]
    ) -> SavedCheckpoint:
        """Write a checkpoint, verify it, and remove what is older than the newest few.

        A checkpoint of the same step that holds the same is left as it is; one that holds
        something else, such as other latents, is replaced, and never missing in between.

        Args:
            step: Steps completed.
            arrays: The state: arrays of numbers, by name.
            extra: Whatever else going on needs, in JSON values.

        Raises:
            CheckpointError: An array holds a NaN or an infinity; nothing was written.
            StorageError: The disk refused; the checkpoints before are untouched.
        """
        if (name := array_files.first_not_finite(arrays)) is not None:
            raise CheckpointError(
                f"step {step} is not saved: {name} holds numbers that are not finite. "
                "The checkpoint before it is kept."
            )
        state = array_files.pack(arrays)
        manifest = manifests.encode(step, state, array_files.layout(arrays), extra)
        target = self._path(step)
        with storage_errors("save a checkpoint in", self._folder):
            self._restore_replaced()
            self._clear_leftovers()
            if not self._holds(target, manifest):
                self._write(target, state, manifest)
        return SavedCheckpoint(target, len(state) + len(manifest), self._prune(step))

    def newest(self, on_rejected: Callable[[str, str], None]) -> Checkpoint | None:
        """The newest checkpoint that verifies; none where the run has never saved one.

        Args:
            on_rejected: Called for each one that does not verify, with where it is kept now,
                relative to the run, and why.

        Raises:
            CheckpointError: There are checkpoints and none verifies, or the newest is of a newer
                version. Starting over would hide the loss, so that is left to the user.
            StorageError: A bad one could not be set aside.
        """
        with storage_errors("read", self._folder):
            self._restore_replaced()
            while steps := self.steps():
                path = self._path(steps[-1])
                try:
                    return self._read(steps[-1])
                except _Rejected as rejected:
                    kept = self._set_aside(path)
                    on_rejected(self._run.relative(kept), str(rejected))
                    self._restore_replaced()
            if any(".corrupt" in name for name in self._names()):
                raise CheckpointError(
                    f"no usable checkpoint in {self._folder}: all of them are damaged and kept "
                    "as *.corrupt. Start a new run, or restore one from a backup."
                )
        return None

    def load(self, step: int) -> Checkpoint:
        """The checkpoint of exactly this step.

        Raises:
            CheckpointError: There is none, or it does not verify; it stays where it is.
        """
        try:
            with storage_errors("read", self._folder):
                self._restore_replaced()
            return self._read(step)
        except _Rejected as rejected:
            there = ", ".join(map(str, self.steps())) or "none"
            raise CheckpointError(
                f"cannot use {self._path(step)}: {rejected}. Steps with a checkpoint: {there}."
            ) from None

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, verified or not, oldest first.

        Raises:
            StorageError: The folder cannot be read.
        """
        with storage_errors("read", self._folder):
            matches = map(_NAME.fullmatch, self._names())
            return sorted(int(match["step"]) for match in matches if match and not match["rest"])

    def _path(self, step: int) -> Path:
        return self._folder / f"step-{step:08d}"

    def _sibling(self, path: Path, kind: str) -> Path:
        return path.with_name(f"{path.name}.{kind}-{os.getpid()}-{secrets.token_hex(4)}")

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []

    def _write(self, target: Path, state: memoryview, manifest: bytes) -> None:
        temporary = self._sibling(target, "tmp")
        try:
            self._files.make_directory(temporary)
            self._files.write(temporary / manifests.STATE, state)
            self._files.write(temporary / _MANIFEST, manifest)
            self._files.sync_directory(temporary)
            self._publish(temporary, target, manifest)
        except BaseException:
            # The first failure is the one to report, and the next save settles what is left here.
            with contextlib.suppress(OSError):
                self._restore_replaced()
                self._files.remove_tree(temporary)
            raise

    def _publish(self, temporary: Path, target: Path, manifest: bytes) -> None:
        """Rename a complete checkpoint into its place, and see that it reads back from there."""
        if os.path.lexists(target):
            self._files.rename(target, self._sibling(target, "replaced"))
        self._files.rename(temporary, target)
        self._files.sync_directory(self._folder)
        if not self._holds(target, manifest):
            self._set_aside(target)
            raise StorageError(f"{target} does not read back as it was written. Check the disk.")

    def _holds(self, path: Path, manifest: bytes) -> bool:
        """Whether the checkpoint at a path is, to the last bit, the one of this manifest."""
        try:
            if self._files.read(path / _MANIFEST, _MAX_MANIFEST_BYTES) != manifest:
                return False
            self._read_state(path, manifests.decode(manifest, _step_of(path)))
        except (OSError, _Rejected):
            return False
        return True

    def _read(self, step: int) -> Checkpoint:
        """Read and verify a checkpoint.

        Raises:
            _Rejected: It does not verify.
            CheckpointError: It is of a newer version.
        """
        path = self._path(step)
        try:
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise _Rejected("it is not a folder")
            manifest = self._read_manifest(path, step)
            state = self._read_state(path, manifest)
            arrays = array_files.unpack(state, manifests.expected_layout(manifest))
        except OSError as error:
            raise _Rejected(reason(error)) from None
        except ValueError as error:
            raise _Rejected(f"{manifests.STATE}: {error}") from None
        if (name := array_files.first_not_finite(arrays)) is not None:
            raise _Rejected(f"{manifests.STATE}: {name} holds numbers that are not finite")
        return Checkpoint(step, path, arrays, manifest)

    def _read_manifest(self, path: Path, step: int) -> dict[str, Any]:
        try:
            data = self._files.read(path / _MANIFEST, _MAX_MANIFEST_BYTES)
            return manifests.decode(data, step)
        except OSError as error:
            raise _Rejected(f"{_MANIFEST}: {reason(error)}") from None
        except ValueError as error:
            raise _Rejected(f"{_MANIFEST}: {error}") from None

    def _read_state(self, path: Path, manifest: Mapping[str, Any]) -> bytes:
        size, sha256 = manifests.expected_state(manifest)
        try:
            state = self._files.read(path / manifests.STATE, size)
        except OSError as error:
            raise _Rejected(f"{manifests.STATE}: {reason(error)}") from None
        if len(state) != size:
            raise _Rejected(f"{manifests.STATE}: it holds {len(state):,} bytes, not {size:,}")
        if hashlib.sha256(state).hexdigest() != sha256:
            raise _Rejected(f"{manifests.STATE}: its checksum does not match")
        return state

    def _set_aside(self, path: Path) -> Path:
        """Rename a bad checkpoint, over nothing, and say to what."""
        for number in itertools.count(1):
            suffix = ".corrupt" if number == 1 else f".corrupt-{number}"
            kept = path.with_name(path.name + suffix)
            if not os.path.lexists(kept):
                break
        self._files.rename(path, kept)
        return kept

    def _prune(self, saved: int) -> str:
        """Remove all but the newest few, and say what stood in the way."""
        try:
            for step in self.steps()[: -self._keep]:
                if step != saved:
                    # Under its own name a checkpoint is whole until the moment it is gone.
                    path = self._path(step)
                    self._files.rename(path, self._sibling(path, "tmp"))
        except OSError as error:
            return f"an older checkpoint could not be removed: {reason(error)}."
        return self._clear_leftovers()

    def _clear_leftovers(self) -> str:
        """Remove what nobody is at work on any more, and say what stood in the way."""
        try:
            for path, _ in self._leftovers():
                self._files.remove_tree(path)
        except OSError as error:
            return f"a leftover could not be removed from {self._folder}: {reason(error)}."
        return ""

    def _restore_replaced(self) -> None:
        """Put back a checkpoint whose replacement never arrived."""
        for path, kind in self._leftovers():
            target = path.with_name(path.name.partition(".")[0])
            if kind == "replaced" and not os.path.lexists(target):
                self._files.rename(path, target)

    def _leftovers(self) -> list[tuple[Path, str]]:
        """What a process left that is not at work on it any more, and of which kind it is.

        Nothing of this process's is at work when this is asked. What carries its id may also be
        from an earlier process of the same id: in a container they repeat.
        """
        found = []
        for name in self._names():
            match = _NAME.fullmatch(name)
            leftover = _LEFTOVER.fullmatch(match["rest"] or "") if match else None
            if leftover and not _is_another(int(leftover["pid"])):
                found.append((self._folder / name, leftover["kind"]))
        return found


class _Rejected(Exception):  # noqa: N818 - it is a verdict
    """A checkpoint does not verify; the text says why."""


def _step_of(path: Path) -> int:
    return int(path.name.partition("-")[2])


def _is_another(pid: int) -> bool:
    """Whether a process id is that of another process, which is alive."""
    return pid != os.getpid() and is_alive(pid)
