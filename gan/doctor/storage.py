"""Judges the folders that are written to: that of the runs, and the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.doctor.row import fail, ok, warn
from gan.text.safe_text import shell_word
from gan.text.units import byte_size, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.doctor.disk_trial import StorageFacts
    from gan.doctor.row import Row

ENOUGH_FOR_RUNS: Final = 2_000_000_000
ENOUGH_FOR_CACHE: Final = 100_000_000
"""Bytes: the synthetic digits take 47 MB."""

_LEAST: Final = 100_000_000
_FEW_FILES: Final = 10_000
_SLOW_SYNC: Final = 0.25
_SLOW_REPLACE: Final = 0.25
"""Seconds. A checkpoint syncs four times, next to the training."""

_SKEWED: Final = 2.0
"""Seconds: from here on, ages in the table of runs are visibly wrong."""

_LOCAL_LOCKS: Final = ("nolock", "local_lock=all", "local_lock=flock", "nobrl", "localflocks")
"""Mount options with which a lock holds on one machine only."""

_OTHER_FOLDER: Final = "gan-tui --runs FOLDER, with FOLDER on another disk"


def rows(facts: StorageFacts) -> Iterator[Row]:
    """What was found of the folder of runs."""
    yield folder_row("runs folder", facts, ENOUGH_FOR_RUNS)
    if facts.error:
        return
    yield file_system_row(facts)
    yield sync_row(facts)
    yield replace_row(facts)
    yield lock_row(facts)
    yield clock_row(facts)


def folder_row(name: str, facts: StorageFacts, enough: int) -> Row:
    """Whether a folder can be written to, and has room.

    Args:
        name: What it is called.
        facts: What is known of it.
        enough: Bytes that are plenty.
    """
    folder = facts.folder
    if facts.error:
        return fail(name, f"{folder}: {facts.error}", f"{_OTHER_FOLDER}.")
    return _room_row(name, facts, enough)


def cache_row(facts: StorageFacts) -> Row:
    """Whether the cache can be kept. A run works without it: what it would hold is made anew."""
    if facts.error:
        text = f"{facts.folder}: {facts.error}; nothing is kept"
        return warn("cache", text, "export XDG_CACHE_HOME=FOLDER")
    row = _room_row("cache", facts, ENOUGH_FOR_CACHE)
    return warn(row.name, row.text, row.fix) if row.verdict == "fail" else row


def _room_row(name: str, facts: StorageFacts, enough: int) -> Row:
    folder = facts.folder
    if facts.free is None:
        return ok(name, folder)
    text = f"{byte_size(facts.free)} free in {folder}"
    fix = f"du -xh {shell_word(folder)} | sort -h | tail"
    if facts.free < _LEAST:
        return fail(name, text, fix)
    if facts.free < enough:
        return warn(name, text, fix)
    if facts.free_files is not None and facts.free_files < _FEW_FILES:
        return warn(name, f"{text}, but for {facts.free_files:,} files only", fix)
    return ok(name, text)


def file_system_row(facts: StorageFacts) -> Row:
    """Which file system it is, and who else has it."""
    kind = facts.mount.type or "of unknown type"
    shared = "may be shared with other machines" if facts.is_shared else "of this machine alone"
    return ok("file system", f"{kind}, {shared}")


def sync_row(facts: StorageFacts) -> Row:
    """How long a checkpoint waits for the disk."""
    text = f"64 kB reach the disk in {_precise(facts.sync_seconds)}"
    if facts.sync_seconds > _SLOW_SYNC:
        return warn("fsync", f"{text}: checkpoints are slow", f"{_OTHER_FOLDER}.")
    return ok("fsync", text)


def replace_row(facts: StorageFacts) -> Row:
    """Whether a file can be replaced without a moment in which it is missing or half written."""
    text = f"replaces a file in {_precise(facts.replace_seconds)}"
    if facts.broken_reads:
        return warn(
            "rename",
            f"{text}, but {facts.broken_reads:,} of {facts.reads:,} reads found none or a half",
            f"{_OTHER_FOLDER}. Viewers may miss a preview here.",
        )
    if facts.replace_seconds > _SLOW_REPLACE:
        return warn("rename", f"{text}: status and previews are slow", f"{_OTHER_FOLDER}.")
    return ok("rename", f"{text}, never seen half in {facts.reads:,} reads")


def lock_row(facts: StorageFacts) -> Row:
    """Whether a lock keeps another process, or another machine, out of a run."""
    alone = "Don't delete claim/ in a run: it alone keeps other processes out."
    local = [option for option in _LOCAL_LOCKS if option in facts.mount.options]
    if facts.lock == "both hold it":
        return warn("lock", "two processes hold one lock at once", alone)
    if facts.lock == "unsupported":
        return warn("lock", f"the file system has none ({facts.lock_error})", alone)
    if facts.lock == "unknown":
        return warn("lock", f"not known: {facts.lock_error}", alone)
    if local:
        return warn(
            "lock",
            f"holds on this machine only (mounted with {local[0]})",
            "Don't delete claim/ in a run: it alone keeps other machines out.",
        )
    return ok("lock", "keeps a second process out")


def clock_row(facts: StorageFacts) -> Row:
    """Whether the file server's clock agrees with this machine's."""
    skew = facts.skew_seconds
    if abs(skew) < _SKEWED:
        return ok("file clock", f"{1000 * abs(skew):.0f} ms from this machine's")
    way = "ahead of" if skew > 0 else "behind"
    return warn(
        "file clock",
        f"{duration(abs(skew))} {way} this machine's: ages in gan-tui runs are wrong",
        "sudo timedatectl set-ntp true",
    )


def _precise(seconds: float) -> str:
    """A short time with a digit that says something: `0.08 ms`, `12 ms`, `1.4 s`."""
    milliseconds = 1000 * seconds
    if milliseconds < 10:  # noqa: PLR2004 - two digits
        return f"{milliseconds:.2g} ms"
    return duration(seconds)
