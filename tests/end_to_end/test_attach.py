"""Losing the link and coming back: a run that nobody's terminal holds, seen and steered again.

One run is started on a terminal that is hung up, and taken up again by `gan-tui attach` from
others. Each claim looks at what was seen on the way.
"""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan import events
from gan.run.leases import EXPIRE_SECONDS
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.terminal import NORMAL_MODES, Terminal
from tests.end_to_end.trials import SOON, Dashboard, Headless, Trial
from tests.end_to_end.viewers import Viewer, digits, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.end_to_end.conftest import Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are in /proc"),
]

RESUMABLE = 75
STORY = ("--epochs", "1000000", "--sample-every", "100", "--checkpoint-every", "off")

PAUSED_KEYS = {
    "save": "s",
    "resample": "r",
    "restore latents": "R",
    "interpolate": "i",
    "show raw": "w",
    "show averaged": "w",
    "evaluate": "E",
}
"""The commands that are sent to the paused run, in this order, and their keys."""

STEERED = ["pause", *PAUSED_KEYS, "unpause", "stop"]
_SPEED_ROWS = (" img/s", " epoch ")
"""Rows with the pace, which each screen takes from the records that it has received."""


@dataclass
class Story:
    """What was seen from the first terminal to the last."""

    step_at_hangup: int = 0
    step_unwatched: int = 0
    leases_unwatched: list[str] = field(default_factory=list)
    receipts: list[events.CommandAnswered] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)
    """The top rows that were drawn after the key of each command."""

    saved_steps: list[int] = field(default_factory=list)
    grids: dict[str, list[tuple[object, object]]] = field(default_factory=dict)
    """Where two viewers have not come to show the same, by what it was."""

    step_paused: int = 0
    step_paused_later: int = 0
    screen_paused: str = ""
    viewer_code: int = -1
    viewer_said: str = ""
    second_viewer_text: str = ""
    trainer_code: int = -1
    steps: list[int] = field(default_factory=list)
    leases_left: list[str] = field(default_factory=list)
    modes: dict[int, bool] = field(default_factory=dict)


def leases(trial: Trial) -> list[str]:
    return [path.name for path in trial.run.leases_path.iterdir()]


def hang_up(trial: Dashboard, seen: Story) -> None:
    """Drop the link, and see the training go on with nobody watching."""
    trial.wait_for_training()
    trial.wait_for(lambda: len(trial.of_kind(events.SamplesDrawn)) >= 3, "three grids", SECONDS)
    seen.step_at_hangup = trial.last_step()
    trial.hang_up()
    trial.wait_for_steps(100)
    seen.step_unwatched = trial.last_step()
    seen.leases_unwatched = leases(trial)


def steer(trial: Dashboard, viewer: Viewer, seen: Story) -> None:
    """Every command of the dashboard but roll back, which a sound run has no use for."""
    viewer.press(" ", "pause")
    seen.words["pause"] = viewer.headers[:]
    seen.step_paused = trial.last_step()
    for name, key in PAUSED_KEYS.items():
        viewer.press(key, name)
        seen.words[name] = viewer.headers[:]
    seen.step_paused_later = trial.last_step()
    seen.screen_paused = viewer.text


def compare(first: Viewer, second: Viewer, seen: Story) -> None:
    """Two viewers of the paused run."""
    # The interpolation that the first has asked for is over, and both follow the run.
    first.send("\x1b[27u")
    for viewer in (first, second):
        draw_axis_anew(viewer)
    for name, key in {"newest": "\x1b[F", "grid before": "[", "first grid": "\x1b[H"}.items():
        first.send(key)
        second.send(key)
        seen.grids[name] = differences(first, second, digits)
        seen.grids[f"chart at {name}"] = differences(first, second, body)
    for viewer in (first, second):
        viewer.send("\x1b[F")


def differences(
    first: Terminal, second: Terminal, look: Callable[[Terminal], Sequence[object]]
) -> list[tuple[object, object]]:
    """What two terminals show differently in the end."""
    if together(first, second, look):
        return []
    pairs = zip_longest(look(first), look(second))
    return [(one, other) for one, other in pairs if one != other]


def body(terminal: Terminal) -> list[str]:
    """The losses, the chart, the digits and the log, without the pace and the keys."""
    rows = terminal.text.splitlines()[1:-1]
    return [row for row in rows if not row.startswith(_SPEED_ROWS)]


