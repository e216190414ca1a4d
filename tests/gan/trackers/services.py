"""Packages of trackers that work, fail, hang, print, ask and crash, for another process."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

WRITES_TO = "GAN_TUI_TEST_SERVICE"
"""The environment variable with the file that calls are written to."""


class Writing:
    """Writes every call as a line of JSON."""

    def open(self, **begun: Any) -> str:
        self._note("open", **begun)
        return begun["known_as"] or "first"

    def scalars(self, step: int, time: float, values: Any) -> None:
        self._note("scalars", step=step, time=time, values=values)

    def picture(self, step: int, time: float, tag: str, image: Any) -> None:
        self._note("picture", step=step, time=time, tag=tag, size=image.size, mode=image.mode)

    def note(self, step: int, time: float, tag: str, text: str) -> None:
        self._note("note", step=step, time=time, tag=tag, text=text)

    def close(self, ending: Any) -> None:
        self._note("close", ending=ending.value)

    def _note(self, call: str, **fields: Any) -> None:
        with Path(os.environ[WRITES_TO]).open("a") as file:
            file.write(json.dumps({"call": call, **fields}) + "\n")


class Failing(Writing):
    """Has no login."""

    def open(self, **_begun: Any) -> str:
        raise ConnectionError("no API key configured\nuse login")


class Hanging(Writing):
    """Never returns."""

    def open(self, **_begun: Any) -> str:
        self._note("hang", pid=os.getpid())
        threading.Event().wait()
        return ""


class HangingAtTheEnd(Writing):
    """Takes everything, and never gets done with it."""

    def close(self, ending: Any) -> None:
        del ending
        self._note("hang", pid=os.getpid())
        threading.Event().wait()


class Dying(Writing):
    """Crashes in native code."""

    def open(self, **_begun: Any) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""


class Chatty(Writing):
    """Prints to both streams, and asks a question."""

    def open(self, **_begun: Any) -> str:
        print("welcome")  # noqa: T201
        print("careful", file=sys.stderr)  # noqa: T201
        try:
            input("password? ")
        except EOFError:
            return "nobody there"
        return "somebody"
