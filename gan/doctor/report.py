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

_HOMES: Final = re.compile(r"((?:/home|/Users)/)[^/\s'\"]+")
"""Anybody's."""

_PATH: Final = re.compile(r"(?<![\w:/~])/[^\s'\":,;]+|~/[^\s'\":,;]+")
"""A path, and not that of a URL."""

_SHORTEST_NAME: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What is not published."""

    home: str = ""
    """The path of the home folder; written as `~`."""

    user: str = ""
    others: tuple[str, ...] = ()
    """More names of the same person, such as that before `sudo`."""

    host: str = ""
    """With or without a domain, which goes with it."""

    def hidden(self, text: str) -> str:
        """The text with these names, network addresses and the ids of GPUs replaced."""
        if self.home.strip("/"):
            text = re.sub(rf"{re.escape(self.home.rstrip('/'))}(?=[/:'\s]|$)", "~", text)
        for name, stands_for in self._words():
            if len(name) >= _SHORTEST_NAME:
                domain = r"(?:\.[\w-]+)*" if stands_for == "HOST" else ""
                text = re.sub(rf"(?<![\w-]){re.escape(name)}{domain}(?![\w-])", stands_for, text)
        text = _HOMES.sub(r"\1USER", text)
        text = _PATH.sub(lambda path: self._hidden_in_path(path[0]), text)
        return _UUID.sub(r"\1-ID", _ADDRESS.sub("ADDRESS", text))

    def _words(self) -> list[tuple[str, str]]:
        host = (self.host.partition(".")[0], "HOST")
        return [host, *((name, "USER") for name in dict.fromkeys((self.user, *self.others)))]

    def _hidden_in_path(self, path: str) -> str:
        """Folders are named after people and machines with more in the name: `ann_runs`."""
        for name, stands_for in self._words():
            if len(name) >= _SHORTEST_NAME:
                word = rf"(?<![^\W_]){re.escape(name)}(?![^\W_])"
                path = re.sub(word, stands_for, path)
        return path


def published(row: Row, names: Names) -> Row:
    """The row without these names."""
    return replace(row, text=names.hidden(row.text), fix=names.hidden(row.fix))
