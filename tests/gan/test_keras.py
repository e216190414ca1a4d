"""The callback: each `fit` is a run, with its losses, its samples and what viewers ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan.commands import Stop
from gan.events import Noted, RecordingStarted, RunFailed, RunFinished, SamplesDrawn, StepsCompleted
from gan.run.follower import read_events
from gan.run.mailbox import Mailbox
from tests.gan.recorder.recording import logged, only_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
"""It imports TensorFlow."""

STEPS = 6


def classifier() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input([4]), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def fit(model: Any, callback: Any, **options: Any) -> None:
    x, y = np.ones((STEPS * 8, 4), np.float32), np.ones((STEPS * 8, 1), np.float32)
    model.fit(x, y, batch_size=8, callbacks=[callback], verbose=0, **options)


def test_a_models_own_losses_are_series_with_validation_at_the_end_of_an_epoch(
    tmp_path: Path,
) -> None:
    from gan.keras import RunRecorder

    held_out = (np.ones((8, 4), np.float32), np.ones((8, 1), np.float32))
    fit(classifier(), RunRecorder(tmp_path, batch_size=8), epochs=2, validation_data=held_out)

    events = list(read_events(only_run(tmp_path)))
    series = logged(events)
    assert series["loss"].keys() == series["mae"].keys() == set(range(1, 2 * STEPS + 1))
    assert series["val_loss"].keys() == {STEPS, 2 * STEPS}
    started = next(event for event in events if isinstance(event, RecordingStarted))
    assert (started.total_steps, started.batch_size) == (2 * STEPS, 8)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].completed


def test_a_gan_has_its_losses_and_its_samples(tmp_path: Path) -> None:
    import keras

    from gan.keras import RunRecorder

    class Gan(keras.Model):  # type: ignore[misc] - Keras has no stubs
        def train_step(self, data: Any) -> dict[str, Any]:
            del data
            return {"d_loss": keras.ops.ones(()), "g_loss": keras.ops.full((), 2.0)}

    gan = Gan()
    gan.compile()
    callback = RunRecorder(tmp_path, samples=lambda: keras.ops.zeros((16, 28, 28, 1)))

    fit(gan, callback, epochs=1)

    events = list(read_events(only_run(tmp_path)))
    assert any(isinstance(event, SamplesDrawn) for event in events)
    assert any(isinstance(event, StepsCompleted) for event in events)
    assert logged(events)["g_loss"] == dict.fromkeys(range(1, STEPS + 1), 2.0)


def test_several_steps_in_one_execution_keep_their_numbers(tmp_path: Path) -> None:
    from gan.keras import RunRecorder

    model = classifier()
    model.compile("sgd", "mse", steps_per_execution=3)

    fit(model, RunRecorder(tmp_path), epochs=1)

    assert logged(read_events(only_run(tmp_path)))["loss"].keys() == {3, 6}


def test_a_last_execution_that_is_cut_short_counts_the_steps_that_were_made(
    tmp_path: Path,
) -> None:
    from gan.keras import RunRecorder

    model = classifier()
    model.compile("sgd", "mse", steps_per_execution=4)

    fit(model, RunRecorder(tmp_path), epochs=2)

    events = list(read_events(only_run(tmp_path)))
    assert logged(events)["loss"].keys() == {4, 6, 10, 12}
    assert isinstance(events[-1], RunFinished)
    assert events[-1].completed


def test_a_fit_that_goes_on_from_an_epoch_has_the_steps_of_the_others(tmp_path: Path) -> None:
    from gan.keras import RunRecorder

    fit(classifier(), RunRecorder(tmp_path), epochs=3, initial_epoch=1)

    events = list(read_events(only_run(tmp_path)))
    started = next(event for event in events if isinstance(event, RecordingStarted))
    assert started.total_steps == 2 * STEPS
    assert isinstance(events[-1], RunFinished)
    assert events[-1].completed


def test_what_other_callbacks_add_to_an_epoch_is_a_series_if_it_is_a_number(tmp_path: Path) -> None:
    import keras

    from gan.keras import RunRecorder

    class Measure(keras.callbacks.Callback):  # type: ignore[misc] - Keras has no stubs
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["fid"] = 10.0 - epoch
            logs["note"] = "no number, and no end of the fit"

    x, y = np.ones((STEPS * 8, 4), np.float32), np.ones((STEPS * 8, 1), np.float32)
    callbacks = [Measure(), RunRecorder(tmp_path)]
    classifier().fit(x, y, batch_size=8, epochs=2, callbacks=callbacks, verbose=0)

    series = logged(read_events(only_run(tmp_path)))
    assert series["fid"] == {STEPS: 10.0, 2 * STEPS: 9.0}
    assert series["loss"].keys() == set(range(1, 2 * STEPS + 1))


def test_a_viewers_stop_ends_the_fit(tmp_path: Path) -> None:
    import keras

    from gan.keras import RunRecorder

    model, callback = classifier(), RunRecorder(tmp_path)

    class AskToStop(keras.callbacks.Callback):  # type: ignore[misc] - Keras has no stubs
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            del logs
            if epoch == 0:
                Mailbox(only_run(tmp_path)).post(Stop())

    fit_until_stopped = 10_000
    x, y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)
    callbacks = [callback, AskToStop()]
    model.fit(x, y, epochs=fit_until_stopped, callbacks=callbacks, verbose=0)

    assert callback.run is not None
    assert callback.run.is_stopping
    assert callback.run.step < fit_until_stopped
    (*_, end) = read_events(only_run(tmp_path))
    assert isinstance(end, RunFinished)
    assert not end.completed


def test_a_fit_that_a_callback_ends_early_is_complete(tmp_path: Path) -> None:
    import keras

    from gan.keras import RunRecorder

    early = keras.callbacks.EarlyStopping("loss", mode="max")
    x, y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)
    classifier().fit(x, y, epochs=50, callbacks=[early, RunRecorder(tmp_path)], verbose=0)

    (*_, end) = read_events(only_run(tmp_path))
    assert isinstance(end, RunFinished)
    assert end.step < 50
    assert end.completed


def test_samples_that_fail_are_said_once_an_epoch_and_end_no_training(tmp_path: Path) -> None:
    from gan.keras import RunRecorder

    calls = []

    def draw() -> Any:
        calls.append(1)
        raise MemoryError("no room\nat all")

    with pytest.warns(RuntimeWarning, match="MemoryError: no room"):
        fit(classifier(), RunRecorder(tmp_path, samples=draw), epochs=2)

    events = list(read_events(only_run(tmp_path)))
    said = [event.text for event in events if isinstance(event, Noted)]
    assert said == [
        "samples failed, and are drawn again from the next epoch on: MemoryError: no room"
    ] * len(calls)
    assert len(calls) == 2
    assert logged(events)["loss"].keys() == set(range(1, 2 * STEPS + 1))


def fail_in_a_fit(runs: Path) -> None:
    import keras

    from gan.keras import RunRecorder

    class Fail(keras.callbacks.Callback):  # type: ignore[misc] - Keras has no stubs
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            raise ValueError("no such layer")

    x, y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)
    with RunRecorder(runs) as recorder:
        classifier().fit(x, y, callbacks=[recorder, Fail()], verbose=0)


def test_an_error_that_leaves_the_fit_is_how_the_run_ends_in_a_with_block(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such layer"):
        fail_in_a_fit(tmp_path)

    (*_, end) = read_events(only_run(tmp_path))
    assert isinstance(end, RunFailed)
    assert end.message == "ValueError: no such layer"


def test_a_fit_that_an_error_has_left_is_ended_by_the_next(tmp_path: Path) -> None:
    from gan.keras import RunRecorder

    callback = RunRecorder(tmp_path)
    callback.set_params({"steps": 1, "epochs": 1})
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    first = callback.run

    fit(classifier(), callback, epochs=1)

    assert first is not None
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(RuntimeError, match="has ended"):
        first.log(a=1.0)