def draw_axis_anew(terminal: Terminal) -> None:
    """Let go of the chart's range, which depends on the frames drawn so far."""
    for axis in ("linear", "log"):
        terminal.send("l")
        terminal.wait_for_text(f"G loss  {axis}", SOON)


def stop(trial: Dashboard, viewer: Viewer, seen: Story) -> None:
    """By the dialog of the attached viewer."""
    viewer.forget_headers()
    viewer.send("q")
    viewer.wait_for_text("s  save and quit now", SOON)
    viewer.send("s")
    seen.viewer_code = viewer.wait_for_end(SOON)
    seen.viewer_said = viewer.left_behind
    seen.modes = viewer.modes()
    trial.wait_unread(lambda: trial.process.poll() is not None, "the end of the run")
    seen.trainer_code = trial.process.returncode


@pytest.fixture(scope="module")
def story(program: Program) -> Iterator[tuple[Dashboard, Story]]:
    seen = Story()
    with Dashboard(program, "story", *STORY) as trial:
        hang_up(trial, seen)
        words = ("attach", "--runs", str(trial.home), str(trial.run.path))
        with Viewer(program, *words) as viewer, Viewer(program, *words) as second:
            viewer.wait_for_header("attached")
            second.wait_for_header("attached")
            steer(trial, viewer, seen)
            compare(viewer, second, seen)
            viewer.press(" ", "unpause")
            seen.words["unpause"] = viewer.headers[:]
            trial.wait_for_steps(50)
            stop(trial, viewer, seen)
            second.wait_for_text(" STOPPED ", SOON)
            seen.second_viewer_text = second.text
            second.send("q")
            assert second.wait_for_end(SOON) == 0
        seen.receipts, seen.steps = trial.of_kind(events.CommandAnswered), trial.steps()
        seen.saved_steps, seen.leases_left = trial.saved_steps(), leases(trial)
        yield trial, seen


class TestComingBack:
    def test_the_training_goes_on_with_nobody_watching(
        self, story: tuple[Dashboard, Story]
    ) -> None:
        _, seen = story

        assert seen.step_unwatched >= seen.step_at_hangup + 100
        assert seen.leases_unwatched == []

    def test_every_command_is_carried_out_and_answered_in_the_log(
        self, story: tuple[Dashboard, Story]
    ) -> None:
        _, seen = story

        assert [one.command.replace("_", " ") for one in seen.receipts] == STEERED
        assert all(one.done and not one.reason for one in seen.receipts)
        assert len({one.id for one in seen.receipts}) == len(STEERED)

    def test_the_receipt_names_who_has_asked(self, story: tuple[Dashboard, Story]) -> None:
        _, seen = story

        assert len({one.sender for one in seen.receipts}) == 1
        assert re.fullmatch(r"\S+@\S+ \(pid \d+\)", seen.receipts[0].sender)

    def test_the_header_says_done_for_each(self, story: tuple[Dashboard, Story]) -> None:
        _, seen = story

        for name in STEERED[:-1]:
            assert any(f"done: {name}" in header for header in seen.words[name]), name

    def test_a_pause_holds_the_run(self, story: tuple[Dashboard, Story]) -> None:
        _, seen = story

        assert seen.step_paused == seen.step_paused_later
        assert " PAUSED " in seen.screen_paused
        receipts = {one.command: one for one in seen.receipts}
        assert receipts["save"].step == seen.step_paused
        assert seen.step_paused in seen.saved_steps

    def test_what_was_asked_has_happened(self, story: tuple[Dashboard, Story]) -> None:
        trial, seen = story

        assert [one.draw for one in trial.of_kind(events.Resampled)] == [1, 0]
        assert [one.step for one in trial.of_kind(events.QualityMeasured)] == [seen.step_paused]

    def test_two_viewers_show_the_same_chart_log_and_film(
        self, story: tuple[Dashboard, Story]
    ) -> None:
        _, seen = story

        assert {name: found for name, found in seen.grids.items() if found} == {}

    def test_a_stop_saves_and_every_step_is_in_the_log_once(
        self, story: tuple[Dashboard, Story]
    ) -> None:
        trial, seen = story

        assert seen.trainer_code == RESUMABLE
        assert seen.steps == list(range(1, len(seen.steps) + 1))
        assert seen.saved_steps[-1] == len(seen.steps)
        assert trial.status()["exit_reason"] == "stopped"

    def test_the_viewer_that_has_stopped_it_says_how_to_resume(
        self, story: tuple[Dashboard, Story]
    ) -> None:
        _, seen = story

        assert seen.viewer_code == 0
        assert "the run has ended" in " ".join(seen.viewer_said.split())
        assert "--resume" in seen.viewer_said
        assert {mode for mode, is_on in seen.modes.items() if is_on} <= NORMAL_MODES

    def test_the_other_viewer_sees_the_end(self, story: tuple[Dashboard, Story]) -> None:
        _, seen = story

        assert " STOPPED " in seen.second_viewer_text

    def test_no_lease_is_left(self, story: tuple[Dashboard, Story]) -> None:
        _, seen = story

        assert seen.leases_left == []


