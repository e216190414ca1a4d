"""A viewer: shows a run that another process trains, and steers it.

Everything goes through files in the run's directory, read and written in a thread of its own, so
that a slow network file system holds up no screen. Files are opened anew at every look: network
file systems show changes only then.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Final

from gan.commands import COMMANDS, Command, Stop
from gan.events import CommandAnswered, Noted
from gan.run.leases import RENEW_SECONDS, Lease
from gan.run.mailbox import Mailbox
from gan.run_facts.sighting import Viewing
from gan.viewing.asking import Asking
from gan.viewing.attempts import Attempts, in_words
from gan.viewing.folder import FollowedFolder
from gan.viewing.own_lines import OwnLines
from gan.viewing.process_watch import ProcessWatch
from gan.viewing.records import unknown_in
from gan.viewing.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gan.readings import WorkerReading
    from gan.run.directory import RunDirectory
    from gan.viewing.showing import Screen

LOOK_SECONDS: Final = 0.2
"""How often the log and the live images are looked at."""

_HURRY_SECONDS: Final = 0.05
"""How often, for a while after a command."""

_HURRY_FOR: Final = 2.0
_STATUS_SECONDS: Final = 0.5


class Viewer:
    """Follows one run in a thread of its own."""

    def __init__(
        self,
        run: RunDirectory,
        *,
        screen: Screen,
        preview_seconds: float | None,
        notes: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is read until `start`.

        Args:
            run: The run.
            screen: Shows all events of the run so far, those that happen from now on, and all of
                them anew when another process has resumed the run. Called in the viewer's thread.
            preview_seconds: Seconds between two previews; `None` only watches, and writes nothing
                into the run's directory.
            notes: What to say besides what the run's log says.
            clock: A monotonic clock in seconds.
        """
        self._run, self._screen = run, screen
        self._clock = clock
        self._may_steer = preview_seconds is not None
        self._lease = None if preview_seconds is None else Lease(run, preview_seconds)
        self._showing = Showing(run, clock, screen=screen, own_events=self._own_lines)
        self._mailbox = Mailbox(run)
        self._to_post: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._asking = Asking(clock)
        self._lines = OwnLines(screen, notes)
        self._attempt = Attempts(self._lines.say, clock)
        self._trainer = ProcessWatch(run, clock, self._lines.warn)
        self._has_more = False
        """Whether the log holds more that was not read yet."""

        self._due: dict[str, float] = {}
        """When to do again what is not done at every look."""

        self._hurry_until = 0.0
        self._folder = FollowedFolder(run)
        self._thread = threading.Thread(target=self._work, name="viewer", daemon=True)

    @property
    def viewing(self) -> Viewing:
        """What is known now; any thread may ask."""
        asking = self._asking
        return Viewing(
            may_steer=self._may_steer,
            sighting=self._trainer.sighting,
            asked=asking.unanswered,
            done=asking.done,
            reading=self._showing.share,
        )

    @property
    def machines(self) -> tuple[WorkerReading, ...]:
        """What the machines of all workers are doing; any thread may ask."""
        return self._trainer.machines

    def start(self) -> None:
        """Start to read."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Have a command posted to the run; its answer is an event. Never waits."""
        self._to_post.put(command)

    def has_asked(self, message_id: str) -> bool:
        """Whether a command was sent from here."""
        return self._asking.has(message_id)

    def close(self, timeout: float = 2.0) -> None:
        """Stop, and give the lease back.

        Args:
            timeout: Seconds to wait for a file system that does not answer.
        """
        self._to_post.put(None)
        self._thread.join(timeout)

    def _work(self) -> None:
        """The viewer's thread."""
        self._folder.open()
        try:
            self._attempt("the log", self._showing.glance)
            while True:
                wait = self._look()
                try:
                    command = self._to_post.get(timeout=wait)
                except queue.Empty:
                    continue
                if command is None:
                    return
                self._post(command)
        finally:
            if self._lease is not None:
                self._lease.release()
            self._folder.close()

    def _look(self) -> float:
        """Read what is new, and renew the lease; returns how long to wait before the next look."""
        is_there = self._attempt("the run's directory", self._folder.follow)
        if self._is_due("status", _STATUS_SECONDS):
            self._attempt("status.json", self._trainer.read_status)
            # Also without news, which is what a process that is gone is known by.
            self._attempt("the process that trains", self._trainer.judge)
        watches = self._lease is not None and self._trainer.sighting.may_be_live
        if self._lease is not None and watches and self._is_due("lease", RENEW_SECONDS):
            self._attempt("the lease", self._lease.renew)
        if not self._screen.has_room():
            return _HURRY_SECONDS
        self._has_more = False
        if is_there:
            self._attempt("the log", self._read_log)
            if self._showing.is_read:
                self._attempt("live images", self._showing.read_live)
        for name in self._asking.take_lost(self._trainer.sighting):
            self._lines.warn(
                f"{name}: no answer was seen; the process that it was meant for is gone"
            )
        if self._has_more:
            return 0.0
        return _HURRY_SECONDS if self._clock() < self._hurry_until else LOOK_SECONDS

    def _is_due(self, what: str, seconds: float) -> bool:
        now = self._clock()
        if now < self._due.get(what, now):
            return False
        self._due[what] = now + seconds
        return True

    def _read_log(self) -> None:
        reading = self._showing.read_log()
        for event in reading.events:
            if isinstance(event, CommandAnswered):
                self._asking.answer(event)
        self._has_more = reading.has_more

    def _own_lines(self) -> Iterable[Noted]:
        """The viewer's own lines, once its run's records were looked through for more."""
        self._attempt("the run's records", self._check_records)
        return self._lines

    def _check_records(self) -> None:
        """Keep what the run's records hold that this program doesn't know, each thing once."""
        self._lines.add_problems(unknown_in(self._run, self._trainer.status))

    def _post(self, command: Command) -> None:
        """Post a command to the process that trains, unless there is none."""
        name = name_of(command)
        if not self.viewing.can_steer:
            self._lines.warn(f"{name}: not asked, because no process trains this run")
            return
        try:
            process = self._trainer.sighting.process
            message_id = self._mailbox.post(command, meant_for=process)
        except Exception as error:  # noqa: BLE001 - whoever has asked must know, whatever it is
            self._lines.warn(f"{name}: not asked. {in_words(error)}")
            return
        self._asking.add(message_id, name, process)
        self._hurry_until = self._clock() + _HURRY_FOR


def name_of(command: Command) -> str:
    """A command in words, such as `roll back`."""
    if isinstance(command, Stop):
        return "stop" if command.when == "now" else "stop at the end of the epoch"
    return next((name for name, one in COMMANDS.items() if one == command), "command").replace(
        "_", " "
    )
