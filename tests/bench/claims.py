"""Starts processes at once on one run where `flock` does nothing, and counts who gets the run.

The run is on a file system that counts as shared, and each process believes to be on one of three
hosts. Some are killed while they hold the run. Some are shown the newest claim of an earlier try
first, as by a network file system that answers from its memory. That two have the run at the same
time is detected by a lock of another kind, which works.

    python -m tests.bench.claims [--tries 1000] [--processes 2] [--seed 0]

`flock` is replaced by nothing. With `--mounts` it is the real one, on several mounts of one folder
that do not share it, such as two of bindfs:

    bindfs shared a; bindfs shared b
    python -m tests.bench.claims --mounts a b

Exits with 1 if anything isn't as it must be.
"""

from __future__ import annotations

import argparse
import fcntl
import itertools
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from gan.disk import process
from gan.errors import RunLockedError
from gan.run import claim_record
from gan.run.claim import TakeOver
from gan.run.claim_chain import ClaimChain, Found
from gan.run.creation import create_run
from gan.run.directory import RunDirectory
from gan.run.lock import RunLock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOSTS = ("ash", "birch", "cedar")
DEATHS = 0.2
"""The share of processes that are killed if they get the run."""

OLD_ANSWERS = 0.3
"""The share of processes that are shown an old claim first."""

HELD_SECONDS = 0.004
WATCHED_SECONDS = 0.005
"""Stands for a second of watching before a claim is taken over."""

LATE_SECONDS = 0.0003
"""At most; how long each really takes is drawn."""


@dataclass(frozen=True)
class Contender:
    """One process that wants the run."""

    host: str
    folder: Path
    """The run's directory, as this process sees it."""

    dies: bool = False
    old: Found | None = None
    take_over: bool = False


def contend(contenders: Sequence[Contender], inside: Path, random: Random) -> list[str]:
    """Start them at once; returns how each fared.

    `held`, `killed` or `refused`; `overlap` if another one had the run at the same time; or the
    traceback of what should not happen. Whoever has the run locks the file at `inside`, which is
    not in the run.
    """
    ready, go = os.pipe(), os.pipe()
    children = []
    for contender in contenders:
        answer = os.pipe()
        late, held = random.random() * LATE_SECONDS, random.random() * HELD_SECONDS
        pid = os.fork()
        if not pid:
            os.close(go[1])
            _child(
                lambda c=contender, h=held: _have(c, inside, h), ready[1], go[0], answer[1], late
            )
        os.close(answer[1])
        children.append((pid, answer[0]))
    waiting = len(contenders)
    while waiting:
        waiting -= len(os.read(ready[0], waiting))
    os.close(go[1])
    told = [_read_all(answer) for _, answer in children]
    statuses = [os.waitpid(pid, 0)[1] for pid, _ in children]
    for descriptor in (*ready, go[0]):
        os.close(descriptor)
    return [
        "killed" if os.WIFSIGNALED(status) and not words else words
        for words, status in zip(told, statuses, strict=True)
    ]


def _child(have: Callable[[], str], ready: int, go: int, answer: int, late: float) -> None:
    """Wait for the start, and write down how it went. Never returns."""
    os.write(ready, b".")
    os.read(go, 1)
    time.sleep(late)
    try:
        words = have()
    except BaseException:  # noqa: BLE001 - the parent shows it
        words = traceback.format_exc()
    os.write(answer, words.encode())
    os._exit(0)


