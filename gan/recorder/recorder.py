"""The recorder that a training loop of one's own logs to, so that the loop can be watched.

What the loop calls here never waits for a disk, a device or a viewer, but for a pause that somebody
asks for in `obey`, and for the images that it hands to `samples`.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.commands import Watch
from gan.events import Noted
from gan.recorder.channel import Channel, Drawn, Row
from gan.recorder.ending import Ending
from gan.recorder.grid import latents_to_keep
from gan.recorder.obeying import Obedience, StopRequested
from gan.recorder.opening import Loop, open_run
from gan.recorder.pictures import Recogniser
from gan.recorder.saying import warn
from gan.recorder.scalars import Keepers
from gan.recorder.schedule import SampleSchedule
from gan.recorder.writing import Writer
from gan.run.event_json import MAX_INTEGER, MAX_NAME, MAX_SERIES
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from gan.commands import Command
    from gan.events import Names

CLOSE_SECONDS: Final = 30.0
"""How long the end of a run may wait for a disk or a device that does not answer."""


class Recorder:
    """Records one run of a training loop; a context manager, or closed with `close`.

    `log` may be called from any thread, everything else from the loop's alone. A process that was
    forked from the loop's records nothing.
    """

    def __init__(  # noqa: PLR0913 - each is an option of its own, with a default
        self,
        runs: str | os.PathLike[str] = "runs",
        *,
        name: str = "",
        total_steps: int = 0,
        batch_size: int = 0,
        settings: Mapping[str, Any] | None = None,
        latents: Any = None,
        sample_every: int | None = 500,
        value_range: tuple[float, float] | None = None,
        program: str = "",
    ) -> None:
        """Create the run's directory, and begin to write.

        Args:
            runs: The folder of runs; it is created if it is missing.
            name: What the run is called after its number, as in `00007-my-gan`; by default the
                program's name.
            total_steps: Steps in the whole run; 0 if unknown.
            batch_size: Images in a step; 0 if unknown.
            settings: What to keep of the loop's settings in `config.json`: numbers, strings, lists
                and dictionaries; anything else is kept as its text.
            latents: What samples are drawn from, n x latent_dim, to be kept with them.
            sample_every: Steps between samples that `wants_samples` has kept; `None` for samples
                only while somebody watches.
            value_range: The numbers that stand for black and white in images; by default found out
                from the first.
            program: The program whose loop it is; by default that of this process.

        Raises:
            StorageError: The disk refuses.
            TypeError: The latents are no array.
            ValueError: A number is not one of those above.
        """
        if sample_every is not None and (type(sample_every) is not int or sample_every < 1):
            raise ValueError(
                f"sample_every: received {sample_every!r:.80}, expected steps from 1, or None"
            )
        loop = Loop(
            runs=Path(runs),
            name=name,
            program=program,
            total_steps=total_steps,
            batch_size=batch_size,
            settings=settings or {},
        )
        clock = time.perf_counter
        self._latents = latents_to_keep(latents)
        self._recogniser = Recogniser(value_range, self._note)
        self._clock, self._stopwatch = clock, Stopwatch(clock)
        self._schedule = SampleSchedule(sample_every, clock)
        self._channel, self._keepers = Channel(), Keepers()
        self._names: set[str] = set()
        self._stepping = threading.Lock()
        self._step = 0
        self._step_names: set[str] = set()
        """The series that have a value at this step."""

        self._refusal = ""
        """Why nothing can be logged any more; empty while the run goes on."""

        self._opened = open_run(loop, self._watch)
        self._obedience = Obedience(
            self._opened.requests,
            self._channel.put,
            self._stopwatch,
            on_ready=self._declare,
            on_resampled=self._take_latents,
        )
        self._begun = self._train_origin = clock()
        """Where the clock of training is zero: later, the longer the run was paused."""

        self._writer = Writer(self._opened, self._channel, self._stopwatch, clock)
        self._writer.start()
        atexit.register(self._close_at_exit)
        os.register_at_fork(after_in_child=_refusing(self, os.getpid()))

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self._opened.run.path

    @property
    def step(self) -> int:
        """The step that was logged last; 0 before the first."""
        return self._step

    @property
    def is_stopping(self) -> bool:
        """Whether somebody has asked the loop to stop."""
        return self._obedience.is_stopping

    def log(
        self, values: Mapping[str, Any] | None = None, /, *, step: int | None = None, **scalars: Any
    ) -> None:
        """Log the values of a step, by the names of their series.

        Each call is a step, the first one step 1, unless `step` says which. A value is one number:
        of Python, of NumPy, or a scalar of TensorFlow, PyTorch or JAX, which is read later if its
        device may still be computing it. `d_loss` and `g_loss` are shown as the losses of a GAN,
        `real_score` and `fake_score` as D's mean answers, from 0 to 1.

        Args:
            values: Values by name, for names that are no keywords.
            step: The step, at least that of the last call. The same step again adds other series to
                it, within a second or so if these are a GAN's losses and scores.
            scalars: Values by name.

        Raises:
            TypeError: A value is no number.
            ValueError: A value is an array with more than one, or has none yet; a step is earlier
                than the last one, or has the series already; a name is too long, or one too many.
            RuntimeError: The run has ended, or another process records it.
        """
        if self._refusal:
            raise RuntimeError(self._refusal)
        if values is not None:
            scalars = {**values, **scalars}
        keep = self._keepers.keep
        for name, value in scalars.items():
            if name not in self._names:
                self._admit(name)
            if type(value) is not float:
                scalars[name] = keep(name, value)
        with self._stepping:
            self._enter_step(step, scalars)
            now = self._clock()
            self._channel.put_row(Row(self._step, scalars, now, now - self._train_origin))

    def wants_samples(self) -> bool:
        """Whether to draw samples now: every `sample_every` steps, and while somebody watches.

        Previews for viewers come as often as they can show them, and take at most about a tenth of
        the loop's time.
        """
        return not self._refusal and self._schedule.is_due(self._step)

    def samples(self, images: Any) -> None:
        """Keep and show images of the generator; those drawn for a viewer alone are only shown.

        Args:
            images: A batch, of which the first sixteen count: n x H x W, n x H x W x C or
                n x C x H x W with 1 channel or 3, of any size, of NumPy or any framework. Floats
                from 0 to 1 or from -1 to 1, or integers from 0 to 255, unless the recorder has a
                `value_range`. They are fetched from their device before this returns.

        Raises:
            TypeError: They are no array of numbers.
            ValueError: They are no images of this kind.
            RuntimeError: The run has ended, or another process records it.
        """
        self._require_open()
        with self._stopwatch.measure("sampling"):
            pictures = self._recogniser.read(images)
            is_kept = self._schedule.drawn(self._step)
            self._channel.put_drawn(Drawn(self._step, pictures, self._latents, is_kept))

    def obey(
        self,
        *,
        save: Callable[[], object] | None = None,
        resample: Callable[[], object] | None = None,
        raise_on_stop: bool = False,
    ) -> bool:
        """Do what viewers have asked for since the last call; while the run is paused, wait.

        Call it once a step. Without commands it takes about a microsecond.

        Args:
            save: Saves what the loop has learned, wherever it wants to; `None` if it can't. If it
                raises, the viewer is told why, and the loop goes on.
            resample: Has the loop draw later samples from other latents; `None` if it can't. It may
                return these, to be kept with the samples.
            raise_on_stop: Whether to raise `StopRequested` if somebody has asked the loop to stop;
                it ends the recorder's `with` block quietly.

        Returns:
            Whether somebody has asked the loop to stop: leave it then.

        Raises:
            StopRequested: That, if `raise_on_stop`.
            RuntimeError: The run has ended, or another process records it.
        """
        self._require_open()
        is_stopping = self._obedience.obey(self._step, save=save, resample=resample)
        self._train_origin = self._begun + self._stopwatch.seconds("paused")
        if is_stopping and raise_on_stop:
            raise StopRequested
        return is_stopping

    def close(self) -> None:
        """Write what was logged, and end the run; does nothing if it has ended.

        It is complete if it has made its `total_steps`, or if these are unknown and nobody has
        asked for a stop.
        """
        self._close(Ending(is_stopped=self.is_stopping))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """End the run: as failed if an error leaves the block, as stopped on `KeyboardInterrupt`.

        Returns:
            Whether the error was a `StopRequested`, and ends here.
        """
        is_stop = isinstance(error, StopRequested)
        self._close(
            Ending(
                is_stopped=self.is_stopping or error is not None, error=None if is_stop else error
            )
        )
        return is_stop

    def _close(self, ending: Ending) -> None:
        if self._refusal:
            return
        self._refusal = f"the run {self.path} has ended; open another Recorder"
        atexit.unregister(self._close_at_exit)
        seconds = self._clock() - self._begun - self._stopwatch.seconds("paused")
        if not self._writer.close(ending, self._step, seconds, CLOSE_SECONDS):
            warn(
                f"recording: the end of {self.path} was not written within {CLOSE_SECONDS:.0f} s; "
                "a disk or a device does not answer."
            )

    def _close_at_exit(self) -> None:
        """End the run of a program that ends without `close`, by what has ended the program."""
        error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
        self._close(Ending(is_stopped=True, error=error))

    def _require_open(self) -> None:
        if self._refusal:
            raise RuntimeError(self._refusal)

    def _refuse_in(self, pid: int) -> None:
        """Record nothing in a process that was forked from this one, which has number `pid`."""
        self._refusal = (
            f"the run {self.path} is recorded by process {pid}, from which this one was forked; "
            "log there, or open a Recorder here"
        )

    def _admit(self, name: str) -> None:
        """Check the name of a new series.

        Raises:
            TypeError: It is no string.
            ValueError: It is too long or empty, or there are too many.
        """
        if not isinstance(name, str):
            raise TypeError(f"series: received the name {name!r:.80}, expected a string")
        if not 1 <= len(name) <= MAX_NAME:
            raise ValueError(
                f"series: received the name {name!r:.80} of {len(name)} characters, expected 1 to "
                f"{MAX_NAME}"
            )
        if len(self._names) >= MAX_SERIES:
            raise ValueError(
                f"series {name!r}: received more than {MAX_SERIES} series, expected at most so many"
            )
        self._names.add(name)

    def _enter_step(self, step: int | None, scalars: dict[str, Any]) -> None:
        """Go on to the next step, or to the one that was given."""
        if step is None:
            self._step += 1
        elif step == self._step:
            self._require_new(scalars)
            self._step_names |= scalars.keys()
            return
        else:
            self._step = _checked_step(step, self._step)
        self._step_names = set(scalars)

    def _require_new(self, scalars: dict[str, Any]) -> None:
        if again := self._step_names & scalars.keys():
            raise ValueError(
                f"series {min(again)!r}: received a second value for step {self._step:,}, expected "
                "one value a step"
            )
        _checked_step(self._step, self._step)

    def _watch(self, command: Command) -> None:
        """Note how often viewers want previews; called in the heartbeat's thread."""
        if isinstance(command, Watch):
            self._schedule.preview_seconds = command.preview_seconds

    def _declare(self, obeys: Names) -> None:
        self._channel.put(self._opened.started(obeys))

    def _take_latents(self, latents: object) -> None:
        """Use the latents that the loop has drawn, as far as it tells them."""
        self._latents = latents_to_keep(latents)
        self._schedule.renew()

    def _note(self, text: str) -> None:
        self._channel.put(Noted(time=time.time(), text=text, warning=True))


def _refusing(recorder: Recorder, pid: int) -> Callable[[], None]:
    """What a forked process calls first: it has none of the recorder's threads."""
    reference = weakref.ref(recorder)

    def refuse() -> None:
        forked = reference()
        if forked is not None:
            forked._refuse_in(pid)  # noqa: SLF001 - the recorder's own

    return refuse


def _checked_step(step: int, last: int) -> int:
    """The number of a step, of NumPy's integers too.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is 0, negative or beyond what a log can hold, or earlier than the last one.
    """
    try:
        number = step.__index__()
    except AttributeError:
        raise TypeError(f"step: received {step!r:.80}, expected a whole number") from None
    if number < 1:
        raise ValueError(
            f"step: received {number}, expected 1 or more: it counts the steps that are done. In a "
            "loop that counts from 0, pass step + 1"
        )
    if not last <= number <= MAX_INTEGER:
        raise ValueError(
            f"step: received {number:,}, expected {last:,} or more: a run's steps go forward"
        )
    return number
