"""`gan-tui doctor`: what works on this machine, and the command that mends what does not.

The options, the order of the checks and the output; `gan.doctor` and `tui.doctor` check. Works
without TensorFlow, and says so if another package is missing.
"""

from __future__ import annotations

import argparse
import getpass
import os
import pwd
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan.doctor.report import Names, published
from gan.doctor.row import fail, warn
from gan.errors import GanTuiError
from gan.options import option, options_of, path
from gan.paths import NOWHERE, user_folder
from tui.commands.command_line import Parser, add_option, show_json
from tui.doctor.ended_in_order import ended_in_order
from tui.terminal.stderr_capture import unusable_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from textual.strip import Strip

    from gan.doctor.row import Row
    from tui.commands.doctor_table import Printer
    from tui.doctor.terminal import TerminalFacts

_DIGIT: Final = 3
"""The digit that is drawn: one with strokes in every direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What to check, and how to show it."""

    runs: Path = option(
        Path("runs"), group="run", metavar="DIR", values=path(), help="the folder of runs to try"
    )
    no_probes: bool = option(
        False, group="machine", help="import and try no TensorFlow: done within seconds"
    )
    report: bool = option(
        False,
        group="screen",
        help="leave out the names of the user, the host, addresses and the home folder, to be "
        "pasted into an issue",
    )
    json: bool = option(
        False, group="screen", help="one JSON array on stdout, an object for each check"
    )


OPTIONS: Final = options_of(Arguments)
"""Every option of this command, for its parser and the documentation."""


def main(words: Sequence[str]) -> int:
    """Check and print; returns 1 if something does not work, else 0.

    Args:
        words: The command line, from `doctor` on.

    Raises:
        GanTuiError: The words can't be read, or standard output refuses the rows.
    """
    given = parser().read(words[1:])
    for name, value in given.items():
        OPTIONS[name].check(name, value)
    arguments = Arguments(**given)
    with ended_in_order():
        return _checked_as_json(arguments) if arguments.json else _checked(arguments)


def _checked_as_json(arguments: Arguments) -> int:
    found = list(_published(arguments, _Checks(arguments).rows()))
    show_json([row.to_json() for row in found])
    return _exit_code(found)


def _checked(arguments: Arguments) -> int:
    from tui.commands.doctor_table import Printer

    printer = Printer()
    checks = _Checks(arguments, printer.wait)
    try:
        found = _printed(arguments, checks, printer)
    except (KeyboardInterrupt, SystemExit):
        # The terminal may be what has gone.
        with suppress(GanTuiError):
            printer.leave()
        raise
    return _exit_code(found)


def _printed(arguments: Arguments, checks: _Checks, printer: Printer) -> list[Row]:
    found = []
    for row in _published(arguments, checks.rows()):
        printer.print_row(row)
        found.append(row)
    if not arguments.report:
        printer.print_strips(*checks.ladder())
    printer.print_count(found)
    return found