@dataclass
class Resumed:
    """What was seen of the run that was resumed, on its own screen and on an attached one."""

    differences: dict[str, list[tuple[object, object]]] = field(default_factory=dict)
    """What the two have not come to show alike, by what it was."""

    leaving_code: int = -1
    leaving_said: str = ""
    exit_code: int = -1


def log_lines(terminal: Terminal) -> list[str]:
    """The whole log without what native libraries print, as far as the screen has room."""
    return [row[:74].rstrip() for row in terminal.text.splitlines()[1:-3]]


@pytest.fixture(scope="module")
def resumed(
    program: Program, story: tuple[Dashboard, Story]
) -> Iterator[tuple[Dashboard, Resumed]]:
    """The run of the story goes on with `--resume`, and is attached to again."""
    seen, before = Resumed(), story[1].steps[-1]
    with Dashboard(program, "story", "--resume", *STORY[:2]) as trial:
        trial.wait_for_training()
        with Viewer(program, "attach", str(trial.run.path)) as viewer:
            viewer.wait_for_header("attached")
            trial.wait_for(lambda: trial.last_step() > before + 150, "steps", SECONDS)
            viewer.press(" ", "pause")
            viewer.wait_for(lambda: "done:" not in viewer.text, "the end of the words", SOON)
            for one in (trial, viewer):
                draw_axis_anew(one)
            seen.differences["paused"] = differences(trial, viewer, body)
            for name, key in {"grid before": "[", "first grid": "\x1b[H"}.items():
                trial.send(key)
                viewer.send(key)
                seen.differences[name] = differences(
                    trial, viewer, lambda one: [*body(one), *digits(one)]
                )
            for one in (trial, viewer):
                one.send("\x1b[F")
                one.send("o")
                one.wait_for_text("all levels", SOON)
                one.send("n")
            seen.differences["log"] = differences(trial, viewer, log_lines)
            viewer.send("o")
            viewer.press(" ", "unpause")
            seen.leaving_code, seen.leaving_said = viewer.leave(), viewer.left_behind
        trial.wait_for(lambda: not leases(trial), "no lease", SOON)
        left_at = trial.last_step()
        trial.wait_for(lambda: trial.last_step() > left_at + 20, "steps", SOON)
        trial.signal(signal.SIGTERM)
        seen.exit_code = trial.wait_for_end(SOON)
        yield trial, seen


class TestResumed:
    def test_the_attached_screen_is_that_of_the_run(
        self, resumed: tuple[Dashboard, Resumed]
    ) -> None:
        """Its chart, its sparklines, its digits of any step, and its log."""
        _, seen = resumed

        assert {name: found for name, found in seen.differences.items() if found} == {}

    def test_leaving_the_viewer_leaves_the_run(self, resumed: tuple[Dashboard, Resumed]) -> None:
        _, seen = resumed

        assert seen.leaving_code == 0
        assert "the training goes on" in " ".join(seen.leaving_said.split())
        assert "gan-tui attach" in seen.leaving_said

    def test_every_step_is_in_the_log_once(self, resumed: tuple[Dashboard, Resumed]) -> None:
        trial, seen = resumed

        assert seen.exit_code == 128 + signal.SIGTERM
        assert trial.steps() == list(range(1, trial.last_step() + 1))


