"""Takes names of people, machines and folders out of a text that is going to be published."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan.doctor.row import Row

_ADDRESS: Final = re.compile(
    r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"
    # The sixth version, whole or with a run of zeros left out.
    r"|(?<![\w:])(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?=[0-9a-fA-F:]*::)[0-9a-fA-F:]{3,39})"
    r"(?![\w:])"
)
_UUID: Final = re.compile(r"\b(GPU|MIG)-(?=[a-fA-F-]*[0-9])[0-9a-fA-F][0-9a-fA-F-]*(?!\w)")
"""Or the beginning of one, which CUDA understands too."""

_FOLDERS: Final = re.compile(r"/[^\s'\",;:]*")
_SHORTEST_NAME: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What is not published."""

    home: str = ""
    """The path of the home folder; written as `~`."""

    user: str = ""
    host: str = ""
    """With or without a domain, which goes with it."""

    def hidden(self, text: str) -> str:
        """The text with these names, network addresses and the ids of GPUs replaced."""
        if self.home.strip("/"):
            text = re.sub(rf"{re.escape(self.home.rstrip('/'))}(?=[/:'\s]|$)", "~", text)
        for name, stands_for in self._words():
            if len(name) >= _SHORTEST_NAME:
                text = _in_folders(text, name, stands_for)
                domain = r"(?:\.[\w-]+)*" if stands_for == "HOST" else ""
                text = re.sub(rf"(?<![\w-]){re.escape(name)}{domain}(?![\w-])", stands_for, text)
        return _UUID.sub(r"\1-ID", _ADDRESS.sub("ADDRESS", text))

    def _words(self) -> list[tuple[str, str]]:
        return [(self.host.partition(".")[0], "HOST"), (self.user, "USER")]


def _in_folders(text: str, name: str, stands_for: str) -> str:
    """Replace a name in paths, also as a part of a folder's, such as `/scratch/alice_lab`."""
    part = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    return _FOLDERS.sub(lambda path: part.sub(stands_for, path[0]), text)


def published(row: Row, names: Names) -> Row:
    """The row without these names."""
    return replace(row, text=names.hidden(row.text), fix=names.hidden(row.fix))
