"""What a run's records hold that this program doesn't know.

A newer version may have written them, or somebody damaged them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan.run import status
from gan.run.description import read_description
from gan.run.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.run.directory import RunDirectory


def unknown_in(run: RunDirectory, status_record: Mapping[str, Any]) -> list[str]:
    """What is not known, or can't be read, in clauses for a person.

    Args:
        run: The run. Without a `config.json`, nothing is said of it: it may have just begun.
        status_record: The content of its `status.json`; empty if it has none.
    """
    said = Fields(status_record, run.status_path.name)
    if status_record:
        said.check_version(status.SCHEMA_VERSION, status_record.keys() - status.FIELDS)
    config = read_description(run).troubles if run.config_path.exists() else ()
    return [*said.problems, *config]
