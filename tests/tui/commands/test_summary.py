"""What is left on screen when a run is over."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from rich.console import Console

from gan.events import Phase
from gan.progress import Best, RunProgress
from gan.strategy.cluster import Cluster
from tui.commands.summary import print_summary

if TYPE_CHECKING:
    from pathlib import Path

FINISHED = RunProgress(
    phase=Phase.FINISHED,
    name="00007-mlp-mnist",
    run_dir="/home/me/runs/00007-mlp-mnist",
    preset="mlp",
    data="mnist",
    data_reason="found in Keras's cache",
    device="CPU",
    jit_compiled=True,
    step=7020,
    total_steps=7020,
    steps_per_epoch=234,
    batch_size=256,
    d_loss=1.25,
    g_loss=0.75,
    best_d_loss=0.5,
    best_g_loss=0.25,
    train_seconds=70.2,
    steps_per_second=1.0,
    checkpoint_step=7020,
    completed=True,
    exit_code=0,
)
STOPPED = replace(FINISHED, step=819, checkpoint_step=819, completed=False, exit_code=75)


def printed(progress: RunProgress, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_summary(progress, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rows(progress: RunProgress, width: int = 80) -> list[str]:
    return [line.rstrip() for line in printed(progress, width).splitlines() if line]


def test_a_finished_run() -> None:
    assert rows(FINISHED) == [
        "finished    00007-mlp-mnist",
        "epochs      30 of 30",
        "steps       7,020 of 7,020",
        "time        1 min 10 s",
        "speed       100.0 steps/s, 25,600 images/s",
        "d_loss      last 1.2500, min 0.5000",
        "g_loss      last 0.7500, min 0.2500",
        "preset      mlp",
        "device      CPU (XLA)",
        "data        mnist (found in Keras's cache)",
        "checkpoint  step 7,020",
        "run         /home/me/runs/00007-mlp-mnist",
    ]


def test_a_stopped_run_says_how_to_go_on() -> None:
    shown = rows(STOPPED)

    assert shown[0] == "stopped      00007-mlp-mnist"
    assert shown[1] == "epochs       3.5 of 30"
    assert shown[-1] == "resume with  gan-tui --resume /home/me/runs/00007-mlp-mnist"


def test_the_command_to_go_on_is_quoted_for_a_shell() -> None:
    spaced = replace(STOPPED, run_dir="/home/me/my runs")

    assert rows(spaced)[-1] == "resume with  gan-tui --resume '/home/me/my runs'"


def test_a_run_of_several_workers_goes_on_with_the_same_ones() -> None:
    """In one line, however narrow the terminal is, so that it can be copied."""
    console = Console(file=io.StringIO(), width=60)
    print_summary(STOPPED, console, Cluster(("a:4000", "b:4000"), 0))
    assert isinstance(console.file, io.StringIO)
    last = console.file.getvalue().splitlines()[-1]
    words = f"gan-tui --resume {STOPPED.run_dir} --workers a:4000,b:4000 --worker 0"

    assert last == f"resume with  {words}"


def test_what_is_not_saved_is_said() -> None:
    assert "checkpoint   step 819, nothing new since" in rows(STOPPED)
    earlier = replace(STOPPED, checkpoint_step=700)
    assert "checkpoint   step 700, and 119 steps since then not saved" in rows(earlier)


def test_without_a_checkpoint_there_is_nothing_to_go_on_from() -> None:
    shown = rows(replace(STOPPED, checkpoint_step=None))

    assert "checkpoint  none" in shown
    assert not any(line.startswith("resume") for line in shown)


def test_a_run_that_failed_before_it_began_has_its_error_alone() -> None:
    failed = RunProgress(phase=Phase.FAILED, error="no images in \x1b/data", exit_code=4)

    assert rows(failed) == [r"failed  no images in \x1b/data"]


def test_losses_that_were_never_finite_are_said_to_be() -> None:
    diverged = replace(STOPPED, d_loss=math.inf, best_d_loss=math.inf, best_g_loss=math.inf)

    assert "d_loss       last inf, never finite" in rows(diverged)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_long_path_is_folded_and_not_cut(width: int) -> None:
    run_dir = "/a/rather/long/path" * 8
    shown = printed(replace(FINISHED, run_dir=run_dir), width)

    assert run_dir in "".join(shown.split())
    assert max(map(len, shown.splitlines())) <= width


def test_a_pipe_gets_no_colours() -> None:
    assert "\x1b" not in printed(FINISHED)


def test_a_terminal_gets_the_outcome_in_colour() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=80)
    print_summary(FINISHED, console)

    assert isinstance(console.file, io.StringIO)
    assert "\x1b[1;32mfinished" in console.file.getvalue()


def test_markup_in_a_name_is_text() -> None:
    assert rows(replace(FINISHED, name="[/bold]"))[0] == "finished    [/bold]"


@pytest.mark.parametrize("color_system", ["truecolor", None])
def test_nothing_in_a_name_or_an_error_steers_the_terminal(
    color_system: Literal["truecolor"] | None,
) -> None:
    outside = "a\x1b]0;title\x07b\n\u202ec\udce9[link=http://x]d[/link]:smile:"
    progress = replace(
        FINISHED,
        **dict.fromkeys(("name", "run_dir", "data", "data_reason", "preset", "device"), outside),
        completed=False,
        error=outside,
    )
    console = Console(
        file=io.StringIO(), force_terminal=True, color_system=color_system, width=10_000
    )
    print_summary(progress, console)

    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert "\x1b]" not in printed
    assert not set(printed) & set("\x07\u202e\udce9")
    shown = r"a\x1b]0;title\x07b\n\u202ec\udce9[link=http://x]d[/link]:smile:"
    assert printed.count(shown) == 6


def test_the_command_to_resume_with_names_the_very_directory() -> None:
    stopped = replace(FINISHED, completed=False, run_dir="/r/\x1b\udce9")

    assert r"resume with  gan-tui --resume $'/r/\x1b\xe9'" in rows(stopped)


class TestEvaluations:
    MEASURED = replace(
        FINISHED,
        evaluated_step=7020,
        fd=8.214,
        fd_real=0.321,
        features="mnist-1",
        evaluated_images=10_000,
        bests=(Best(500, 20.0, "mnist-1", 10_000), Best(6000, 7.9, "mnist-1", 10_000)),
    )

    def test_the_last_and_the_best_are_shown_with_what_they_are_compared_with(self) -> None:
        assert (
            "FD          last 8.21, min 7.90 at step 6,000; of real images 0.32 (mnist-1,"
            in rows(self.MEASURED)
        )

    def test_a_distance_that_the_data_do_not_allow_is_a_dash(self) -> None:
        unknown = replace(self.MEASURED, fd=math.nan, fd_real=math.nan, bests=())
        (row,) = [row for row in rows(unknown) if row.startswith("FD")]
        assert row.split(maxsplit=1)[1].startswith("last -; of real images - (")

    def test_the_checkpoint_of_the_best_is_shown_if_it_was_saved(self, tmp_path: Path) -> None:
        measured = replace(self.MEASURED, run_dir=str(tmp_path))
        assert "checkpoint  step 7,020" in rows(measured)
        (tmp_path / "checkpoints" / "step-00006000").mkdir(parents=True)
        assert "checkpoint  step 7,020; the best evaluation's: step 6,000" in rows(measured)

    @pytest.mark.parametrize("run_dir", ["/" + "e" * 300, "nul \0 byte"])
    def test_a_directory_that_no_disk_can_have_holds_no_checkpoint(self, run_dir: str) -> None:
        measured = replace(self.MEASURED, run_dir=run_dir)
        assert not [row for row in rows(measured) if "the best evaluation's" in row]

    def test_a_run_without_any_has_no_row_for_them(self) -> None:
        assert not [row for row in rows(FINISHED) if row.startswith("FD")]