def parser() -> Parser:
    """The parser, with every option."""
    made = Parser(
        prog="gan-tui doctor",
        description="What works on this machine: Python, packages, GPU, TensorFlow, the disk, the "
        "session and the terminal. Each check is a line with ok, warn or fail; below those that "
        "are not ok stands what mends them. The exit code is 1 if something does not work.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, described in OPTIONS.items():
        add_option(made, name, described)
    return made


class _Checks:
    """Every check, in the order in which they are shown."""

    def __init__(self, arguments: Arguments, wait: Callable[[str], None] = lambda _: None) -> None:
        """Check nothing yet.

        Args:
            arguments: What to check.
            wait: Called with what is going to take long.
        """
        self._arguments = arguments
        self._wait = wait
        self._terminal: TerminalFacts | None = None

    def rows(self) -> Iterator[Row]:
        """The rows, each as soon as it is known."""
        checks: dict[str, Callable[[], Iterable[Row]]] = {
            "system": _system,
            "packages": _packages,
            "gpu": self._gpu,
            "mnist": _data,
            "storage": self._storage,
            "session": _login,
            "terminal": self._asked,
        }
        for name, check in checks.items():
            yield from _guarded(name, check)

    def ladder(self) -> tuple[list[Strip], str]:
        """A digit in each kind of glyphs; empty without a terminal."""
        facts = self._terminal
        if facts is None:
            return [], ""
        from tui.doctor.ladder import drawn_kinds, ladder
        from tui.doctor.terminal import lost_kinds
        from tui.settings.settings import depth_of

        kinds = drawn_kinds(lost_kinds(facts))
        return ladder(_digit(), kinds, facts.columns, depth_of(facts.environ))

    def _gpu(self) -> Iterable[Row]:
        from gan.doctor import devices

        return devices.rows(with_probes=not self._arguments.no_probes, wait=self._wait)

    def _storage(self) -> Iterator[Row]:
        from gan.doctor import storage
        from gan.doctor.disk_trial import room_in, try_folder

        self._wait("trying the folder of runs")
        yield from storage.rows(try_folder(self._arguments.runs))
        if (cache := user_folder("cache")) == NOWHERE:
            yield warn("cache", "there is no home folder, so nothing is kept", "export HOME=FOLDER")
            return
        yield storage.cache_row(room_in(cache))

    def _asked(self) -> Iterator[Row]:
        if reason := unusable_reason(os.environ):
            where = (
                "export TERM=xterm-256color"
                if reason.startswith("TERM ")
                else "Run gan-tui doctor in the terminal that you want to know about."
            )
            yield warn("terminal", f"not checked: {reason}", where)
            return
        from tui.doctor.reading import read_facts
        from tui.doctor.terminal import rows
        from tui.settings.settings import depth_of
        from tui.terminal.colors import correct_colors

        environ = dict(os.environ)
        correct_colors(environ)
        self._wait("asking the terminal")
        self._terminal = read_facts(environ, depth_of(environ))
        yield from rows(self._terminal)


def _published(arguments: Arguments, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, without names if they are for a report."""
    if not arguments.report:
        return rows
    names = _names()
    return (published(row, names) for row in rows)


def _exit_code(rows: Iterable[Row]) -> int:
    return int(any(row.verdict == "fail" for row in rows))


def _guarded(name: str, check: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The rows of a check. One that fails itself is a row too: the others are still wanted."""
    try:
        yield from check()
    except ImportError as error:
        fix = "Install what the rows above name."
        yield fail(name, f"not checked: {error}", fix)
    except Exception as error:  # noqa: BLE001 - shown as a row, with its type
        text = f"the check itself failed: {type(error).__name__}: {error}"
        yield fail(name, text, "Please report it, with the output of gan-tui doctor --report.")


def _system() -> Iterable[Row]:
    from gan.doctor import system

    return system.rows(system.read_facts())


def _packages() -> Iterable[Row]:
    from gan.doctor import packages

    needed = packages.needed_packages()
    names = {packages.OWN, *packages.SHOWN, *(one.name for one in needed)}
    return packages.rows(needed, packages.installed_versions(names))


def _data() -> Iterable[Row]:
    from gan.doctor import data

    return [data.row(data.read_facts(), data.data_url())]


def _login() -> Iterable[Row]:
    from gan.doctor import login

    return login.rows(login.read_facts(os.environ, user=_user(), now=time.time()))


def _digit() -> Any:
    """One digit, 28 x 28, as the program draws them without a network."""
    from gan.data.synthetic import draw_digits

    images, labels = draw_digits(20, 0, lambda *_: None)
    return images[labels == _DIGIT][0]


def _names() -> Names:
    home = os.path.expanduser("~")  # noqa: PTH111 - Path raises without a home
    return Names(
        home="" if home == "~" else home,
        user=_user(),
        others=_other_users(),
        host=socket.gethostname(),
    )


def _other_users() -> tuple[str, ...]:
    """What else the user is called here."""
    names = [os.environ.get(name, "") for name in ("SUDO_USER", "LOGNAME", "USER")]
    with suppress(KeyError, OSError):
        names.append(pwd.getpwuid(os.getuid()).pw_name)
    return tuple(filter(None, names))


def _user() -> str:
    """The user's name; empty if the system has none for the user's number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
