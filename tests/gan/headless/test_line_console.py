"""What a script, a log and a pipe see of a run."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan import events
from gan.headless.line_console import JsonConsole, LineConsole, steps_line
from gan.progress import Best, RunProgress
from gan.run import event_json

ROOT = Path(__file__).parents[3]


class FakeClock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Lines:
    """A LineConsole over a stream in memory, and steps of ten to an epoch to feed it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = io.StringIO()
        self.console = LineConsole(self.stream, self.clock)
        self.step = 0

    def build(self, total_steps: int = 1000) -> None:
        self.console(
            events.ModelsBuilt(
                time=0,
                device="CPU",
                generator_params=1,
                discriminator_params=1,
                steps_per_epoch=10,
                total_steps=total_steps,
                batch_size=4,
                images_dropped=0,
                jit_compiled=True,
                threads=0,
            )
        )
        self.taken()

    def make_steps(self, count: int, seconds: float) -> None:
        self.clock.now += seconds
        self.console(steps(self.step + 1, count, train_seconds=self.clock.now))
        self.step += count

    def taken(self) -> list[str]:
        lines = self.stream.getvalue().splitlines()
        self.stream.seek(0)
        self.stream.truncate()
        return lines


def steps(first: int, count: int, train_seconds: float) -> events.StepsCompleted:
    values = np.full(count, 0.5, np.float32)
    return events.StepsCompleted(
        time=0,
        first_step=first,
        d_loss=values,
        g_loss=values * 3,
        real_score=values,
        fake_score=values,
        train_seconds=train_seconds,
        steps_per_execution=count,
    )


def progress_made(what: str, done: int) -> events.ProgressMade:
    return events.ProgressMade(time=0, what=what, done=done, total=100, unit="images")


class TestLineConsole:
    def test_an_epoch_is_one_line(self) -> None:
        lines = Lines()
        lines.build()
        lines.make_steps(9, seconds=2)
        lines.taken()

        lines.make_steps(1, seconds=2)

        assert len(written := lines.taken()) == 1
        assert written[0].startswith("epoch 1/100  step 10/1,000  d_loss 0.5000  g_loss 1.5000  ")

    def test_epochs_shorter_than_a_second_share_a_line(self) -> None:
        lines = Lines()
        lines.build()
        for _ in range(20):
            lines.make_steps(10, seconds=0.25)

        assert [line.split("  ")[1] for line in lines.taken()] == [
            f"step {step}/1,000" for step in (10, 50, 90, 130, 170)
        ]

    def test_a_long_epoch_gives_a_sign_of_life_every_ten_seconds(self) -> None:
        lines = Lines()
        lines.build()
        for _ in range(8):
            lines.make_steps(1, seconds=5)

        assert [line.split("  ")[1] for line in lines.taken()] == [
            f"step {step}/1,000" for step in (1, 3, 5, 7)
        ]

    def test_an_epoch_has_its_line_right_after_a_sign_of_life(self) -> None:
        lines = Lines()
        lines.build()
        lines.make_steps(9, seconds=20)
        lines.make_steps(1, seconds=0.1)

        assert [line.split("  ")[1] for line in lines.taken()] == ["step 9/1,000", "step 10/1,000"]

    def test_an_alert_is_a_warning(self) -> None:
        lines = Lines()
        message = "D loss near 0 for 500 steps: the discriminator has won."
        lines.console(events.AlertRaised(time=0, step=500, name="d_loss", message=message))

        assert lines.taken() == [f"warning: {message}"]

    def test_the_losses_of_the_last_step_are_written_before_the_end(self) -> None:
        lines = Lines()
        lines.build()
        lines.make_steps(3, seconds=1)
        lines.make_steps(3, seconds=1)
        lines.taken()

        lines.console(
            events.RunFinished(time=0, step=6, completed=False, train_seconds=2, exit_code=75)
        )

        written = lines.taken()
        assert written[0].startswith("epoch 1/100  step 6/1,000")
        assert written[1].startswith("stopped at step 6")

    def test_a_run_that_fails_before_its_first_step_has_no_line_of_losses(self) -> None:
        lines = Lines()
        lines.console(events.RunFailed(time=0, error="DataError", message="no images", exit_code=4))

        assert lines.taken() == ["error: no images"]

    def test_a_preparation_is_written_when_it_begins_every_ten_seconds_and_at_its_end(
        self,
    ) -> None:
        lines = Lines()
        for done in (0, 1, 2, 3, 4, 5, 100):
            lines.console(progress_made("drawing digits", done))
            lines.clock.now += 4 if done < 5 else 1
        lines.console(progress_made("reading labels", 100))

        assert lines.taken() == [
            "drawing digits: 100 images",
            "drawing digits: 3 of 100 images",
            "drawing digits: 100 of 100 images",
            "reading labels: 100 images",
        ]

    def test_a_short_preparation_does_not_stand_there_as_half_done(self) -> None:
        lines = Lines()
        for done in (1, 50, 100):
            lines.console(progress_made("drawing digits", done))

        assert lines.taken() == ["drawing digits: 100 images"]


