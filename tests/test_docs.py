"""`docs/run-directory.md` describes every event, field and message, and none that don't exist."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from pathlib import Path

import pytest

from gan import events, progress
from gan.commands import Pause
from gan.config import RunConfig
from gan.disk.process import ProcessIdentity
from gan.events import Event, Phase
from gan.progress import RunProgress
from gan.run import config_file, creation, mailbox, status
from gan.run.checkpoints import manifest
from gan.run.message import decode
from gan.session.environment import environment

PAGE = (Path(__file__).parents[1] / "docs" / "run-directory.md").read_text(encoding="utf-8")

TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "Seconds": "number",
    "bool": "boolean",
    "Phase": "string",
    "str | None": "string or null",
    "int | None": "integer or null",
    "dict[str, Any]": "object",
    "Floats": "array of numbers",
    "Shares": "array of numbers",
    "Labels": "array of integers",
    "Names": "array of strings",
    "Series": "object",
    "Images": "not in JSON",
    "Frames": "not in JSON",
}
"""What the page calls a field's type, by annotation."""

EVENTS = [
    kind
    for _, kind in inspect.getmembers(events, inspect.isclass)
    if issubclass(kind, Event) and kind is not Event
]


def section(title: str) -> str:
    """The text between a heading of the second level and the next."""
    (text,) = re.findall(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE
    )
    return str(text)


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without the headers."""
    lines = re.findall(r"^\| (?=\*\*|`)(.*) \|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ", 2)] for line in lines]


def documented_fields(title: str) -> set[str]:
    return {name for row in rows(section(title)) for name in code_spans(row[0])}


def documented_events() -> dict[str, dict[str, str]]:
    """The fields of each event on the page, with their types."""
    found: dict[str, dict[str, str]] = {}
    newest: list[str] = []
    for row in rows(section("events.jsonl")):
        if row[0].startswith("**"):
            newest = code_spans(row[0])
            found.update({name: {} for name in newest})
            continue
        for event in newest:
            found[event].update(dict.fromkeys(code_spans(row[0]), row[1]))
    return found


def documented_messages() -> list[dict[str, str]]:
    """The objects that may be put into the mailbox."""
    messages = [code_spans(row[0])[0] for row in rows(section("mailbox/"))]
    return [json.loads(message) for message in messages if message.startswith("{")]


def documented_message_fields() -> set[str]:
    """The fields that each of them may have."""
    names = [name for row in rows(section("mailbox/")) for name in code_spans(row[0])]
    return {name for name in names if not name.startswith("{")}


def test_every_event_is_described_and_no_other() -> None:
    assert set(documented_events()) == {kind.__name__ for kind in EVENTS}


@pytest.mark.parametrize("kind", EVENTS)
def test_every_field_of_an_event_is_described_with_its_type(kind: type[Event]) -> None:
    expected = {
        field.name: TYPES[str(field.type)]
        for field in dataclasses.fields(kind)
        if field.name != "time"
    }

    assert documented_events()[kind.__name__] == expected


def test_every_phase_is_named() -> None:
    assert {phase.value for phase in Phase} <= set(code_spans(section("events.jsonl")))


def test_every_field_of_the_configuration_file_is_described_and_no_other(tmp_path: Path) -> None:
    run = creation.create_run(tmp_path / "run")
    config_file.write_config(run, RunConfig.resolve({}), environment=environment(), command_line=[])

    record = json.loads(run.config_path.read_text())

    assert documented_fields("config.json") == set(record)
    assert {*record["environment"], "device", "threads"} <= set(code_spans(section("config.json")))


def test_every_field_of_the_status_is_described_and_no_other() -> None:
    identity = ProcessIdentity("host", 1, "boot", 0.0)

    written = {*progress.to_json(RunProgress()), *identity.to_json()}

    assert documented_fields("status.json") == {
        *written,
        "schema_version",
        "exit_reason",
        "machines",
        "heartbeat",
        "sequence",
    }


def test_every_field_of_a_manifest_is_described_and_no_other() -> None:
    encoded = manifest.encode(1, b"", {}, {}, pinned="requested")

    assert documented_fields("checkpoints/") == set(json.loads(encoded))


def test_every_message_that_is_described_is_understood() -> None:
    messages = [json.dumps(message) for message in documented_messages()]
    commands = {decode(message.encode()).command for message in messages}

    assert len(commands) == len(messages)


def test_every_command_that_is_understood_is_described() -> None:
    with pytest.raises(ValueError, match="expected one of") as caught:
        decode(b"{}")
    understood = str(caught.value).partition("expected one of ")[2].split(", ")

    assert {message["command"] for message in documented_messages()} == set(understood)


def test_every_field_of_a_message_is_described_and_no_other(tmp_path: Path) -> None:
    run = creation.create_run(tmp_path / "run")
    me = ProcessIdentity("host", 1, "boot", 0.0)
    mailbox.Mailbox(run).post(Pause(), meant_for=me)
    (path,) = run.mailbox_path.iterdir()

    record = json.loads(path.read_text())

    assert documented_message_fields() == set(record) - {"command"}
    page = set(code_spans(section("mailbox/")))
    assert {*record["from"], *record["for"]} <= page


def test_the_versions_are_those_that_are_written() -> None:
    versions = (config_file.SCHEMA_VERSION, status.SCHEMA_VERSION, manifest.FORMAT_VERSION)

    assert versions == (2, 1, 1)
    assert "This page describes version 2." in " ".join(PAGE.split())
