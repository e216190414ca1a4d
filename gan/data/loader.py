"""Resolves `--data`: chooses the reader for a source and says why its images were used."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.data import sources
from gan.data.checks import refuse
from gan.data.dataset_cache import CacheMiss, fetch, name_of, read_cached
from gan.data.download import DownloadError, Opener, open_url
from gan.data.image_set import ImageSet, Note
from gan.data.layouts.source import read_source
from gan.data.published import DATASETS
from gan.data.reading_options import DEFAULT_READING, ReadingOptions
from gan.data.room import FITTING
from gan.data.sources import EXPECTED
from gan.errors import DataError
from gan.hints.nearest import hint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.data.image_set import Arrays, Progress
    from gan.data.original import Original
    from gan.data.published import Dataset

Synthesize = Callable[["Progress"], ImageSet]

_LONGEST_NAME: Final = 48
"""Maximum length of a name made from a path; it becomes part of the run's name."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Images, and why they were chosen."""

    images: ImageSet
    """What to train on."""

    reason: str
    """One clause, such as `from Keras's cache`."""

    notes: tuple[Note, ...] = ()
    """What was done to them, or left out, that a user would want to know."""

    original: Original | None = None
    """What the images were before; `None` for those that are drawn."""


def load_synthetic_digits(progress: Progress) -> ImageSet:
    """Draw the built-in digits, or read them from the user's cache."""
    # Imported here, because other data sources don't need the drawing code.
    from gan.data.synthetic import load_synthetic

    return load_synthetic(progress)


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the named sources come from. Tests pass their own."""

    datasets: Mapping[str, Dataset] = field(default_factory=lambda: DATASETS)
    """By their names."""

    opener: Opener = open_url
    """Opens a URL."""

    synthesize: Synthesize = load_synthetic_digits
    """Returns the built-in digits."""


def load(
    source: str,
    *,
    progress: Progress,
    options: ReadingOptions = DEFAULT_READING,
    origins: Origins | None = None,
) -> Loaded:
    """Load the images that a source names.

    Args:
        source: A name or a path, as `gan.data.sources` lists them. A folder with any of MNIST's
            files counts as one of IDX files.
        progress: Called as images are read, drawn or downloaded.
        options: How they are read.
        origins: Where the named sources come from; by default the real ones.

    Raises:
        DataError: There are no usable images; the message is one line.
    """
    try:
        return _load(source, progress, options, origins or Origins())
    except MemoryError as error:
        received = "more images than fit in memory"
        raise refuse(Path(source), received, FITTING) from error


class _UnavailableError(Exception):
    """A data set is neither cached nor can be downloaded. The message says why."""


def _load(source: str, progress: Progress, options: ReadingOptions, origins: Origins) -> Loaded:
    if source == sources.AUTO:
        return _load_any(progress, origins)
    if source == sources.SYNTHETIC:
        return Loaded(origins.synthesize(progress), "built-in synthetic digits, as requested")
    if (dataset := origins.datasets.get(source)) is not None:
        return _load_named(dataset, progress, origins.opener)
    return _load_path(Path(source), progress, options)


def _load_any(progress: Progress, origins: Origins) -> Loaded:
    mnist = origins.datasets[sources.MNIST]
    try:
        # Where there is no connection, each mirror takes seconds to find that out.
        first = replace(mnist, copies=mnist.copies[:1])
        return _cached_or_fetched(mnist, first, progress, origins.opener)
    except _UnavailableError as error:
        return Loaded(origins.synthesize(progress), f"{error}; using built-in synthetic digits")


def _load_named(dataset: Dataset, progress: Progress, opener: Opener) -> Loaded:
    try:
        return _cached_or_fetched(dataset, dataset, progress, opener)
    except _UnavailableError as error:
        first = dataset.copies[0]
        msg = (
            f"{dataset.name}: {error}; expected a copy in {name_of(first)} or a connection to "
            f"{first.mirrors[0]}. Use --data PATH or --data {sources.SYNTHETIC}."
        )
        if os.path.lexists(dataset.name):
            msg += f" For what is here under that name write ./{dataset.name}."
        raise DataError(msg) from error


def _cached_or_fetched(
    cached: Dataset, published: Dataset, progress: Progress, opener: Opener
) -> Loaded:
    try:
        arrays, reason = read_cached(cached, progress)
    except CacheMiss as miss:
        try:
            arrays, reason = fetch(published, progress, opener)
        except DownloadError as error:
            raise _UnavailableError(f"{miss} and the download failed ({error})") from error
        reason = f"{miss}; {reason}"
    return _loaded(cached.file_name, arrays, reason, progress)


def _load_path(path: Path, progress: Progress, options: ReadingOptions) -> Loaded:
    path, options = _with_named_array(path, options)
    arrays, reason = _read_path(path, progress, options)
    return _loaded(_short_name(path), arrays, reason, progress)


def _with_named_array(path: Path, options: ReadingOptions) -> tuple[Path, ReadingOptions]:
    """The path of `PATH:NAME`, and the options with that name, unless that is a path itself."""
    before, colon, name = str(path).rpartition(":")
    if not colon or not name or os.path.lexists(path) or not os.path.lexists(before):
        return path, options
    return Path(before), replace(options, array=name)


def _loaded(name: str, arrays: Arrays, reason: str, progress: Progress) -> Loaded:
    images = ImageSet.of(name, arrays.images, arrays.labels, arrays.class_names, progress)
    return Loaded(images, reason, arrays.notes, arrays.original)


def _read_path(path: Path, progress: Progress, options: ReadingOptions) -> tuple[Arrays, str]:
    mode = _mode(path)
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise refuse(path, "neither a file nor a folder", EXPECTED)
    return read_source(path, progress, options)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:
        # A ValueError means that no file can have this name, for example one with a null byte.
        why = getattr(error, "strerror", None) or error
        received = f"neither the name of a data set nor a path that can be read ({why})"
        refusal = refuse(path, received, EXPECTED)
        raise DataError(f"{refusal}{hint(sources.nearest_name(path))}") from error


def _short_name(path: Path) -> str:
    """The last part of a path, with only the characters that a run's name may have."""
    given = path.name if path.name.strip(".") else path.resolve().name
    return re.sub(r"[^A-Za-z0-9._-]", "_", given).lstrip(".")[:_LONGEST_NAME] or "data"
