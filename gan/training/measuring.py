"""Generates the images of an evaluation, a block at a time, and has them measured."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from gan.models.randomness import evaluation_latents

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import ParamSpec

    from gan.config import RunConfig
    from gan.events import Floats, Images
    from gan.quality.measure import Quality, QualityMeasure
    from gan.training.sampling import Sampler
    from gan.training.stopwatch import Stopwatch
    from gan.training.writing import Snapshot

    Parameters = ParamSpec("Parameters")

Result = TypeVar("Result")

BLOCK: Final = 500
"""Images that are generated at once: few enough for a pause to feel immediate."""


class DaemonExecutor(Executor):
    """Does each piece of work in a thread of its own, which doesn't keep the process alive."""

    def submit(
        self,
        work: Callable[Parameters, Result],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Future[Result]:
        """Start the work; the future gets what it returns or raises."""
        future: Future[Result] = Future()

        def carry_out() -> None:
            try:
                future.set_result(work(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
                future.set_exception(error)

        threading.Thread(target=carry_out, name="evaluation", daemon=True).start()
        return future


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a run's evaluations need besides the run."""

    make_measure: Callable[[], QualityMeasure]
    """Makes the measure of the run's real images; called once, in the thread that measures."""

    images: int
    """Images to generate and measure."""

    once_an_epoch: bool = False
    """Whether `auto` has at least one in each epoch: a GPU hardly notices what a CPU measures."""

    executor: Executor = field(default_factory=DaemonExecutor)
    """Measures while training goes on."""


@dataclass(slots=True)
class Round:
    """One evaluation, from the first image to the verdict."""

    step: int
    snapshot: Snapshot | None
    """The state of that step; `None` if the disk refuses."""

    waited: float
    """The stopwatch's seconds of "evaluating" before it."""

    images: Images
    generated: int = 0
    """How many of the images there are."""

    measured: Future[tuple[Quality, QualityMeasure]] | None = None
    """The result to come; `None` while images are generated."""

    is_dropped: bool = False
    """Whether the run has gone back from that step."""


class Measurer:
    """Fills an evaluation with images, and has another thread measure them."""

    def __init__(
        self, config: RunConfig, sampler: Sampler, stopwatch: Stopwatch, evaluation: Evaluation
    ) -> None:
        """Begin with nothing measured.

        Args:
            config: Has the seed and the length of the latents.
            sampler: Generates the images.
            stopwatch: Measures how long training waits.
            evaluation: What measures.
        """
        self._config, self._sampler = config, sampler
        self._stopwatch, self._evaluation = stopwatch, evaluation
        self._measure: QualityMeasure | None = None
        """Made by the thread that measures."""

    def generate_block(self, under_way: Round) -> bool:
        """Generate the next images; returns whether they are complete."""
        begin = under_way.generated
        end = min(begin + BLOCK, len(under_way.images))
        with self._stopwatch.measure("evaluating"):
            latents = latents_of_block(self._config, begin, end)
            under_way.images[begin:end] = self._sampler.generate(latents)
        under_way.generated = end
        return end == len(under_way.images)

    def submit(self, under_way: Round) -> None:
        """Have the complete images measured while training goes on."""
        under_way.images.setflags(write=False)
        under_way.measured = self._evaluation.executor.submit(self._measured, under_way.images)

    def _measured(self, images: Images) -> tuple[Quality, QualityMeasure]:
        """In the thread that measures, to which the measure belongs: make it once, and use it."""
        measure = self._measure = self._measure or self._evaluation.make_measure()
        return measure.measure(images), measure


def latents_of_block(config: RunConfig, begin: int, end: int) -> Floats:
    """The latents of the images from `begin` to `end` of an evaluation, with at most one block.

    They are the same at every step, and the first ones are the same for any number of images.
    """
    return evaluation_latents(config.seed, begin // BLOCK, end - begin, config.latent_dim)