@dataclass
class Survived:
    """What viewers saw of a run that diverged, fell silent, was killed and was resumed."""

    diverged_keys: str = ""
    rolled_back_to: list[int] = field(default_factory=list)
    silent_headers: list[str] = field(default_factory=list)
    answered_headers: list[str] = field(default_factory=list)
    killed_screen: str = ""
    died_screen: str = ""
    keys_at_death: str = ""
    mail_to_nobody: list[str] = field(default_factory=list)
    steps_at_death: list[int] = field(default_factory=list)
    saved_at_death: int = 0
    watched_keys: str = ""
    leases_of_watcher: list[str] = field(default_factory=list)
    answers_to_watcher: int = -1
    steps: list[int] = field(default_factory=list)
    exit_code: int = -1


GOOD_STEP = 20
FRAGILE = ("--epochs", "1000000", "--checkpoint-every", "20", "--sample-every", "30")


def roll_back(trial: Dashboard, viewer: Viewer, seen: Survived) -> None:
    viewer.wait_for_text(" DIVERGED ", SECONDS)
    viewer.wait_for_text("b Roll back", SOON)
    seen.diverged_keys = viewer.text.splitlines()[-1]
    viewer.press("b", "roll back")
    viewer.wait_for_text(" PAUSED ", SOON)
    seen.rolled_back_to = [event.step for event in trial.of_kind(events.RolledBack)]
    viewer.press(" ", "unpause")
    trial.wait_for(lambda: trial.last_step() > 2 * GOOD_STEP, "steps", SECONDS)


def fall_silent(trial: Dashboard, viewer: Viewer, seen: Survived) -> None:
    """The process that trains is stopped while it is asked for something."""
    trainer = trial.trainer
    os.kill(trainer, signal.SIGSTOP)
    viewer.forget_headers()
    viewer.send("s")
    viewer.wait_for_header("save: no answer for 10 s", 2 * SOON)
    seen.silent_headers = viewer.headers[:]
    os.kill(trainer, signal.SIGCONT)
    viewer.wait_for_header("done: save")
    seen.answered_headers = viewer.headers[:]


def be_killed(trial: Dashboard, viewer: Viewer, seen: Survived) -> None:
    """The process that trains; its parent records the end."""
    os.kill(trial.trainer, signal.SIGKILL)
    viewer.wait_for_text(" FAILED ", SOON)
    assert trial.wait_for_end(SOON) == 128 + signal.SIGKILL
    viewer.wait_for_text("q Quit", SOON)
    seen.killed_screen = viewer.text


def die(trial: Headless, viewer: Viewer, seen: Survived) -> None:
    """All processes of the run at once, as when the power fails; nobody is left to be asked."""
    seen.saved_at_death = trial.saved_steps()[-1]
    trial.signal_group(signal.SIGKILL)
    trial.wait_for_end()
    viewer.wait_for_header("its process is gone")
    seen.died_screen = viewer.text
    seen.steps_at_death = trial.steps()
    viewer.send("\x1b[27us")
    viewer.wait_for_text("q Quit", SOON)
    seen.keys_at_death = viewer.text.splitlines()[-1]
    seen.mail_to_nobody = [path.name for path in trial.run.mailbox_path.glob("*.json")]


def come_back(trial: Headless, viewer: Viewer) -> None:
    """Another process goes on with the run, in the same viewer."""
    viewer.forget_headers()
    viewer.wait_for_header("attached  TRAINING", SECONDS)
    trial.wait_for_steps(20)
    viewer.press("s", "save")


def watch(trial: Trial, program: Program, seen: Survived) -> None:
    """A viewer that only looks, at a run that trains."""
    trial.wait_until(lambda: not leases(trial), "the end of the leases", EXPIRE_SECONDS + SOON)
    before = len(trial.of_kind(events.CommandAnswered))
    with Viewer(program, "watch", str(trial.run.path)) as watcher:
        watcher.wait_for_header("watching")
        watcher.send("psrRiEwb ")
        step = trial.last_step()
        watcher.wait_for(lambda: trial.last_step() > step + 50, "steps", SOON)
        seen.watched_keys = watcher.text.splitlines()[-1]
        seen.leases_of_watcher = leases(trial)
        watcher.send("q")
        assert watcher.wait_for_end(SOON) == 0
    seen.answers_to_watcher = len(trial.of_kind(events.CommandAnswered)) - before


