"""What a run's `config.json` says, for whoever shows a run and doesn't train it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig, listed, recorded
from gan.errors import CheckpointError, UsageError
from gan.options import options_of
from gan.progress import RECORDED_PROGRAM
from gan.run import config_file
from gan.run.fields import Fields
from gan.run.overview import within
from gan.run.recorded import SETTINGS
from gan.run_facts.comparison import Description

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.run.directory import RunDirectory

_KNOWN: Final = options_of(RunConfig).keys()


def read_description(run: RunDirectory) -> Description:
    """The configuration as far as it can be read, with a clause for each part that can't.

    A file of a newer version is taken too, with the fields that this one doesn't know as they are.
    Defaults stand for what an older version didn't write.
    """
    try:
        record = config_file.read_record(run)
    except CheckpointError as error:
        return _description(run, {}, {}, [within(run, error)])
    said = Fields(record, run.config_path.name)
    options, environment = said.table("config"), said.table("environment")
    if record.get("config") is None:
        said.problems.append(f"{said.file}: received no config, expected the run's options")
    if RECORDED_PROGRAM in options:
        said.check_version(config_file.SCHEMA_VERSION, record.keys() - config_file.FIELDS)
        return _description(run, _recorded(options, said), environment, said.problems)
    unknown = {name: value for name, value in options.items() if name not in _KNOWN}
    if record["schema_version"] > config_file.SCHEMA_VERSION:
        names = (record.keys() - config_file.FIELDS) | unknown.keys()
        said.check_version(config_file.SCHEMA_VERSION, names)
    elif unknown:
        names_unknown = listed([*unknown])
        said.problems.append(
            f"{said.file}: options that this version doesn't know: {names_unknown}"
        )
    known = _resolved(record["schema_version"], options, said)
    return _description(run, {**known, **unknown}, environment, said.problems)


def _recorded(options: Mapping[str, Any], said: Fields) -> dict[str, Any]:
    """The configuration of a recorded run: the program, and its own settings beside it."""
    config = Fields(options, said.file, said.problems)
    return {"program": config.text(RECORDED_PROGRAM), **config.table(SETTINGS)}


def _resolved(version: int, options: Mapping[str, Any], said: Fields) -> dict[str, Any]:
    """The known options with defaults for the others; as they are if one of them is refused."""
    if not options.keys() & _KNOWN:
        return {}
    known = {k: value for k, value in recorded(version, options).items() if k in _KNOWN}
    try:
        return RunConfig.resolve(known).to_json()
    except UsageError as error:
        said.problems.append(f"{said.file}: {error}".rstrip("."))
        return known


def _description(
    run: RunDirectory, config: Mapping[str, Any], environment: Mapping[str, Any], found: list[str]
) -> Description:
    return Description(
        name=run.name,
        path=str(run.path),
        config=config,
        environment=environment,
        troubles=tuple(found),
    )
