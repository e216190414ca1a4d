"""All trackers of a run: a listener that feeds each, from the run's directory to its end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gan.trackers.feed import Feed
from gan.trackers.table import OWN_FOLDER, TENSORBOARD, begun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gan.events import Event, Listener
    from gan.run.directory import RunDirectory
    from gan.trackers.table import Choice
    from gan.trackers.tracker import Tracker


class Tracking:
    """Passes a run's events on to its trackers; never waits for one but at the end."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        """Nothing is passed on until `following`."""
        self._feeds = feeds

    def __call__(self, event: Event) -> None:
        """Take an event of the run, in any thread."""
        for feed in self._feeds:
            feed.put(event)

    @contextmanager
    def following(self, run: RunDirectory, emit: Listener) -> Iterator[None]:
        """Pass events on for as long as the context lasts; its end takes a few seconds at most.

        Args:
            run: The run.
            emit: Takes what the run's log should say of a tracker, in any thread.
        """
        for feed in self._feeds:
            feed.start(run, emit)
        try:
            yield
        finally:
            for feed in self._feeds:
                feed.ask_to_close()
            for feed in self._feeds:
                feed.close()


def tracking_of(choices: Sequence[Choice]) -> Tracking:
    """The trackers that were asked for."""
    return Tracking([_feed(one) for one in choices])


def _feed(choice: Choice) -> Feed:
    def words(run: RunDirectory) -> str:
        return begun(choice, run.path / OWN_FOLDER)

    return Feed(choice.name, _tracker(choice), begun=words)


def _tracker(choice: Choice) -> Tracker:
    if choice.name == TENSORBOARD:
        from gan.trackers.tensorboard import TensorBoard

        return TensorBoard(choice.folder)
    from gan.trackers.apart import Apart

    return Apart(choice.name)
