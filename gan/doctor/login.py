"""What may end a run from outside: the SSH link, Slurm, signals that are blocked, the logout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan.doctor.row import ok, warn
from gan.text.units import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gan.doctor.row import Row

GRACE_SECONDS: Final = 25
"""The default of `--grace`: the longest time that a stop by signal takes."""

_STATUS: Final = Path("/proc/self/status")
_SYSTEMD: Final = Path("/run/systemd/system")
_LINGER: Final = Path("/var/lib/systemd/linger")
_LOGIND: Final = tuple(
    Path(folder) for folder in ("/usr/lib/systemd", "/run/systemd", "/etc/systemd")
)
"""Folders of logind's settings; later ones win."""

_GROUPS: Final = Path("/proc/self/cgroup")
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
_SLURM_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """How the process was started, and what its session does to it."""

    environ: Mapping[str, str] = field(default_factory=dict)
    deaf_to: tuple[str, ...] = ()
    """The signals of those that stop a run that don't reach this process."""

    kill_wait: float | None = None
    """Seconds from Slurm's SIGTERM to its SIGKILL; `None` if it does not say."""

    now: float = 0.0
    """Seconds since the epoch."""

    has_systemd: bool = False
    kills_at_logout: bool = False
    """Whether logind ends what a user has left running."""

    lingers: bool = False
    """Whether this user's services outlive the logout."""

    in_session: bool = True
    """Whether the process belongs to a login session, and not to the user's services."""


def read_facts(environ: Mapping[str, str], *, user: str, now: float) -> LoginFacts:
    """The facts of this process.

    Args:
        environ: Its environment.
        user: The user's name.
        now: Seconds since the epoch.
    """
    return LoginFacts(
        environ=environ,
        deaf_to=_deaf_to(_text_of(_STATUS)),
        kill_wait=_kill_wait() if "SLURM_JOB_ID" in environ else None,
        now=now,
        has_systemd=_SYSTEMD.is_dir(),
        kills_at_logout=kills_user_processes(_logind_settings(_LOGIND)),
        lingers=os.path.exists(_LINGER / user),  # noqa: PTH110 - Path raises without permission
        in_session="/session-" in _text_of(_GROUPS),
    )


def rows(facts: LoginFacts) -> Iterator[Row]:
    """One for each way to be ended."""
    yield ssh_row(facts)
    yield signals_row(facts)
    if "SLURM_JOB_ID" in facts.environ:
        yield slurm_row(facts)
    yield logout_row(facts)


def ssh_row(facts: LoginFacts) -> Row:
    """Whether the terminal is on another machine."""
    client = facts.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    if not client and "SSH_TTY" not in facts.environ:
        return ok("ssh", "not over SSH")
    return ok("ssh", f"over SSH{' from ' + client if client else ''}; a run outlives the link")


def signals_row(facts: LoginFacts) -> Row:
    """Whether the signals that save and stop a run arrive."""
    if facts.deaf_to:
        return warn(
            "signals",
            f"{', '.join(facts.deaf_to)} ignored or blocked by whoever started this",
            "Start gan-tui from a shell that does not block them.",
        )
    return ok("signals", ", ".join(number.name for number in _STOPPING) + " arrive")


def slurm_row(facts: LoginFacts) -> Row:
    """Whether a job has time to save before it is ended."""
    environ = facts.environ
    text = f"job {environ['SLURM_JOB_ID']}"
    try:
        left = float(environ["SLURM_JOB_END_TIME"]) - facts.now
        text += f", ends in {duration(max(left, 0))}"
    except (KeyError, ValueError):
        pass
    if facts.kill_wait is not None and facts.kill_wait <= GRACE_SECONDS:
        return warn(
            "slurm",
            f"{text}; killed {duration(facts.kill_wait)} after SIGTERM",
            f"gan-tui --grace {max(int(facts.kill_wait) - 5, 1)}",
        )
    if facts.kill_wait is not None:
        text += f"; {duration(facts.kill_wait)} to save after SIGTERM"
    return ok("slurm", text)


def logout_row(facts: LoginFacts) -> Row:
    """Whether a run that was left training outlives the logout."""
    if not facts.has_systemd:
        return ok("logout", "no systemd: nothing ends a run at logout")
    if not facts.kills_at_logout:
        return ok("logout", "systemd leaves a run alone (KillUserProcesses=no)")
    if not facts.lingers:
        return warn(
            "logout",
            "systemd ends a run at logout (KillUserProcesses=yes)",
            "loginctl enable-linger",
        )
    if facts.in_session:
        return warn(
            "logout",
            "systemd ends what was started in a session",
            "systemd-run --user --scope gan-tui",
        )
    return ok("logout", "outside of the session, and the user lingers: a run stays")


def kills_user_processes(files: Iterable[str]) -> bool:
    """Whether the settings of logind turn `KillUserProcesses` on; logind.conf(5)."""
    found = "no"
    for text in files:
        for value in re.findall(r"^\s*KillUserProcesses\s*=\s*(\S+)", text, re.MULTILINE):
            found = value
    return found.lower() in ("yes", "true", "on", "1")


def kill_wait_of(config: str) -> float | None:
    """Seconds of `KillWait` in what `scontrol show config` prints; `None` if missing."""
    match = re.search(r"^KillWait\s*=\s*([0-9]+)", config, re.MULTILINE)
    return float(match[1]) if match else None


def _logind_settings(folders: Iterable[Path]) -> Iterator[str]:
    """The texts of its files in the order in which they count, the files of `.d` folders last."""
    known = list(folders)
    for folder in known:
        yield _text_of(folder / "logind.conf")
    dropped = {path.name: path for folder in known for path in folder.glob("logind.conf.d/*.conf")}
    for name in sorted(dropped):
        yield _text_of(dropped[name])


def _deaf_to(status: str) -> tuple[str, ...]:
    """The signals that are ignored or blocked, by the masks in `/proc/self/status`; proc(5)."""
    masks = re.findall(r"^Sig(?:Ign|Blk):\s*([0-9a-f]+)", status, re.MULTILINE)
    mask = 0
    for found in masks:
        mask |= int(found, 16)
    return tuple(number.name for number in _STOPPING if mask >> (number - 1) & 1)


def _kill_wait() -> float | None:
    try:
        printed = subprocess.run(
            ["scontrol", "show", "config"],  # noqa: S607 - wherever the site has it
            capture_output=True,
            check=True,
            timeout=_SLURM_SECONDS,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        # Inside of a container, say; then it is not known.
        return None
    return kill_wait_of(printed.stdout)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
