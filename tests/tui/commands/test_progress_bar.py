"""What the headless bar looks like, and that it fits every terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from gan import events
from gan.events import Phase
from gan.progress import RunProgress
from tui.commands.progress_bar import ProgressBarConsole, rows

TRAINING = RunProgress(
    phase=Phase.TRAINING,
    step=2808,
    total_steps=23_400,
    steps_per_epoch=234,
    batch_size=256,
    d_loss=0.69314,
    g_loss=1.25,
    steps_per_second=100.0,
)
DRAWING = RunProgress(
    phase=Phase.LOADING, prepared=("drawing synthetic digits", 15_000, 60_000, "images")
)
DOWNLOADING = RunProgress(
    phase=Phase.LOADING, prepared=("downloading mnist.npz", 4_200_000, 0, "bytes")
)
IMPORTING = RunProgress(phase=Phase.IMPORTING, detail="TensorFlow")


def drawn(progress: RunProgress, width: int, *, ascii_only: bool = False) -> list[str]:
    return [row.plain for row in rows(progress, width, "*", ascii_only=ascii_only)]


class TestRows:
    def test_a_wide_terminal_has_it_all_in_one_row(self) -> None:
        (row,) = drawn(TRAINING, 120)

        assert row == (
            "epoch 13/100 ━━━─────────────────────────  12%  "
            "d_loss 0.6931  g_loss 1.2500  3:26 left  25,600 img/s  step 2,808/23,400"
        )

    def test_80_columns_have_the_numbers_below_the_bar(self) -> None:
        assert drawn(TRAINING, 79) == [
            "epoch 13/100 ━━━━────────────────────────────────────  12%",
            "d_loss 0.6931  g_loss 1.2500  3:26 left  25,600 img/s  step 2,808/23,400",
        ]

    def test_a_narrow_terminal_loses_the_least_important_numbers(self) -> None:
        assert drawn(TRAINING, 39) == [
            "epoch 13/100 ━━───────────────────  12%",
            "d_loss 0.6931  g_loss 1.2500  3:26 left",
        ]

    def test_the_distance_comes_after_the_time_left(self) -> None:
        measured = replace(TRAINING, evaluated_step=2500, fd=8.214)

        assert drawn(measured, 79)[1].startswith(
            "d_loss 0.6931  g_loss 1.2500  3:26 left  FD 8.21  25,600 img/s"
        )

    def test_a_pause_is_said_beside_the_epoch(self) -> None:
        paused = replace(TRAINING, phase=Phase.PAUSED)

        assert drawn(paused, 79)[0].startswith("paused  epoch 13/100 ━")

    def test_no_speed_yet_means_no_time_yet(self) -> None:
        assert "  -:-- left" in drawn(replace(TRAINING, steps_per_second=0.0), 79)[1]

    def test_a_preparation_has_a_bar_of_its_own(self) -> None:
        assert drawn(DRAWING, 79) == [
            "* drawing synthetic digits ━━━━━━━───────────────────── 15,000 of 60,000 images"
        ]

    def test_a_narrow_preparation_has_a_percentage_for_its_amount(self) -> None:
        assert drawn(DRAWING, 39) == ["* drawing synthetic digits ━──────  25%"]

    def test_a_preparation_without_a_known_end_has_no_bar(self) -> None:
        assert drawn(DOWNLOADING, 79) == ["* downloading mnist.npz  4.2 MB"]

    def test_a_phase_without_amounts_is_a_word(self) -> None:
        assert drawn(IMPORTING, 79) == ["* importing: TensorFlow"]

    def test_an_encoding_without_lines_has_an_ascii_bar(self) -> None:
        assert drawn(DRAWING, 39, ascii_only=True) == ["* drawing synthetic digits #------  25%"]

    def test_more_done_than_the_total_is_a_full_bar(self) -> None:
        over = replace(DRAWING, prepared=("drawing", 70, 60, "images"))

        assert "─" not in drawn(over, 79)[0]

    @pytest.mark.parametrize(
        "progress",
        [
            TRAINING,
            replace(TRAINING, phase=Phase.PAUSED, d_loss=1e30, g_loss=float("nan")),
            DRAWING,
            DOWNLOADING,
            IMPORTING,
            replace(DRAWING, prepared=("読み込み中 \x1b[2J" * 5, 1, 3, "枚")),
        ],
        ids=["training", "diverging", "drawing", "downloading", "importing", "outside"],
    )
    def test_no_row_is_wider_than_the_terminal(self, progress: RunProgress) -> None:
        for width in range(1, 140):
            made = rows(progress, width, "*", ascii_only=False)

            assert max(row.cell_len for row in made) <= width
            assert all(row.plain.isprintable() for row in made)

    @pytest.mark.parametrize("width", [39, 59, 79, 99, 119])
    def test_nothing_is_cut_in_the_middle(self, width: int) -> None:
        assert "…" not in "".join(drawn(TRAINING, width))


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class TestProgressBarConsole:
    def test_what_happened_is_printed_above_the_bar(self, console: Console) -> None:
        with ProgressBarConsole(console) as bar:
            bar(events.Noted(time=0, text="a fact"))

        assert "note: a fact\n" in written(console)

    def test_markup_from_outside_is_text(self, console: Console) -> None:
        with ProgressBarConsole(console) as bar:
            bar(events.Noted(time=0, text="[/bold] [link=x]y[/link] \x1b[31m"))

        assert r"note: [/bold] [link=x]y[/link] \x1b[31m" in written(console)

    def test_a_long_path_is_left_whole_for_who_copies_it(self, console: Console) -> None:
        path = "checkpoints/" + "deep/" * 30
        with ProgressBarConsole(console) as bar:
            bar(
                events.CheckpointSaved(
                    time=0, step=1, path=path, size=1, seconds=0.1, requested=False
                )
            )

        assert path in written(console)

    def test_a_phase_is_shown_by_the_bar_and_not_above_it(self, console: Console) -> None:
        with ProgressBarConsole(console) as bar:
            bar(events.PhaseEntered(time=0, phase=Phase.IMPORTING))
            console.print("drawn with the bar below")

        assert "importing\n" not in written(console).partition("drawn")[0]
        assert "importing" in written(console).partition("below")[2]

    def test_the_cursor_comes_back(self, console: Console) -> None:
        with ProgressBarConsole(console):
            assert written(console).endswith("\x1b[?25l")

        assert "\x1b[?25h" in written(console)

    def test_a_terminal_that_hung_up_does_not_end_the_training(self) -> None:
        console = Console(file=_HungUp(), force_terminal=True, width=60)
        bar = ProgressBarConsole(console)

        bar(events.Noted(time=0, text="nobody reads this"))
        bar(events.RunFinished(time=0, step=1, completed=True, train_seconds=1, exit_code=0))


class _HungUp(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, f"Input/output error, with {len(text)} characters to write")
