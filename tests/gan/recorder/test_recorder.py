"""A loop's run is on disk as any other: its steps, its grids, what it was asked, how it ended."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan import Recorder, StopRequested, events
from gan.commands import COMMANDS, Stop
from gan.disk import arrays
from gan.errors import RunLockedError
from gan.events import (
    CommandAnswered,
    Paused,
    PhaseEntered,
    RecordingStarted,
    RunFailed,
    RunFinished,
    RunStarted,
    SamplesDrawn,
    Unpaused,
)
from gan.run.directory import RunDirectory
from gan.run.leases import Lease
from gan.run.live import LiveReader
from gan.run.liveness import Pulse
from gan.run.lock import RunLock
from gan.run.mailbox import Mailbox
from gan.run.overview import summary_of
from gan.run.samples import read_samples
from gan.run.status import read_status
from gan.run_facts.sighting import Liveness
from tests.gan.recorder.recording import logged, only_run, wait_until, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gan.commands import Command


def run_of(recorder: Recorder) -> RunDirectory:
    return RunDirectory(recorder.path)


def ask(recorder: Recorder, command: Command) -> str:
    return Mailbox(run_of(recorder)).post(command)


def obey_until(recorder: Recorder, is_done: Callable[[], bool], **functions: Any) -> None:
    """Make no steps, but obey, until something has happened."""

    def obeyed() -> bool:
        recorder.obey(**functions)
        return is_done()

    wait_until(obeyed)


def answer_to(recorder: Recorder, message: str, **functions: Any) -> CommandAnswered:
    """What the log says to a message."""
    found: list[CommandAnswered] = []

    def is_answered() -> bool:
        answers = (event for event in written(recorder) if isinstance(event, CommandAnswered))
        found.extend(answer for answer in answers if answer.id == message)
        return bool(found)

    obey_until(recorder, is_answered, **functions)
    return found[0]


def test_a_run_has_the_events_of_any_other_in_the_usual_order(tmp_path: Path) -> None:
    with Recorder(tmp_path, name="my-gan", total_steps=2, batch_size=64) as run:
        run.log(d_loss=1.5, g_loss=0.5, lr=0.1)
        run.log(d_loss=1.25, g_loss=0.75, lr=0.2)

    found = written(run)

    kinds = (RunStarted, RecordingStarted, PhaseEntered, events.StepsCompleted)
    assert [type(event) for event in found[:4]] == [*kinds]
    assert isinstance(found[1], RecordingStarted)
    assert (found[1].total_steps, found[1].batch_size, found[1].obeys) == (2, 64, ())
    assert logged(found) == {
        "d_loss": {1: 1.5, 2: 1.25},
        "g_loss": {1: 0.5, 2: 0.75},
        "lr": {1: pytest.approx(0.1), 2: pytest.approx(0.2)},
    }
    assert isinstance(found[-1], RunFinished)
    assert found[-1].completed
    assert run.path.name == "00001-my-gan"


def test_the_configuration_has_the_program_and_the_loops_own_settings(
    record: Callable[..., Recorder],
) -> None:
    run = record(program="train.py", settings={"lr": 1e-4})

    saved = json.loads(run_of(run).config_path.read_text())

    assert saved["schema_version"] == 2
    assert saved["config"] == {"recorded_program": "train.py", "settings": {"lr": 1e-4}}
    assert run.path.name == "00001-train"


def test_the_status_says_how_it_ended(tmp_path: Path) -> None:
    with Recorder(tmp_path) as run:
        run.log(d_loss=1.5, g_loss=0.5)
        assert read_status(run_of(run))["exit_code"] is None

    status = read_status(run_of(run))
    assert (status["phase"], status["exit_code"], status["exit_reason"]) == (
        "finished",
        0,
        "completed",
    )
    assert (status["step"], status["d_loss"]) == (1, 1.5)


def test_it_is_listed_with_its_program_and_its_newest_values(tmp_path: Path) -> None:
    with Recorder(tmp_path, program="train.py", total_steps=5) as run:
        run.log(loss=0.5)
        summary = summary_of(run_of(run), Pulse(), time.time())
        assert summary is not None
        assert summary.liveness is Liveness.LIVE

    summary = summary_of(run_of(run), Pulse(), time.time())
    assert summary is not None
    assert (summary.program, summary.state, summary.problems) == ("train.py", "stopped", ())
    assert (summary.step, summary.total_steps) == (1, 5)
    assert read_status(run_of(run))["series"] == {"loss": 0.5}


def test_no_other_process_takes_the_run_while_it_is_recorded_and_any_may_later(
    tmp_path: Path,
) -> None:
    with Recorder(tmp_path) as run, pytest.raises(RunLockedError, match="in use by"):
        RunLock(run_of(run)).acquire()

    with RunLock(run_of(run)):
        pass


def test_each_call_is_a_step_unless_it_says_which(record: Callable[..., Recorder]) -> None:
    run = record()
    run.log(a=1.0)
    run.log(a=2.0)
    run.log(a=9.0, step=np.int64(9))
    run.log({"b/c": 3.0}, step=run.step)
    run.log(a=10.0)
    run.close()

    assert run.step == 10
    assert logged(written(run)) == {"a": {1: 1, 2: 2, 9: 9, 10: 10}, "b/c": {9: 3}}


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ({"step": 0, "a": 1.0}, "step: received 0, expected 1 or more.*pass step \\+ 1"),
        ({"step": 4, "a": 1.0}, "step: received 4, expected 5 or more"),
        ({"step": 2**70, "b": 1.0}, f"step: received {2**70}, expected .* or less"),
        ({"step": 5, "a": 1.0}, "series 'a': received a second value for step 5"),
        ({"a": np.zeros(2)}, "series 'a'.*log its mean"),
        ({"a" * 101: 1.0}, "expected 1 to 100"),
        ({"values": {"step": 6, "a": 1.0}}, "series 'step'.*pass step="),
    ],
    ids=["zero", "backwards", "huge", "twice", "array", "long name", "step as a series"],
)
def test_a_call_that_makes_no_sense_is_refused_and_changes_nothing(
    record: Callable[..., Recorder], call: dict[str, Any], why: str
) -> None:
    run = record()
    run.log(a=1.0, step=5)

    with pytest.raises(ValueError, match=why):
        run.log(call.pop("values", None), **call)

    assert run.step == 5


@pytest.mark.parametrize("values", [0.5, [("a", 1.0)]])
def test_values_without_names_are_refused(record: Callable[..., Recorder], values: Any) -> None:
    with pytest.raises(TypeError, match=r"log: received .*expected values by name"):
        record().log(values)


def test_a_step_that_is_no_number_and_a_series_too_many_are_refused(
    record: Callable[..., Recorder],
) -> None:
    run = record()
    with pytest.raises(TypeError, match=r"step: received 1\.5"):
        run.log(a=1.0, step=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="step: received True"):
        run.log(a=1.0, step=True)
    with pytest.raises(ValueError, match="more than 256 series"):
        run.log({f"series {number}": 1.0 for number in range(257)})


@pytest.mark.parametrize("options", [{"total_steps": -1}, {"batch_size": 1.5}, {"sample_every": 0}])
def test_options_that_make_no_sense_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))}: received"):
        Recorder(tmp_path / "runs", **options)

    assert not (tmp_path / "runs").exists()


def test_counts_may_be_those_of_numpy_or_unknown(record: Callable[..., Recorder]) -> None:
    run = record(total_steps=np.int64(100), batch_size=None)
    run.close()

    started = next(event for event in written(run) if isinstance(event, RecordingStarted))
    assert (started.total_steps, started.batch_size) == (100, 0)


def test_settings_that_make_no_sense_leave_no_run_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="settings: received"):
        Recorder(tmp_path / "runs", settings=["lr"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="settings: received"):
        Recorder(tmp_path / "runs", settings={"text": "x" * 10_000_000})

    assert not (tmp_path / "runs").exists()


def test_samples_are_kept_in_their_own_size_and_for_the_screen(tmp_path: Path) -> None:
    latents = np.arange(32.0).reshape(16, 2)
    with Recorder(tmp_path, latents=latents) as run:
        run.log(loss=1.0)
        assert run.wants_samples()
        run.samples(np.full((16, 3, 40, 40), 0.5, np.float32))
        assert not run.wants_samples()

    (drawn,) = [event for event in written(run) if isinstance(event, SamplesDrawn)]
    assert (drawn.step, drawn.path) == (1, "samples/000001.png")
    with Image.open(run.path / "samples/000001.png") as picture:
        assert (picture.size, picture.mode) == ((160, 160), "RGB")
    assert read_samples(run_of(run), "samples/000001.png").shape == (16, 28, 28)
    layout = {"images": ((16, 28, 28), "|u1"), "latents": ((16, 2), "<f4")}
    kept = arrays.unpack((run.path / "samples/000001.npz").read_bytes(), layout)
    assert (kept["latents"] == latents).all()


def test_samples_come_after_the_values_of_their_step(tmp_path: Path) -> None:
    with Recorder(tmp_path) as run:
        run.log(loss=1.0)
        run.samples(np.zeros((16, 28, 28)))

    kinds = [type(event) for event in written(run)]
    assert kinds.index(events.SeriesLogged) < kinds.index(SamplesDrawn)


def test_a_loop_that_logs_nothing_says_the_step_of_its_samples(tmp_path: Path) -> None:
    with Recorder(tmp_path) as run:
        for step in (1, 2):
            run.samples(np.zeros((16, 28, 28)), step=step)
        with pytest.raises(ValueError, match="second batch for step 2"):
            run.samples(np.zeros((16, 28, 28)))

    names = sorted(path.name for path in run_of(run).samples_path.glob("*.png"))
    assert names == ["000001.png", "000002.png"]
    assert run.step == 2


def test_a_viewer_is_shown_previews_which_are_not_kept(record: Callable[..., Recorder]) -> None:
    run = record(sample_every=None)
    run.log(loss=1.0)
    assert not run.wants_samples()
    lease, live = Lease(run_of(run), 0.1), LiveReader(run_of(run))
    shown: list[object] = []

    def is_shown() -> bool:
        lease.renew()
        if run.wants_samples():
            run.samples(np.ones((16, 28, 28)))
        shown.extend(live.read())
        return bool(shown)

    obey_until(run, is_shown)

    assert isinstance(shown[0], SamplesDrawn)
    assert shown[0].images.max() == 255
    assert list(run_of(run).samples_path.iterdir()) == []


def test_a_pause_holds_the_loop_until_it_is_over(record: Callable[..., Recorder]) -> None:
    run = record()
    run.log(loss=1.0)
    ask(run, COMMANDS["pause"])
    paused = threading.Event()

    def unpause() -> None:
        wait_until(lambda: any(isinstance(event, Paused) for event in written(run)))
        paused.set()
        ask(run, COMMANDS["unpause"])

    other = threading.Thread(target=unpause)
    other.start()
    obey_until(run, paused.is_set)
    other.join()
    run.close()

    found = [event for event in written(run) if isinstance(event, (Paused, Unpaused))]
    assert [type(event) for event in found] == [Paused, Unpaused]


def test_the_loops_own_functions_save_and_resample(record: Callable[..., Recorder]) -> None:
    run, called = record(), list[str]()
    run.log(loss=1.0)
    run.samples(np.zeros((16, 28, 28)))

    def resample() -> np.ndarray:
        called.append("resample")
        return np.full((16, 3), 7.0)

    functions: dict[str, Any] = {"save": lambda: called.append("save"), "resample": resample}
    assert answer_to(run, ask(run, COMMANDS["save"]), **functions).done
    assert answer_to(run, ask(run, COMMANDS["resample"]), **functions).done

    assert called == ["save", "resample"]
    assert run.wants_samples(), "new latents are shown at once"
    started = [event for event in written(run) if isinstance(event, RecordingStarted)]
    assert started[-1].obeys == ("pause", "unpause", "stop", "save", "resample")


def test_what_the_loop_can_not_do_is_refused_in_words(record: Callable[..., Recorder]) -> None:
    run = record()
    for name in ("save", "roll_back", "evaluate"):
        answer = answer_to(run, ask(run, COMMANDS[name]))

        assert not answer.done
        assert answer.reason == f"this loop gives no way to {name.replace('_', ' ')}"


def test_a_save_that_fails_is_said_and_ends_no_training(record: Callable[..., Recorder]) -> None:
    run = record()

    def save() -> None:
        raise OSError("no room\nat all")

    answer = answer_to(run, ask(run, COMMANDS["save"]), save=save)

    assert answer.reason == "the loop's own function failed: OSError: no room"


def test_a_stop_is_told_to_the_loop_and_is_how_the_run_ends(tmp_path: Path) -> None:
    with Recorder(tmp_path, total_steps=100) as run:
        run.log(loss=1.0)
        message = ask(run, Stop())
        obey_until(run, lambda: run.is_stopping)
        assert run.obey()

    end = written(run)[-1]
    assert isinstance(end, RunFinished)
    assert not end.completed
    answers = [event for event in written(run) if isinstance(event, CommandAnswered)]
    assert [(answer.id, answer.done) for answer in answers] == [(message, True)]
    assert read_status(run_of(run))["exit_reason"] == "stopped"


def test_a_stop_that_is_raised_ends_the_block_quietly(tmp_path: Path) -> None:
    with Recorder(tmp_path) as run:
        ask(run, Stop())
        obey_until(run, lambda: run.is_stopping)
        run.obey(raise_on_stop=True)
        pytest.fail("the block went on")

    assert isinstance(written(run)[-1], RunFinished)
    assert not issubclass(StopRequested, Exception)


def test_what_nobody_obeys_is_answered_at_the_end(tmp_path: Path) -> None:
    with Recorder(tmp_path) as run:
        message = ask(run, COMMANDS["pause"])
        wait_until(lambda: not any(run_of(run).mailbox_path.iterdir()))

    (answer,) = [event for event in written(run) if isinstance(event, CommandAnswered)]
    assert (answer.id, answer.done, answer.reason) == (message, False, "the run has ended")


def test_an_error_that_leaves_the_block_is_recorded_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path) as run:
        run.log(loss=1 / 0)

    end = written(run)[-1]
    assert isinstance(end, RunFailed)
    assert end.message == "ZeroDivisionError: division by zero"
    assert "test_recorder.py" in end.traceback


def test_an_interrupt_is_a_stop(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Recorder(tmp_path):
        raise KeyboardInterrupt

    assert read_status(only_run(tmp_path))["exit_code"] == 130


def test_a_run_that_has_ended_takes_nothing_more(record: Callable[..., Recorder]) -> None:
    run = record()
    run.close()
    run.close()

    for call in (lambda: run.log(a=1.0), run.obey, lambda: run.samples(np.zeros((1, 2, 2)))):
        with pytest.raises(RuntimeError, match="has ended; open another Recorder"):
            call()
    assert not run.wants_samples()


def test_values_that_are_logged_from_several_threads_all_arrive(
    record: Callable[..., Recorder],
) -> None:
    run = record()

    def log() -> None:
        for _ in range(500):
            run.log(a=1.0)

    threads = [threading.Thread(target=log) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.close()

    assert logged(written(run))["a"].keys() == set(range(1, 2001))


def test_a_forked_process_is_refused_and_ends_nothing(record: Callable[..., Recorder]) -> None:
    run = record()
    run.log(a=1.0)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        # It has a copy of the recorder and none of its threads.
        try:
            run.close()
            run.log(a=2.0)
        except RuntimeError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)

    with os.fdopen(reading) as said:
        assert f"recorded by process {os.getpid()}" in said.read()
    run.log(a=3.0)
    run.close()
    assert logged(written(run)) == {"a": {1: 1, 2: 3}}
