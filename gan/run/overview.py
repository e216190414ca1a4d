"""How one run stands, from its status and its configuration, for whoever shows it in a list.

A run that is damaged, unreadable or of a newer version is described as far as it can be, with a
clause that says what is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig
from gan.disk.files import WRONG_KIND
from gan.disk.os_errors import error_number
from gan.errors import CheckpointError, GanTuiError, StorageError
from gan.events import Phase
from gan.options import options_of
from gan.progress import RECORDED_PROGRAM
from gan.run import config_file, status
from gan.run.fields import Fields
from gan.run.finding import open_run
from gan.run.recorded import SETTINGS
from gan.run_facts.sighting import Liveness, Sighting
from gan.run_facts.summary import RunSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.run.directory import RunDirectory
    from gan.run.liveness import Pulse

DAMAGED: Final = "damaged"
"""The state of a run whose files can be read, and make no sense."""

UNREADABLE: Final = "unreadable"
"""The state of a run whose files the system doesn't let this user read."""

_DIVERGED: Final = 3
"""The exit code of a run that diverged."""

_NO_RECORD: Final[Mapping[str, Any]] = {}


def summary_of(run: RunDirectory, pulse: Pulse, now: float) -> RunSummary | None:
    """How a run stands, without its size on disk; `None` if the folder is no run.

    Args:
        run: A folder, of a run or of something else.
        pulse: Has seen the run's status at the looks before.
        now: Seconds since the Unix epoch.
    """
    said, broken = status_fields(run)
    config = _read_config(run)
    if not (broken or said.record or config.record or config.problems):
        try:
            # Killed before it had a configuration, or no run.
            open_run(run.path)
        except CheckpointError:
            return None
        except StorageError as error:
            said.problems.append(within(run, error))
            broken = UNREADABLE
    if not said.record and config.problems:
        broken = broken or DAMAGED
    sighting = pulse.see(said.record)
    return _summary(run, broken or state_in_words(said, sighting), sighting, said, config, now)


def _summary(
    run: RunDirectory, state: str, sighting: Sighting, said: Fields, config: Fields, now: float
) -> RunSummary:
    asked = Fields(config.table("config"), config.file, config.problems)
    heard_at = said.time("heartbeat") or _created(config)
    program = said.text("program") or asked.text(RECORDED_PROGRAM)
    images, steps = _speeds(said, program) if state == Phase.TRAINING.value else (None, None)
    return RunSummary(
        name=run.name,
        path=run.path,
        state=state,
        liveness=sighting.liveness,
        phase=said.text("phase"),
        program=program,
        preset=said.text("preset") or asked.text("preset"),
        data=said.text("data") or asked.text("data"),
        step=said.whole("step"),
        # 0 stands for an unknown one.
        total_steps=said.whole("total_steps") or None,
        images_per_second=images,
        steps_per_second=steps,
        d_loss=said.number("d_loss"),
        g_loss=said.number("g_loss"),
        fd=said.number("fd"),
        best_fd=said.number("best_fd"),
        best_fd_step=said.whole("best_fd_step"),
        heard_at=heard_at,
        # The clock of another host may be ahead.
        age_seconds=None if heard_at is None else max(now - heard_at, 0.0),
        exit_code=said.whole("exit_code"),
        exit_reason=said.text("exit_reason"),
        error=said.text("error"),
        problems=_problems(state, said, config),
    )


def _speeds(said: Fields, program: str) -> tuple[float | None, float | None]:
    """The images and the steps a second of a run that trains, as far as they are known."""
    images = said.number("images_per_second")
    # A recorded loop need not say how many images a step has.
    return (None if program and not images else images), said.number("steps_per_second")


def state_in_words(said: Fields, sighting: Sighting) -> str:
    """What the run is doing or how it ended, in words."""
    phase = said.text("phase") or str(sighting.liveness.value)
    if sighting.liveness is Liveness.ENDED:
        return "diverged" if said.record.get("exit_code") == _DIVERGED else phase
    if sighting.liveness is Liveness.LIVE:
        # Until somebody decides what to do, its phase is `paused`.
        return phase if said.record.get("diverged_step") is None else "diverged, waiting"
    if sighting.liveness is Liveness.SILENT:
        return f"silent for {sighting.seconds:.0f} s"
    return str(sighting.liveness.value)


def _problems(state: str, said: Fields, config: Fields) -> tuple[str, ...]:
    """What is wrong with the run, each once; said last, after all fields have been read."""
    faults = said.table("faults") if state not in (DAMAGED, UNREADABLE) else {}
    disk = [f"{what}: {message}" for what, message in faults.items()]
    # Where one file can't be read for want of permission, the other says the same.
    others = [] if state == UNREADABLE else config.problems
    return tuple(dict.fromkeys([*said.problems, *others, *disk]))


def status_fields(run: RunDirectory) -> tuple[Fields, str]:
    """The status, empty without one, and the state of a run whose status can't be read."""
    name = run.status_path.name
    try:
        said = Fields(status.read_status(run), name)
    except StorageError as error:
        broken = DAMAGED if error_number(error) in (None, *WRONG_KIND) else UNREADABLE
        return Fields(_NO_RECORD, name, [within(run, error)]), broken
    if said.record:
        said.check_version(status.SCHEMA_VERSION, said.record.keys() - status.FIELDS)
    return said, ""


def _read_config(run: RunDirectory) -> Fields:
    """The content of `config.json`; empty without one, and with a problem if it can't be read."""
    name = run.config_path.name
    try:
        config = Fields(config_file.read_record(run), name)
    except CheckpointError as error:
        is_missing = isinstance(error.__cause__, FileNotFoundError)
        return Fields(_NO_RECORD, name, [] if is_missing else [within(run, error)])
    options = config.record.get("config")
    unknown = config.record.keys() - config_file.FIELDS
    if isinstance(options, dict):
        unknown |= options.keys() - options_of(RunConfig).keys() - {RECORDED_PROGRAM, SETTINGS}
    config.check_version(config_file.SCHEMA_VERSION, unknown)
    return config


def _created(config: Fields) -> float | None:
    """When the run was created, in seconds since the Unix epoch; `None` if that isn't known."""
    try:
        return datetime.fromisoformat(config.text("created")).timestamp()
    except (ValueError, OverflowError):
        return None


def within(run: RunDirectory, error: GanTuiError) -> str:
    """An error without the run's own path, which is shown next to it."""
    return str(error).replace(f"{run.path}/", "").rstrip(".")