class TestJsonConsole:
    def test_every_line_reads_back_as_the_event(self) -> None:
        stream = io.StringIO()
        console = JsonConsole(stream)
        written = [progress_made("drawing digits", 1), events.Paused(time=1.5, step=3)]
        for event in written:
            console(event)

        assert [event_json.from_line(line) for line in stream.getvalue().splitlines()] == written

    def test_a_loss_that_is_not_finite_is_still_standard_json(self) -> None:
        stream = io.StringIO()
        event = steps(1, 1, 1.0)
        JsonConsole(stream)(
            events.StepsCompleted(
                time=0,
                first_step=1,
                d_loss=np.array([np.nan], np.float32),
                g_loss=event.g_loss,
                real_score=event.real_score,
                fake_score=event.fake_score,
                train_seconds=1,
                steps_per_execution=1,
            )
        )

        assert json.loads(stream.getvalue(), parse_constant=pytest.fail)["d_loss"] == ["NaN"]

    def test_any_stream_takes_any_file_name(self) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
        JsonConsole(stream)(events.Noted(time=0, text="caf\udce9 数字 \x9b"))

        stream.seek(0)
        assert json.loads(stream.read())["text"] == "caf\udce9 数字 \x9b"

    @pytest.mark.parametrize(("path", "lines"), [(None, 0), ("samples/000001.png", 1)])
    def test_samples_are_written_only_where_a_file_keeps_them(
        self, path: str | None, lines: int
    ) -> None:
        stream = io.StringIO()
        images = np.zeros((16, 28, 28), np.uint8)
        JsonConsole(stream)(events.SamplesDrawn(time=0, step=1, images=images, path=path))

        assert len(stream.getvalue().splitlines()) == lines


class TestAStreamThatCannotBeWritten:
    @pytest.mark.parametrize("make", [LineConsole, JsonConsole])
    def test_a_reader_that_left_silences_the_console(
        self, make: type[LineConsole | JsonConsole]
    ) -> None:
        reader, writer = os.pipe()
        with os.fdopen(writer, "w") as stream:
            console = make(stream)
            console(events.Noted(time=0, text="read"))
            os.close(reader)
            console(events.Noted(time=0, text="not read"))
            console(events.Noted(time=0, text="not written"))

        assert isinstance(console.failure, BrokenPipeError)

    def test_the_exit_code_is_not_spoilt_by_a_reader_that_left(self) -> None:
        """Without care Python's last flush would turn it into 120."""
        script = """
            import sys
            from gan.headless.line_console import JsonConsole
            from gan.events import Noted

            console = JsonConsole(sys.stdout)
            while console.failure is None:
                console(Noted(time=0, text="x" * 1000))
            print("the last line goes nowhere")
            sys.exit(7)
        """
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            talk = process.stderr.read()

        assert (process.returncode, talk) == (7, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
    def test_a_full_disk_is_remembered(self) -> None:
        with Path("/dev/full").open("w") as stream:
            console = JsonConsole(stream)
            console(events.Noted(time=0, text="lost"))

        assert console.failure is not None
        assert console.failure.strerror == "No space left on device"


def test_a_line_without_a_speed_has_no_time_left() -> None:
    progress = RunProgress(
        step=10, total_steps=40, steps_per_epoch=20, batch_size=4, d_loss=1, g_loss=2
    )

    assert steps_line(progress) == ("epoch 1/2  step 10/40  d_loss 1.0000  g_loss 2.0000  0 img/s")


def test_a_line_has_the_newest_distance_and_the_best_if_that_is_another() -> None:
    bests = (Best(5, 8.0, "mnist-1", 1000), Best(10, 7.5, "mnist-1", 1000))
    progress = RunProgress(step=12, total_steps=40, evaluated_step=10, fd=7.5, bests=bests)

    assert steps_line(progress).endswith("0 img/s  FD 7.50")
    later = replace(progress, evaluated_step=12, fd=9.0)
    assert steps_line(later).endswith("0 img/s  FD 9.00 (best 7.50)")


def test_a_line_has_a_dash_if_the_data_allow_no_distance() -> None:
    progress = RunProgress(step=12, total_steps=40, evaluated_step=10)

    assert steps_line(progress).endswith("0 img/s  FD -")


OUTSIDE = "a\x1b]0;owned\x07\nb\u202ec\udce9"
SHOWN = r"a\x1b]0;owned\x07\nb\u202ec\udce9"


def ascii_stream() -> io.TextIOWrapper:
    """As of a process without a locale, in which nothing else can be written."""
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict", newline="")


def written_to(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("ascii")


@pytest.mark.parametrize(
    "event",
    [
        events.Noted(time=0.0, text=OUTSIDE, warning=True),
        events.ProgressMade(time=0.0, what=OUTSIDE, done=1, total=2, unit="images"),
        events.StorageFaulted(time=0.0, what=OUTSIDE, message=OUTSIDE),
        events.CheckpointRejected(time=0.0, path=OUTSIDE, reason=OUTSIDE),
        events.RunFailed(time=0.0, error="DataError", message=OUTSIDE, exit_code=4),
    ],
    ids=lambda event: type(event).__name__,
)
def test_text_from_outside_is_one_line_of_escapes(event: events.Event) -> None:
    stream = ascii_stream()
    LineConsole(stream)(event)

    written = written_to(stream)
    assert SHOWN in written
    assert written.count("\n") == 1
    assert written.rstrip("\n").isprintable()


def test_json_has_the_exact_text_in_ascii() -> None:
    stream = ascii_stream()
    JsonConsole(stream)(events.Noted(time=0.0, text=OUTSIDE, warning=True))

    assert json.loads(written_to(stream))["text"] == OUTSIDE
