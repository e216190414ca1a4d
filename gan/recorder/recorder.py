"""The recorder that a training loop of one's own logs to, so that the loop can be watched.

What the loop calls here never waits for a disk, a device or a viewer, but for a pause that somebody
asks for in `obey`, and for the images that it hands to `samples`.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.commands import Watch
from gan.events import Noted
from gan.recorder.channel import Channel, Drawn, Row
from gan.recorder.ending import Ending
from gan.recorder.grid import latents_to_keep
from gan.recorder.lifetime import Lifetime
from gan.recorder.obeying import Obedience, StopRequested
from gan.recorder.opening import Loop, counted, open_run
from gan.recorder.pictures import Recogniser
from gan.recorder.saying import warn
from gan.recorder.scalars import Keepers
from gan.recorder.schedule import SampleSchedule
from gan.recorder.settings import checked
from gan.recorder.steps import StepCounter
from gan.recorder.writing import Writer
from gan.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    import os
    from argparse import Namespace
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from gan.commands import Command

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
        total_steps: int | None = 0,
        batch_size: int | None = 0,
        settings: Mapping[str, Any] | Namespace | None = None,
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
            total_steps: Steps in the whole run; 0 or `None` if unknown.
            batch_size: Images in a step; 0 or `None` if unknown.
            settings: What to keep of the loop's settings in `config.json`: numbers, strings, lists
                and dictionaries; anything else is kept as its text. A dictionary, or what
                `argparse` returns.
            latents: What samples are drawn from, n x latent_dim, to be kept with them.
            sample_every: Steps between samples that `wants_samples` has kept; `None` for samples
                only while somebody watches.
            value_range: The numbers that stand for black and white in images; by default found out
                from the first.
            program: The program whose loop it is; by default that of this process.

        Raises:
            StorageError: The disk refuses.
            TypeError: The latents are no array, or the settings no dictionary.
            ValueError: A number is not one of those above, or the settings are too large.
        """
        loop = Loop(
            runs=Path(runs),
            name=name,
            program=program,
            total_steps=counted("total_steps", total_steps),
            batch_size=counted("batch_size", batch_size),
            settings=checked(settings),
        )
        clock = self._clock = time.perf_counter
        self._stopwatch, self._channel = Stopwatch(clock), Channel()
        self._latents = latents_to_keep(latents)
        self._recogniser = Recogniser(value_range, self._note)
        self._schedule = SampleSchedule(sample_every, clock)
        self._keepers, self._counter = Keepers(), StepCounter()
        self._logging = threading.Lock()
        opened = open_run(loop, self._watch)
        self._run = opened.run
        self._obedience = Obedience(
            opened.requests,
            self._channel.put,
            self._stopwatch,
            on_ready=lambda names: self._channel.put(opened.started(names)),
            on_resampled=self._take_latents,
        )
        self._begun = self._train_origin = clock()
        """Where the clock of training is zero: later, the longer the run was paused."""

        self._writer = Writer(opened, self._channel, self._stopwatch, clock)
        self._writer.start()
        self._lifetime = Lifetime(opened.run, self._end)

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self._run.path

    @property
    def step(self) -> int:
        """The step that was logged last; 0 before the first."""
        return self._counter.step

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
        self._lifetime.require()
        if values is not None:
            try:
                scalars = {**values, **scalars}
            except TypeError:
                raise TypeError(
                    f"log: received {values!r:.80}, expected values by name, as in log(loss=0.5) "
                    'or log({"D/loss": 0.5})'
                ) from None
        keep, counter = self._keepers.keep, self._counter
        with self._logging:
            for name, value in scalars.items():
                if name not in counter.names:
                    counter.admit(name)
                if type(value) is not float:
                    scalars[name] = keep(name, value)
            number, now = counter.enter(step, scalars), self._clock()
            self._channel.put_row(Row(number, scalars, now, now - self._train_origin))

    def wants_samples(self) -> bool:
        """Whether to draw samples now: every `sample_every` steps, and while somebody watches.

        Previews for viewers come as often as they can show them, and take at most about a tenth of
        the loop's time.
        """
        return not self._lifetime.refusal and self._schedule.is_due(self.step)

    def samples(self, images: Any, *, step: int | None = None) -> None:
        """Keep and show images of the generator; those drawn for a viewer alone are only shown.

        Args:
            images: A batch, of which the first sixteen count: n x H x W, n x H x W x C or
                n x C x H x W with 1 channel or 3, of any size, of NumPy or any framework. Floats
                from 0 to 1 or from -1 to 1, or integers from 0 to 255, unless the recorder has a
                `value_range`. They are fetched from their device before this returns.
            step: Their step, at least that of the last call, for loops that log nothing there;
                `None` for the one that was logged last.

        Raises:
            TypeError: They are no array of numbers, or the step is no whole number.
            ValueError: They are no images of this kind, the step is an earlier one, or its samples
                are kept already.
            RuntimeError: The run has ended, or another process records it.
        """
        self._lifetime.require()
        with self._stopwatch.measure("sampling"):
            pictures = self._recogniser.read(images)
            if step is not None:
                with self._logging:
                    self._counter.enter(step, {})
            is_kept = self._schedule.drawn(self.step)
            self._channel.put_drawn(Drawn(self.step, pictures, self._latents, is_kept))

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
        self._lifetime.require()
        is_stopping = self._obedience.obey(self.step, save=save, resample=resample)
        self._train_origin = self._begun + self._stopwatch.seconds("paused")
        if is_stopping and raise_on_stop:
            raise StopRequested
        return is_stopping

    def warn(self, text: str) -> None:
        """Say something to whoever watches or reads the log, and as a `RuntimeWarning`.

        Args:
            text: What the matter is; the log has its first line.

        Raises:
            RuntimeError: The run has ended, or another process records it.
        """
        self._lifetime.require()
        self._note(text.partition("\n")[0])
        warn(text)

    def close(self, *, completed: bool | None = None) -> None:
        """Write what was logged, and end the run; does nothing if it has ended.

        Args:
            completed: Whether it is complete, as one is that was ended early because it was good
                enough. By default it is if it has made its `total_steps`, or if these are unknown
                and nobody has asked for a stop.
        """
        self._lifetime.end(Ending(is_stopped=self.is_stopping, completed=completed))

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
        is_stopped = self.is_stopping or error is not None
        self._lifetime.end(Ending(is_stopped=is_stopped, error=None if is_stop else error))
        return is_stop

    def _end(self, ending: Ending) -> None:
        seconds = self._clock() - self._begun - self._stopwatch.seconds("paused")
        if not self._writer.close(ending, self.step, seconds, CLOSE_SECONDS):
            warn(
                f"recording: the end of {self.path} was not written within {CLOSE_SECONDS:.0f} s; "
                "a disk or a device does not answer."
            )

    def _watch(self, command: Command) -> None:
        """Note how often viewers want previews; called in the heartbeat's thread."""
        if isinstance(command, Watch):
            self._schedule.preview_seconds = command.preview_seconds

    def _take_latents(self, latents: object) -> None:
        """Use the latents that the loop has drawn, as far as it tells them."""
        self._latents = latents_to_keep(latents)
        self._schedule.renew()

    def _note(self, text: str) -> None:
        self._channel.put(Noted(time=time.time(), text=text, warning=True))
