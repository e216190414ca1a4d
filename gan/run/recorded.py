"""Whether a run is that of another program's loop, and what can't be done with it then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.errors import CheckpointError
from gan.progress import RECORDED_PROGRAM
from gan.run.config_file import read_record
from gan.run.fields import Fields
from gan.text.safe_text import safe_text

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory

SETTINGS: Final = "settings"
"""The entry of a recorded run's configuration that holds the program's own settings."""


def recorded_program(run: RunDirectory) -> str:
    """The program whose loop was recorded; empty for any other run.

    Empty also if `config.json` can't be read: whoever needs more of it says so.
    """
    try:
        record = Fields(read_record(run), run.config_path.name)
    except CheckpointError:
        return ""
    return Fields(record.table("config"), run.config_path.name).text(RECORDED_PROGRAM)


def require_networks(run: RunDirectory, verb: str) -> None:
    """Refuse a recorded run, of which there are no checkpoints that this program could open.

    Args:
        run: The run.
        verb: What can't be done with its networks, such as `export`.

    Raises:
        CheckpointError: It was recorded.
    """
    if program := recorded_program(run):
        raise CheckpointError(
            f"run {safe_text(run.name)} was recorded by {safe_text(program)}: it has no networks "
            f"that gan-tui can {verb}."
        )