def _have(contender: Contender, inside: Path, seconds: float) -> str:
    """Lock the run, have it for a while, and release it or die."""
    pretend(contender)
    take_over = TakeOver(lambda _: time.sleep(WATCHED_SECONDS), lambda _: None)
    run = RunDirectory(contender.folder)
    lock = RunLock(run, take_over=take_over if contender.take_over else None)
    try:
        lock.acquire()
    except RunLockedError:
        return "refused"
    # The kernel releases it when the process is killed.
    detector = os.open(inside, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(detector, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return "overlap"
    time.sleep(seconds)
    if contender.dies:
        os.kill(os.getpid(), signal.SIGKILL)
    lock.require()
    os.close(detector)
    lock.release()
    return "held"


def pretend(contender: Contender) -> None:
    """Have this process believe that it is on that host."""
    host = contender.host
    process.socket.gethostname = lambda: host
    process.boot_id = lambda: f"boot of {host}"
    process.machine_id = lambda: f"machine {host}"
    answers, look = [contender.old] if contender.old else [], ClaimChain.newest
    ClaimChain.newest = lambda chain: answers.pop() if answers else look(chain)


def _read_all(descriptor: int) -> str:
    with os.fdopen(descriptor, "rb") as pipe:
        return pipe.read().decode()


def void_flock() -> None:
    """Have `flock` do nothing, on a file system that may be shared."""
    fcntl.flock = lambda *_: None
    claim_record.file_system_of = lambda _: "nfs4"


class Tournament:
    """Tries one after another on one run, and what came of them."""

    def __init__(
        self, folders: Sequence[Path], inside: Path, processes: int, random: Random
    ) -> None:
        self._folders = dict(zip(HOSTS, itertools.cycle(folders), strict=False))
        self._inside = inside
        self._chain = ClaimChain(RunDirectory(folders[0]))
        self._processes = processes
        self._random = random
        self._old: deque[Found] = deque(maxlen=20)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def play(self) -> None:
        """One try: all start at once on a free run; a dead holder's claim is broken afterwards."""
        random = self._random
        hosts = random.choices(HOSTS, k=self._processes)
        old = [random.choice(self._old) if self._old else None for _ in hosts]
        contenders = [
            Contender(
                host,
                self._folders[host],
                random.random() < DEATHS,
                claim if random.random() < OLD_ANSWERS else None,
            )
            for host, claim in zip(hosts, old, strict=True)
        ]
        outcomes = self._contend("all at once", contenders)
        self.counts["shown an old claim first"] += sum(c.old is not None for c in contenders)
        if not {"held", "killed"} & set(outcomes):
            self.wrong.append("nobody got a free run")
        left = self._chain.newest()
        if left is not None and left.record is not None and not left.record.is_released:
            self._bury(left.record.process.host)
        newest = self._chain.newest()
        if newest is not None:
            self._old.append(newest)

    def _bury(self, host: str) -> None:
        """A killed process left its claim: it holds on other hosts, and not on its own."""
        first, second = (
            Contender(other, self._folders[other], take_over=True)
            for other in HOSTS
            if other != host
        )
        asks = [replace(first, take_over=False)]
        self._expect("a dead claim, asked for on another host", asks, ["refused"])
        if self._random.random() < 0.5:
            asks = [Contender(host, self._folders[host])]
            self._expect("a dead claim, asked for on its host", asks, ["held"])
        else:
            self._expect("two --take-over at once", [first, second], ["held", "refused"])

    def _expect(self, what: str, contenders: list[Contender], expected: list[str]) -> None:
        outcomes = sorted(self._contend(what, contenders))
        # The second may look again after the first has released the run.
        if outcomes not in (expected, ["held"] * len(expected) if len(expected) > 1 else expected):
            self.wrong.append(f"{what}: expected {expected}, received {outcomes}")

    def _contend(self, what: str, contenders: list[Contender]) -> list[str]:
        outcomes = contend(contenders, self._inside, self._random)
        for outcome in outcomes:
            if outcome in ("held", "killed", "refused"):
                self.counts[f"{what}: {outcome}"] += 1
            else:
                self.counts["overlaps"] += outcome == "overlap"
                self.wrong.append(f"{what}: {outcome}")
        return outcomes


def main() -> int:
    """Play and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mounts", type=Path, nargs="+")
    options = parser.parse_args()
    if not options.mounts:
        void_flock()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        mounts = options.mounts or [Path(folder)]
        run = create_run(mounts[0] / f"run-{os.getpid()}")
        folders = [mount / run.name for mount in mounts]
        inside = Path(folder) / "inside"
        tournament = Tournament(folders, inside, options.processes, Random(options.seed))
        for _ in range(options.tries):
            tournament.play()
        records = len(list(run.claim_path.iterdir()))
    print(f"{'tries':<50}{options.tries:7,}")
    print(f"{'two had the run at the same time':<50}{tournament.counts.pop('overlaps', 0):7,}")
    for what, count in sorted(tournament.counts.items()):
        print(f"{what:<50}{count:7,}")
    print(f"{'files left in claim/':<50}{records:7,}")
    print(f"{'seconds':<50}{time.monotonic() - begun:7.1f}")
    for text in tournament.wrong[:4]:
        print(text, file=sys.stderr)
    return 1 if tournament.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
