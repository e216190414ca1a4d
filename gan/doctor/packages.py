"""The packages that the program needs, by their metadata: none of them is imported."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING, Final, NamedTuple

from gan.doctor.row import fail, ok, warn
from gan.machine.ranges import is_within
from gan.machine.wheel import DISTRIBUTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gan.doctor.row import Row

OWN: Final = "gan-tui"
TRAINING: Final = ("tensorflow", "keras")
"""What only training and evaluating need; a viewer alone does without."""

SHOWN: Final = (OWN, *TRAINING, "textual", "numpy")
"""Those with a row of their own; the others share one."""

_ONLY_WITH_GPUS: Final = ("nvidia-ml-py",)

_ALIASES: Final = {"tensorflow": DISTRIBUTIONS}
"""Other distributions of the same package."""

_REQUIREMENT: Final = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(?P<range>[^;]*)(?:;(?P<marker>.*))?"
)


class Needed(NamedTuple):
    """A package that the program asks for."""

    name: str
    range: str
    """As in `>=2.21,<2.22`; empty for any version."""


def needed_packages() -> list[Needed]:
    """What the installed program asks for by its own metadata.

    The markers are left unread but for extras: `tomli` is asked for by old interpreters alone, and
    is left out.
    """
    try:
        lines = metadata.requires(OWN) or []
    except metadata.PackageNotFoundError:
        return []
    return list(parse_requirements(lines))


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """The version of each that is installed."""
    found = {}
    for name in names:
        for candidate in (name, *_ALIASES.get(name, ())):
            try:
                found[name] = metadata.version(candidate)
                break
            except metadata.PackageNotFoundError:
                continue
    return found


def parse_requirements(lines: Iterable[str]) -> Iterator[Needed]:
    """The requirements that hold without an extra, on every interpreter; PEP 508."""
    for line in lines:
        match = _REQUIREMENT.fullmatch(line.strip())
        if match is not None and not match["marker"]:
            yield Needed(match["name"].lower(), match["range"].strip(" ()"))


def rows(needed: Iterable[Needed], versions: Mapping[str, str]) -> Iterator[Row]:
    """One for each of `SHOWN`, and one for the others.

    Args:
        needed: From `needed_packages`.
        versions: From `installed_versions`, of those and the program itself.
    """
    ranges = {one.name: one.range for one in needed}
    yield _own_row(versions.get(OWN, ""))
    for name in SHOWN[1:]:
        yield package_row(name, versions.get(name, ""), ranges.get(name, ""))
    is_viewer = any(name not in versions for name in TRAINING)
    left_out = (*SHOWN, *_ONLY_WITH_GPUS) if is_viewer else SHOWN
    yield _others_row({n: r for n, r in ranges.items() if n not in left_out}, versions)


def package_row(name: str, version: str, wanted: str) -> Row:
    """Whether a package is installed in a version that the program knows.

    Args:
        name: The package.
        version: What is installed; empty if it isn't.
        wanted: The range of versions.
    """
    command = f"pip install '{name}{wanted}'"
    if not version and name in TRAINING:
        return warn(name, "not installed: this can watch runs, not train any", command)
    if not version:
        return fail(name, "not installed", command)
    if not is_within(version, wanted):
        return warn(name, f"{version}, where {wanted} was tested", command)
    return ok(name, version)


def _own_row(version: str) -> Row:
    if not version:
        return warn(OWN, "runs from a folder without being installed", "pip install -e .")
    return ok(OWN, version)


def _others_row(ranges: Mapping[str, str], versions: Mapping[str, str]) -> Row:
    """The packages without a row of their own."""
    found = [package_row(name, versions.get(name, ""), ranges[name]) for name in ranges]
    wrong = [row for row in found if row.verdict != "ok"]
    must = [row for row in wrong if row.name not in _ONLY_WITH_GPUS]
    if not wrong:
        listed = ", ".join(row.name for row in found)
        return ok("others", listed or "not known without an installation")
    text = ", ".join(f"{row.name} {row.text}" for row in wrong)
    wanted = " ".join(f"'{row.name}{ranges[row.name]}'" for row in wrong)
    judged = fail if any(row.verdict == "fail" for row in must) else warn
    return judged("others", text, f"pip install {wanted}")
