"""The file of `--config`: options in TOML, or a run's `config.json`.

It is a small regular file. A fault is refused in one line with the file, the line and the key.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

from gan.config import RunConfig, from_schema_1, listed, nearest_field, with_current_names
from gan.disk.files import read_plain
from gan.disk.json_text import read_json
from gan.disk.os_errors import reason
from gan.errors import UsageError
from gan.hints.nearest import hint
from gan.hints.quoting import brief
from gan.options import OptionError, options_of
from gan.progress import RECORDED_PROGRAM

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_MAX_BYTES: Final = 1 << 16
_MAX_DOTS: Final = 64
"""Dots in a line: TOML takes them for nesting, and its reader the square of the depth."""

_EXPECTED: Final = "Expected TOML, or a run's config.json."
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_OPTIONS: Final = options_of(RunConfig)


def read_options(file: Path, *, overridden: Collection[str] = ()) -> dict[str, Any]:
    """The options in a file, by their fields' current names, each checked.

    Args:
        file: A TOML file or a run's `config.json`; a link to one will do.
        overridden: Fields whose values in the file don't count; these may be wrong.

    Raises:
        UsageError: The file can't be read, or holds something else.
    """
    try:
        text = _decoded(read_plain(file, _MAX_BYTES, follow_links=True))
        is_json = file.suffix.lower() == ".json" or text.lstrip().startswith("{")
        values = _config_of(text) if is_json else _toml(text)
    except OSError as error:
        raise UsageError(f"--config {file}: {reason(error)}. {_EXPECTED}") from None
    except ValueError as error:
        raise UsageError(f"--config {file}: {error}. {_EXPECTED}") from None
    try:
        return _checked(values, overridden)
    except OptionError as error:
        raise UsageError(f"--config {file}{place_of(text, error.name)}: {error}") from None


def place_of(text: str, name: str) -> str:
    """Where a key stands in TOML or JSON: `, line 3`; empty if that can't be said."""
    key = re.escape(name).replace("_", "[-_]").replace(r"\-", "[-_]")
    found = re.search(rf"""^[^#\n]*?(?<![\w-])["']?{key}["']?\s*[=:.\]]""", text, re.MULTILINE)
    return f", line {text.count(chr(10), 0, found.end()) + 1}" if found else ""


def _decoded(data: bytes) -> str:
    """The text of a file in UTF-8, with or without the mark that some editors put in front."""
    if data.startswith(_UTF_16):
        raise ValueError("it is UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not text in UTF-8") from None


def _toml(text: str) -> dict[str, Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > _MAX_DOTS and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number} has more than {_MAX_DOTS} dots")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error).partition("\n")[0][:_MAX_REASON]) from None
    except ValueError:
        # The reader's only other error, which names no line.
        raise ValueError("a number has thousands of digits, or a date does not exist") from None


def _config_of(text: str) -> dict[str, Any]:
    record = read_json(text)
    config = record.get("config") if isinstance(record, dict) else None
    if not isinstance(config, dict):
        raise ValueError("no object `config`")  # noqa: TRY004 - a malformed file
    if RECORDED_PROGRAM in config:
        raise ValueError(
            f"it is that of a loop of {brief(config[RECORDED_PROGRAM])}, which was recorded"
        )
    # What it says nothing about is as in any new run.
    return from_schema_1(config) if record.get("schema_version") == 1 else config


_MAX_REASON: Final = 120
"""Characters of a reason: TOML's quotes the key, however long it is."""


def _checked(values: Mapping[str, Any], overridden: Collection[str]) -> dict[str, Any]:
    """The options of a file; those that the command line replaces are not checked.

    Raises:
        OptionError: One is unknown, given twice, or has a value that it doesn't take.
    """
    spelled: dict[str, str] = {}
    for key in values:
        name = key.replace("-", "_")
        if name in spelled:
            raise OptionError(
                f"received {listed([spelled[name], key])}, expected one of them.", key
            )
        spelled[name] = key
    if unknown := sorted(set(spelled) - set(_OPTIONS)):
        keys = [spelled[name] for name in unknown]
        known, meant = ", ".join(_OPTIONS), hint(nearest_field(keys[0]))
        raise OptionError(f"received {listed(keys)}, expected only {known}.{meant}", keys[0])
    options = with_current_names({n: values[key] for n, key in spelled.items()})
    for name, value in options.items():
        if name not in overridden:
            _check(name, value)
    return options


def _check(name: str, value: object) -> None:
    try:
        _OPTIONS[name].check(name, value)
    except OptionError as error:
        raise OptionError(f"{error}{_quotes_hint(name, value)}", name) from None


def _quotes_hint(name: str, value: object) -> str:
    """What to do about a value that would be right with quotes or without; empty if nothing."""
    taken = _OPTIONS[name].values
    if taken is None or isinstance(value, bool):
        return ""
    if isinstance(value, str) and not isinstance(taken.read(value), str):
        return "" if taken.refusal(taken.read(value)) else f" Write {value} without quotes."
    if isinstance(value, (int, float)) and not taken.refusal(text := brief(value)):
        return f' Write "{text}" in quotes.'
    return ""
