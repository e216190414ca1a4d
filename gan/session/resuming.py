"""Resuming a run: from which checkpoint, with the same images, and what its log says of before.

A run that was stopped before its first checkpoint resumes at step 0, in the same directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan import events
from gan.disk.files import open_plain
from gan.disk.os_errors import storage_errors
from gan.errors import CheckpointError, DataError, UsageError
from gan.run.checkpoints.manifest import ResumePoint
from gan.run.checkpoints.store import CheckpointStore
from gan.run.coverage import Coverage, in_words
from gan.run.follower import Follower, events_of, first_steps_offset, read_events
from gan.run.reference import BEST, best_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.config import RunConfig
    from gan.data.image_set import ImageSet
    from gan.run.checkpoints.reading import Checkpoint
    from gan.run.directory import RunDirectory
    from gan.run.reference import At


def checkpoint_to_resume(
    run: RunDirectory,
    store: CheckpointStore,
    at: At,
    *,
    config: RunConfig,
    images: ImageSet,
    on_rejected: Callable[[str, str], None],
) -> Checkpoint | None:
    """The checkpoint that a run resumes from; later ones are set aside.

    Args:
        run: The run.
        store: Its checkpoints.
        at: The step of the checkpoint; `None` for the newest that verifies.
        config: What is trained from here on.
        images: What is trained on from here on.
        on_rejected: See `CheckpointStore.newest`.

    Returns:
        `None` if the run was stopped or killed before its first checkpoint.

    Raises:
        CheckpointError: There is no usable one, or not the one that was asked for.
        DataError: The run was trained on other images.
        UsageError: The checkpoint is beyond the run's last step.
        StorageError: The disk refused.
    """
    step = best_step(run, store) if at == BEST else at
    checkpoint = store.newest(on_rejected) if step is None else store.load(step)
    if checkpoint is None:
        return None
    require_same_images(checkpoint.resume_point.fingerprint, run, images)
    _require_not_past_the_end(checkpoint, config, images)
    store.abandon_after(checkpoint.step)
    return checkpoint


def beginning(run: RunDirectory, images: ImageSet) -> ResumePoint:
    """Where a run without a checkpoint resumes: at step 0, after what its log has from before.

    Raises:
        CheckpointError: The run has had checkpoints.
        DataError: The run was begun with other images.
        StorageError: The log can't be read.
    """
    log = read_events(run)
    if any(isinstance(event, events.CheckpointSaved) for event in log):
        msg = (
            f"{run.path}: its log names checkpoints, but there are none in {run.checkpoints_path}. "
            "Restore them from a backup, or start a new run."
        )
        raise CheckpointError(msg)
    loaded = [event for event in log if isinstance(event, events.DataLoaded)]
    if loaded:
        require_same_images(loaded[-1].fingerprint, run, images)
    return ResumePoint(
        fingerprint=images.fingerprint,
        step=0,
        draw=0,
        train_seconds=0.0,
        log_offset=first_steps_offset(run),
    )


def replay(run: RunDirectory, step: int, recall: events.Listener) -> list[str]:
    """Pass on the events in the log, which now ends at this step.

    Args:
        run: The run.
        step: The step that it resumes from.
        recall: Called with each event; with a warning in place of steps that were not made.

    Returns:
        What is damaged in the log, and which steps it lacks, in a sentence each.

    Raises:
        StorageError: The log can't be read.
    """
    follower, coverage = Follower(run), Coverage(step)
    while found := follower.poll():
        for event in found:
            recall(_within(coverage, event))
    problems = []
    if follower.damage:
        problems.append(f"the log is damaged. The first place: {follower.damage}")
    if missing := coverage.missing():
        problems.append(
            f"{run.log_path.name} lacks steps that were made before the checkpoint of step "
            f"{step:,}: {in_words(missing)}. The networks are whole; charts have a gap there."
        )
    return problems


def require_recorded_images(run: RunDirectory, images: ImageSet) -> None:
    """Refuse images that are not those of the run, by its newest checkpoint or else its log.

    Quick, and before anything is verified; a run that has neither is refused nothing.

    Raises:
        DataError: They are others.
        StorageError: The disk refused.
    """
    expected = ""
    if run.checkpoints_path.is_dir():
        expected = CheckpointStore(run, keep=1).fingerprint()
    if not expected and run.log_path.exists():
        with storage_errors("read", run.log_path), open_plain(run.log_path, buffering=-1) as log:
            for loaded in events_of(log, events.DataLoaded):
                expected = loaded.fingerprint
    if expected:
        require_same_images(expected, run, images)


def cut_words(steps: int, cut: str, *, has_checkpoint: bool) -> str:
    """What becomes of the steps that a resumed run has made and not saved.

    Args:
        steps: How many they are.
        cut: The name of the file that has their events now.
        has_checkpoint: Whether the run resumes from a checkpoint, and not from step 0.
    """
    made = f"{steps:,} {'step' if steps == 1 else 'steps'}"
    count = "counts" if steps == 1 else "count"
    since = "after the checkpoint" if has_checkpoint else "before the first checkpoint"
    moved = f"the events since were moved to {cut}, and nothing else is lost"
    return f"{made} {since} {count} no more: {moved}"


def require_same_images(expected: str, run: RunDirectory, images: ImageSet) -> None:
    """Refuse images that are not those of the run.

    Args:
        expected: The SHA-256 of the run's images in hexadecimal.
        run: The run.
        images: What was loaded.

    Raises:
        DataError: They are others.
    """
    if images.fingerprint != expected:
        msg = (
            f"--data: {images.name} is not what {run.name} was trained on "
            f"(SHA-256 {images.fingerprint[:12]}, expected {expected[:12]}). "
            "Name the same images with --data."
        )
        raise DataError(msg)


def _require_not_past_the_end(checkpoint: Checkpoint, config: RunConfig, images: ImageSet) -> None:
    total = config.total_steps(len(images) // config.batch_size)
    if checkpoint.step > total:
        msg = (
            f"--epochs or --steps: the run would end at step {total:,}, but its checkpoint is at "
            f"step {checkpoint.step:,}. Give a larger total, or resume RUN@STEP."
        )
        raise UsageError(msg)


def _within(coverage: Coverage, event: events.Event) -> events.Event:
    """The event, or a warning in its place if it reports steps that the run has not made."""
    if not isinstance(event, events.StepsCompleted) or coverage.add(event):
        return event
    text = (
        f"the log has steps {event.first_step:,} to {event.last_step:,}, expected steps from 1 to "
        f"{coverage.last_step:,}"
    )
    return events.Noted(time=event.time, text=text, warning=True)
