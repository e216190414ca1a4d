"""Damages what a run has on disk, by seed, and reads it with every reader of the program.

Prints how many inputs were read, the longest time, the memory, and what crashed. A failure prints
its seed; `--only SEED` repeats it.

    python -m tests.bench.fuzz_files KIND [--count N]
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from gan.config import RunConfig
from gan.disk.process import ProcessIdentity
from gan.errors import GanTuiError
from gan.run.checkpoints import manifest
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore
from gan.run.claim import Claim
from gan.run.claim_record import ClaimRecord
from gan.run.config_file import read_config, write_config
from gan.run.creation import create_run
from gan.run.lock import RunLock
from gan.run.mailbox import Mailbox
from gan.run.status import StatusFile, read_status
from tests.damage import damaged_bytes, damaged_line, damaged_record, genuine_lines
from tests.tui.reading import read_everywhere
from tui.keys.bindings import BINDINGS
from tui.keys.keymap import load_keymap
from tui.model.view import Preferences
from tui.settings import preferences

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

Reader = Callable[[Random], None]
"""Makes one damaged input and reads it. A `GanTuiError` is a fine answer."""

MOST_SHOWN = 4
"""Crashes that are printed."""

LINES = 200
"""Events in one log."""


def events(run: RunDirectory) -> Reader:
    """Whole logs: half of the lines of each are damaged."""
    genuine = genuine_lines()

    def read(random: Random) -> None:
        lines = random.choices(genuine, k=LINES)
        lines = [damaged_line(line, random) if random.random() < 0.5 else line for line in lines]
        run.log_path.write_bytes(b"\n".join(lines) + b"\n")
        read_everywhere(run)

    return read


def status(run: RunDirectory) -> Reader:
    """The status file of a run that trains."""
    StatusFile(run, time.time).write()
    return _object(run.status_path, lambda: read_status(run))


def config(run: RunDirectory) -> Reader:
    """The configuration of a run."""
    write_config(run, RunConfig.resolve({}), environment={"a": "b"}, command_line=["--seed", "1"])
    return _object(run.config_path, lambda: read_config(run))


def manifests(run: RunDirectory) -> Reader:
    """The manifest of a checkpoint, with and without a checksum that fits."""
    point = ResumePoint(fingerprint="ab", step=5, draw=0, train_seconds=1.0, log_offset=9)
    layout = {"generator/0": ((2, 3), "<f4"), "generator/1": ((3,), "<f4")}
    record = json.loads(manifest.encode(5, b"state", layout, point.to_json()))
    folder = run.checkpoints_path / "step-00000005"
    folder.mkdir()
    (folder / manifest.STATE).write_bytes(b"state")
    store = CheckpointStore(run, keep=1)

    def resign(data: bytes) -> bytes:
        found = json.loads(data)
        found.pop("sha256", None)
        return json.dumps({**found, "sha256": manifest._digest(found)}).encode()

    def read(random: Random) -> None:
        data = _damaged(record, random)
        if random.random() < 0.5:
            # Not every damaged record can be signed.
            with suppress(ValueError, AttributeError, TypeError):
                data = resign(data)
        (folder / manifest.MANIFEST).write_bytes(data)
        store.load(5)

    return read


def mail(run: RunDirectory) -> Reader:
    """A message in the mailbox."""
    mailbox = Mailbox(run)

    def read(random: Random) -> None:
        record = {
            "command": "stop",
            "when": "epoch_end",
            "id": "0123456789abcdef",
            "from": {"host": "box", "pid": 123, "user": "ann"},
            "for": ProcessIdentity.current().to_json(),
        }
        (run.mailbox_path / "1").write_bytes(_damaged(record, random))
        messages, refusals = mailbox.take()
        assert len(messages) + len(refusals) == 1

    return read


def lock(run: RunDirectory) -> Reader:
    """The text in a lock that another process holds."""
    held = RunLock(run)
    held.acquire()
    record = json.loads(run.lock_path.read_bytes())

    def read(random: Random) -> None:
        run.lock_path.write_bytes(_damaged(record, random))
        RunLock(run).acquire()

    return read


def claim(run: RunDirectory) -> Reader:
    """The newest claim on a run, on a file system that may be shared."""
    run.claim_path.mkdir()
    record = json.loads(ClaimRecord.new(run.path).encode())

    def read(random: Random) -> None:
        for path in run.claim_path.iterdir():
            path.unlink()
        (run.claim_path / "000001.json").write_bytes(_damaged(record, random))
        claim = Claim(run)
        claim.take(has_flock=False)
        claim.release()

    return read


def view(run: RunDirectory) -> Reader:
    """The remembered preferences."""
    path = run.path / "view.json"
    preferences.save(path, Preferences())
    return _object(path, lambda: preferences.load(path))


def keys(run: RunDirectory) -> Reader:
    """The user's file of remapped keys."""
    path = run.path / "keys.toml"
    known = {binding.id: binding.key for binding in BINDINGS if binding.id}
    values = ['"x"', '"ctrl+y,f2"', "3", "0x" + "f" * 5000, "[" * 900 + "]" * 900, '""', "inf"]

    def read(random: Random) -> None:
        lines = [f"{random.choice(list(known))} = {random.choice(values)}" for _ in range(4)]
        data = "\n".join(lines).encode()
        path.write_bytes(damaged_bytes(data, random) if random.random() < 0.5 else data)
        load_keymap(path, known, known)

    return read


KINDS: dict[str, Callable[[RunDirectory], Reader]] = {
    "events": events,
    "status": status,
    "config": config,
    "manifest": manifests,
    "mail": mail,
    "lock": lock,
    "claim": claim,
    "view": view,
    "keys": keys,
}


def _object(path: Path, load: Callable[[], object]) -> Reader:
    """What damages a file that holds one JSON object, and reads it."""
    record = json.loads(path.read_bytes())

    def read(random: Random) -> None:
        path.write_bytes(_damaged(record, random))
        load()

    return read


def _damaged(record: dict[str, Any], random: Random) -> bytes:
    text = json.dumps(record)
    if random.random() < 0.5:
        return damaged_record(json.loads(text), random)
    return damaged_bytes(text.encode(), random)


def read_one(reader: Reader, seed: int) -> tuple[float, str]:
    """How long one input takes, and the traceback of whatever is raised but a `GanTuiError`."""
    begun = time.perf_counter()
    try:
        with suppress(GanTuiError):
            reader(Random(seed))
    except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
        return 0.0, traceback.format_exc()
    return time.perf_counter() - begun, ""


def main() -> None:
    """Run it; the exit code is that of the first crash."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("kind", choices=KINDS)
    options.add_argument("--count", type=int, default=10_000, help="inputs; of events, events")
    options.add_argument("--only", type=int, help="repeat the input of one seed")
    given = options.parse_args()
    warnings.simplefilter("error")
    inputs = range(given.count // (LINES if given.kind == "events" else 1))
    slowest, failed = (0.0, 0), 0
    with tempfile.TemporaryDirectory() as folder:
        reader = KINDS[given.kind](create_run(Path(folder) / "run"))
        for seed in inputs if given.only is None else [given.only]:
            seconds, trace = read_one(reader, seed)
            slowest = max(slowest, (seconds, seed))
            failed += bool(trace)
            if trace and failed <= MOST_SHOWN:
                print(f"seed {seed}: {trace}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{given.kind}: {len(inputs):,} inputs, {failed} crashed, slowest {slowest[0]:.2f} s "
        f"(seed {slowest[1]}), {memory:.0f} MB at most"
    )
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
