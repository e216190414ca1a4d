"""A viewer: shows a run that another process trains, and steers it.

Everything goes through files in the run's directory, read and written in a thread of its own, so
that a slow network file system holds up no screen. Files are opened anew at every look: network
file systems show changes only then.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gan.commands import COMMANDS, Command, Stop
from gan.disk.files import is_in_place
from gan.errors import StorageError
from gan.events import CommandAnswered, Noted
from gan.run.leases import RENEW_SECONDS, Lease
from gan.run.liveness import Pulse
from gan.run.mailbox import Mailbox
from gan.run.place import path_of
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness, Sighting, Viewing
from gan.text.safe_text import shell_word
from gan.viewing.asking import Asking
from gan.viewing.attempts import Attempts, in_words
from gan.viewing.records import unknown_in
from gan.viewing.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gan.events import Listener
    from gan.run.directory import RunDirectory
    from gan.viewing.showing import ShowPart

LOOK_SECONDS: Final = 0.2
"""How often the log and the live images are looked at."""

_HURRY_SECONDS: Final = 0.05
"""How often, for a while after a command."""

_HURRY_FOR: Final = 2.0
_STATUS_SECONDS: Final = 0.5
_SAID: Final = 100
"""How many lines of its own a viewer keeps."""


class Viewer:
    """Follows one run in a thread of its own."""

    def __init__(
        self,
        run: RunDirectory,
        *,
        listener: Listener,
        show_anew: ShowPart,
        show_more: ShowPart,
        preview_seconds: float | None,
        notes: Iterable[str] = (),
        has_room: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is read until `start`.

        Args:
            run: The run.
            listener: Called with every event that happens from now on, in the viewer's thread.
            show_anew: Called with the first part of all events of the run so far, and again when
                another process has resumed it.
            show_more: Called with each part after it.
            preview_seconds: Seconds between two previews; `None` only watches, and writes nothing
                into the run's directory.
            notes: What to say besides what the run's log says.
            has_room: Whether what was shown is being taken; as long as it isn't, no more is read.
            clock: A monotonic clock in seconds.
        """
        self._run, self._has_room = run, has_room
        self._listener = listener
        self._clock = clock
        self._may_steer = preview_seconds is not None
        self._lease = None if preview_seconds is None else Lease(run, preview_seconds)
        self._showing = Showing(
            run,
            clock,
            listener=listener,
            show_anew=show_anew,
            show_more=show_more,
            own_events=self._own_lines,
        )
        self._pulse = Pulse(clock)
        self._mailbox = Mailbox(run)
        self._to_post: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._asking = Asking(clock)
        self._sighting = Sighting(Liveness.UNKNOWN)
        self._status: Mapping[str, Any] = {}
        """The newest status that could be read."""

        self._attempt = Attempts(self._say, clock)
        self._said: deque[Noted] = deque(map(self._line, notes), maxlen=_SAID)
        """The newest lines of the viewer's own: no log holds them for when all is shown anew."""

        self._problems: set[str] = set()
        """What was said of the run's records."""

        self._has_more = False
        """Whether the log holds more that was not read yet."""

        self._due: dict[str, float] = {}
        """When to do again what is not done at every look."""

        self._hurry_until = 0.0
        self._folder: int | None = None
        self._thread = threading.Thread(target=self._work, name="viewer", daemon=True)

    @property
    def viewing(self) -> Viewing:
        """What is known now; any thread may ask."""
        asking = self._asking
        return Viewing(
            may_steer=self._may_steer,
            sighting=self._sighting,
            asked=asking.unanswered,
            done=asking.done,
            reading=self._showing.share,
        )

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
        with suppress(OSError):
            self._folder = os.open(self._run.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
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
            if self._folder is not None:
                os.close(self._folder)

    def _look(self) -> float:
        """Read what is new, and renew the lease; returns how long to wait before the next look."""
        is_there = self._attempt("the run's directory", self._follow_folder)
        if self._is_due("status", _STATUS_SECONDS):
            self._attempt("status.json", self._read_status)
            # Also without news, which is what a process that is gone is known by.
            self._attempt("the process that trains", self._judge)
        watches = self._lease is not None and self._sighting.may_be_live
        if self._lease is not None and watches and self._is_due("lease", RENEW_SECONDS):
            self._attempt("the lease", self._lease.renew)
        if not self._has_room():
            return _HURRY_SECONDS
        self._has_more = False
        if is_there:
            self._attempt("the log", self._read_log)
            if self._showing.is_read:
                self._attempt("live images", self._showing.read_live)
        for name in self._asking.take_lost(self._sighting):
            self._note(f"{name}: no answer was seen; the process that it was meant for is gone")
        if self._has_more:
            return 0.0
        return _HURRY_SECONDS if self._clock() < self._hurry_until else LOOK_SECONDS

    def _is_due(self, what: str, seconds: float) -> bool:
        now = self._clock()
        if now < self._due.get(what, now):
            return False
        self._due[what] = now + seconds
        return True

    def _follow_folder(self) -> None:
        """Follow the directory if it was renamed.

        Raises:
            StorageError: It is gone.
        """
        if self._folder is None:
            return
        try:
            if is_in_place(self._folder, self._run.path):
                return
            path = path_of(self._folder)
            if path is not None and is_in_place(self._folder, path):
                self._run.move_to(path)
                return
        except OSError as error:
            raise StorageError(f"{self._run.path}: {error.strerror}.") from error
        raise StorageError(f"{self._run.path} is gone. What is shown is the last that was read.")

    def _read_status(self) -> None:
        # It is replaced as a whole: where there was one, its absence says nothing.
        self._status = read_status(self._run) or self._status

    def _judge(self) -> None:
        before, self._sighting = self._sighting.liveness, self._pulse.see(self._status)
        if self._sighting.liveness is Liveness.DIED and before is not Liveness.DIED:
            path = shell_word(str(self._run.path))
            self._note(f"the process that trained it is gone. gan-tui --resume {path} goes on")

    def _read_log(self) -> None:
        reading = self._showing.read_log()
        for event in reading.events:
            if isinstance(event, CommandAnswered):
                self._asking.answer(event)
        self._has_more = reading.has_more

    def _own_lines(self) -> Iterable[Noted]:
        """The viewer's own lines, once its run's records were looked through for more."""
        self._attempt("the run's records", self._check_records)
        return self._said

    def _check_records(self) -> None:
        """Say what the run's records hold that this program doesn't know, each thing once."""
        problems = unknown_in(self._run, self._status)
        self._said += [self._line(text) for text in problems if text not in self._problems]
        self._problems.update(problems)

    def _post(self, command: Command) -> None:
        """Post a command to the process that trains, unless there is none."""
        name = name_of(command)
        if not self.viewing.can_steer:
            self._note(f"{name}: not asked, because no process trains this run")
            return
        try:
            process = self._sighting.process
            message_id = self._mailbox.post(command, meant_for=process)
        except Exception as error:  # noqa: BLE001 - whoever has asked must know, whatever it is
            self._note(f"{name}: not asked. {in_words(error)}")
            return
        self._asking.add(message_id, name, process)
        self._hurry_until = self._clock() + _HURRY_FOR

    def _note(self, text: str) -> None:
        self._say(text, True)

    def _say(self, text: str, is_warning: bool) -> None:
        self._said.append(self._line(text, warning=is_warning))
        self._listener(self._said[-1])

    @staticmethod
    def _line(text: str, *, warning: bool = True) -> Noted:
        return Noted(time=time.time(), text=text, warning=warning)


def name_of(command: Command) -> str:
    """A command in words, such as `roll back`."""
    if isinstance(command, Stop):
        return "stop" if command.when == "now" else "stop at the end of the epoch"
    return next((name for name, one in COMMANDS.items() if one == command), "command").replace(
        "_", " "
    )