@pytest.fixture(scope="module")
def survived(program: Program) -> Survived:
    seen = Survived()
    with Dashboard(program, "fragile", *FRAGILE, fault="poisoned") as trial:
        trial.wait_for(trial.run.status_path.exists, "the run's directory", SECONDS)
        with Viewer(program, "attach", str(trial.run.path)) as viewer:
            roll_back(trial, viewer, seen)
            fall_silent(trial, viewer, seen)
            be_killed(trial, viewer, seen)
            with Headless(program, "fragile", "--resume", *FRAGILE) as again:
                come_back(again, viewer)
                die(again, viewer, seen)
            with Headless(program, "fragile", "--resume", *FRAGILE) as again:
                come_back(again, viewer)
                assert viewer.leave() == 0
                watch(again, program, seen)
                again.signal(signal.SIGTERM)
                seen.exit_code = again.wait_for_end()
                seen.steps = again.steps()
    return seen


class TestTroubles:
    def test_a_viewer_rolls_a_diverged_run_back(self, survived: Survived) -> None:
        assert "space" not in survived.diverged_keys
        assert survived.rolled_back_to == [GOOD_STEP]

    def test_a_silent_run_owes_an_answer(self, survived: Survived) -> None:
        """First it was asked; after ten seconds the answer is missed; then it comes."""
        assert any("asked: save" in header for header in survived.silent_headers)
        assert not any("done: save" in header for header in survived.silent_headers)
        assert any("done: save" in header for header in survived.answered_headers)

    def test_a_viewer_stays_when_the_process_is_killed(self, survived: Survived) -> None:
        assert " FAILED " in survived.killed_screen.splitlines()[0]
        assert "SIGKILL" in survived.killed_screen

    def test_a_viewer_stays_when_nobody_is_left(self, survived: Survived) -> None:
        assert " DIED " in survived.died_screen.splitlines()[0]
        assert survived.steps_at_death == list(range(1, len(survived.steps_at_death) + 1))

    def test_a_dead_process_is_not_asked(self, survived: Survived) -> None:
        assert "Save" not in survived.keys_at_death
        assert survived.mail_to_nobody == []

    def test_another_process_that_resumes_the_run_is_shown(self, survived: Survived) -> None:
        """That it was steered is what the fixture has waited for."""
        assert len(survived.steps) > survived.saved_at_death
        assert survived.steps == list(range(1, len(survived.steps) + 1))
        assert survived.exit_code == 128 + signal.SIGTERM

    def test_who_only_watches_asks_for_nothing(self, survived: Survived) -> None:
        assert "Pause" not in survived.watched_keys
        assert "Save" not in survived.watched_keys
        assert survived.leases_of_watcher == []
        assert survived.answers_to_watcher == 0


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder with its inode, size and time of change."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {
        str(path): (status.st_ino, status.st_size, status.st_mtime_ns)
        for path, status in found.items()
    }


READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
MAY_MOUNT = Path("/usr/bin/unshare").exists() and os.geteuid() == 0


class TestWatch:
    @pytest.fixture
    def ended(self, resumed: tuple[Dashboard, Resumed]) -> Path:
        return resumed[0].run.path

    @pytest.mark.parametrize(
        "mount",
        [
            "as it is",
            pytest.param(
                "read-only", marks=pytest.mark.skipif(not MAY_MOUNT, reason="it takes a mount")
            ),
        ],
    )
    @pytest.mark.parametrize("command", ["watch", "attach --read-only"])
    def test_nothing_is_written_into_the_run(
        self, program: Program, ended: Path, mount: str, command: str, tmp_path: Path
    ) -> None:
        before = tree(ended)
        words = [*program.words, *command.split(), str(ended)]
        if mount == "read-only":
            words = ["unshare", "-m", "sh", "-c", READ_ONLY, "sh", str(ended), *words]

        with Terminal(words, cwd=tmp_path, env=program.environ) as watcher:
            watcher.wait_for_text(" STOPPED ", SOON)
            watcher.wait_for_text("q Quit", SOON)
            watcher.send("psrRiEwb ")
            watcher.send("[")
            watcher.wait_for_text("grid", SOON)
            keys = watcher.text.splitlines()[-1]
            watcher.send("e")
            watcher.wait_for_text("c  the losses as CSV", SOON)
            watcher.send("c")
            watcher.wait_for(lambda: list(tmp_path.glob("**/*.csv")), "the export", SOON)
            watcher.send("q")
            code = watcher.wait_for_end(SOON)

        assert code == 0
        assert "Pause" not in keys
        assert "Save" not in keys
        assert "Resample" not in keys
        assert tree(ended) == before
