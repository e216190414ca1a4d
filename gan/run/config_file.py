"""`config.json`: the resolved configuration of a run, its environment and its command line."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig, recorded
from gan.disk.files import read_plain, write_file
from gan.disk.json_text import read_json
from gan.disk.os_errors import reason
from gan.errors import CheckpointError, UsageError
from gan.options import OptionError
from gan.progress import RECORDED_PROGRAM
from gan.run.options_file import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gan.run.directory import RunDirectory

SCHEMA_VERSION: Final = 2
"""Version of `config.json` that is written, and the newest that can be read."""

FIELDS: Final = frozenset({"schema_version", "created", "config", "environment", "command_line"})
"""The fields of `config.json`."""

_MAX_BYTES: Final = 1 << 20


def write_config(
    run: RunDirectory,
    config: RunConfig,
    *,
    environment: Mapping[str, Any],
    command_line: Sequence[str],
) -> None:
    """Write `config.json`. If it exists, its `created` time is kept.

    Args:
        run: The run.
        config: Its configuration.
        environment: Versions, device and threads, as JSON values.
        command_line: The arguments of this process.

    Raises:
        CheckpointError: The existing `config.json` can't be read.
        StorageError: The file could not be written.
    """
    _write(run, config.to_json(), environment, command_line)


def write_recorded_config(
    run: RunDirectory,
    program: str,
    settings: Mapping[str, Any],
    *,
    environment: Mapping[str, Any],
    command_line: Sequence[str],
) -> dict[str, Any]:
    """Write the `config.json` of a run whose loop is another program's; returns its `config`.

    Args:
        run: The run.
        program: The program, such as `train.py`.
        settings: What its author wants to be kept of its settings, as JSON values.
        environment: Versions, as JSON values.
        command_line: The arguments of this process.

    Raises:
        CheckpointError: The existing `config.json` can't be read.
        StorageError: The file could not be written.
        ValueError: It would be larger than what can be read back.
    """
    config = {RECORDED_PROGRAM: program, "settings": dict(settings)}
    _write(run, config, environment, command_line)
    return config


def read_config(run: RunDirectory) -> RunConfig:
    """Read the configuration from `config.json` and validate it.

    Raises:
        CheckpointError: The file is missing, malformed, or of a newer version.
    """
    path = run.config_path
    text = _read_text(path)
    record = _record_of(text, path)
    _require_known_version(record, path)
    config = record.get("config")
    if not isinstance(config, dict):
        raise CheckpointError(f"{path}: expected an object under `config`.")
    try:
        return RunConfig.resolve(recorded(record["schema_version"], config))
    except OptionError as error:
        raise CheckpointError(f"{path}{place_of(text, error.name)}: {error}") from None
    except UsageError as error:
        raise CheckpointError(f"{path}: {error}") from None


def read_record(run: RunDirectory) -> dict[str, Any]:
    """The content of `config.json`, of any version and with nothing in it validated.

    For those who show a run and don't train it. `schema_version` is a whole number from 1.

    Raises:
        CheckpointError: The file is missing, unreadable, not a JSON object, or without a version.
    """
    return _record_of(_read_text(run.config_path), run.config_path)


def _write(
    run: RunDirectory,
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    command_line: Sequence[str],
) -> None:
    path = run.config_path
    before = read_record(run) if path.exists() else {}
    if before:
        _require_known_version(before, path)
    created = before.get("created")
    record = {
        "schema_version": SCHEMA_VERSION,
        "created": created if isinstance(created, str) else _now(),
        "config": dict(config),
        "environment": dict(environment),
        "command_line": list(command_line),
    }
    text = json.dumps(record, indent=2, allow_nan=False) + "\n"
    data = text.encode()
    if len(data) > _MAX_BYTES:
        raise ValueError(
            f"{path.name}: received {len(data):,} bytes of settings, expected at most "
            f"{_MAX_BYTES:,}; leave out what is data"
        )
    write_file(path, data)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()


def _read_text(path: Path) -> str:
    try:
        return read_plain(path, _MAX_BYTES).decode()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {reason(error)}.") from error
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}.") from None


def _record_of(text: str, path: Path) -> dict[str, Any]:
    """The file as a record with a version, which may be a newer one."""
    try:
        record = read_json(text)
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}.") from None
    version = record.get("schema_version") if isinstance(record, dict) else None
    if type(version) is not int or version < 1:
        raise CheckpointError(
            f"{path}: received schema_version {version!r:.40}, expected a number from 1. "
            "The file is damaged, or gan-tui did not write it."
        )
    return dict(record)


def _require_known_version(record: Mapping[str, Any], path: Path) -> None:
    version = record["schema_version"]
    if version > SCHEMA_VERSION:
        raise CheckpointError(
            f"{path}: received schema_version {version!r:.40}, expected at most "
            f"{SCHEMA_VERSION}. A newer version of gan-tui may have written it."
        )
