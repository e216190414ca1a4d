"""A whole run on disk, from its first event to its last, and the ends that it can have."""

from __future__ import annotations

import json
import re
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.models.networks import parameter_count
from gan.models.presets import DEFAULT_PRESET, PRESETS
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import read_config
from gan.run.follower import read_events
from gan.run.lock import RunLock
from gan.run.recorder import Recorder
from gan.run.status import read_status
from tests.gan.housing import CheckpointTaken, House, losses, story
from tests.gan.small import STEPS_PER_EPOCH

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from gan.events import Event
    from gan.session.session import TrainingSession
    from tests.gan.programs import Programs


def folders_of(*packages: str) -> tuple[str, ...]:
    """Where the code of packages lies; none of them is imported for it."""
    specs = filter(None, map(find_spec, packages))
    return tuple(place for spec in specs for place in spec.submodule_search_locations or ())


class TestARun:
    def test_it_tells_its_story_in_order(self, house: House) -> None:
        told = house.train(steps=5, sample_every="off").told
        assert [word for word in story(told) if word != "ProgressMade"] == [
            "loading data",
            "DataLoaded",
            "importing",
            "RunStarted",
            "compiling",
            "ModelsBuilt",
            "Noted",
            "training",
            "StepsCompleted",
            "saving",
            "CheckpointSaved",
            "RunFinished",
        ]

    def test_what_was_done_to_its_images_is_said(
        self, house: House, digits_file: Path, tmp_path: Path
    ) -> None:
        with np.load(digits_file) as archive:
            rows = archive["images"].reshape(-1, 784) / 255
        np.savez(tmp_path / "rows.npz", x_train=rows, y_train=np.zeros((3, 2)))

        ended = house.train(steps=2, data=str(tmp_path / "rows.npz"))

        told, left_out = [note for note in ended.notes if note.text.startswith("data: ")]
        assert f"{len(rows)} x 784 of float64" in told.text
        assert not told.warning
        assert "labels in y_train were left out: there are 3" in left_out.text
        assert left_out.warning
        assert {told.text, left_out.text} <= {
            note.text for note in read_events(ended.run) if isinstance(note, events.Noted)
        }

    def test_images_of_another_size_are_refused_if_it_asks(
        self, house: House, tmp_path: Path
    ) -> None:
        np.savez(tmp_path / "small.npz", images=np.eye(16)[None].repeat(200, 0))

        ended = house.train(steps=2, data=str(tmp_path / "small.npz"), exact_size=True)

        assert ended.last.exit_code == 4
        assert "images of 16 x 16 pixels" in ended.last.message

    def test_its_log_is_what_listeners_were_told(self, house: House) -> None:
        ended = house.train(steps=5, sample_every="off")
        told = [event for event in ended.told if not isinstance(event, events.ProgressMade)]
        assert story(read_events(ended.run)) == story(told)

    def test_its_log_holds_every_step_exactly_once(self, house: House) -> None:
        logged = losses(read_events(house.train(epochs=3).run))
        np.testing.assert_array_equal(logged[0], np.arange(1, 3 * STEPS_PER_EPOCH + 1))
        assert np.isfinite(logged).all()

    def test_it_says_what_it_trains_and_on_what(self, house: House, programs: Programs) -> None:
        networks = programs.of(DEFAULT_PRESET).gan.networks
        ended = house.train(steps=1)
        loaded, built = ended.only(events.DataLoaded), ended.only(events.ModelsBuilt)
        assert (loaded.name, loaded.images) == ("digits.npz", 600)
        assert loaded.examples.shape == (16, 28, 28)
        assert built.generator_params == parameter_count(networks.generator)
        assert built.discriminator_params == parameter_count(networks.discriminator)
        assert (built.steps_per_epoch, built.total_steps, built.images_dropped) == (18, 1, 24)
        assert (built.device, built.jit_compiled, built.threads) == ("CPU", True, 0)

    def test_it_says_where_the_time_before_its_first_step_went(self, house: House) -> None:
        (note,) = house.train(steps=1).all(events.Noted)
        spent = ", ".join(rf"{part} ([\d.]+)" for part in ("data", "import", "compile"))
        seconds = re.fullmatch(rf"ready after ([\d.]+) s: {spent}", note.text)
        assert seconds
        total, *each = map(float, seconds.groups())
        assert total == pytest.approx(sum(each), abs=0.7)
        longest = re.sub(r"[\d.]+", "199.9", note.text)
        assert len(f" 03:04:05 note: {longest}") < 80, "it is cut in a narrow terminal"

    @pytest.mark.slow
    def test_a_cpu_that_is_asked_for_tf32_says_what_it_does(self, house: House) -> None:
        notes = house.train(steps=1, precision="tf32").all(events.Noted)
        assert [note.text for note in notes if note.warning] == [
            "--precision tf32 needs a GPU; using float32."
        ]

    def test_its_first_checkpoint_can_be_resumed_and_knows_its_data(self, house: House) -> None:
        ended = house.train(steps=3)
        checkpoint = CheckpointStore(ended.run, keep=3).load(3)
        point = checkpoint.resume_point
        assert point.fingerprint == ended.only(events.DataLoaded).fingerprint
        assert (point.environment["device"], point.environment["jit_compiled"]) == ("CPU", True)
        assert point.log_offset <= ended.run.log_path.stat().st_size

    def test_its_last_status_is_its_end(self, house: House) -> None:
        status = read_status(house.train(steps=5).run)
        assert (status["phase"], status["step"], status["total_steps"]) == ("finished", 5, 5)
        assert (status["exit_code"], status["exit_reason"]) == (0, "completed")
        assert status["checkpoint_step"] == 5

    def test_its_configuration_is_resolved_and_names_the_device(self, house: House) -> None:
        run = house.train(steps=1).run
        record = json.loads(run.config_path.read_text())
        assert read_config(run) == house.config(steps=1)
        assert record["config"]["learning_rate"] == PRESETS[DEFAULT_PRESET].recipe.learning_rate
        assert record["environment"]["device"] == "CPU"
        assert record["environment"]["tensorflow"]
        assert record["command_line"] == ["gan-tui", "--test"]

    def test_it_is_named_by_number_preset_and_data(self, house: House) -> None:
        names = [house.train(steps=1, preset=preset).run.name for preset in ("mlp", "tutorial")]
        assert names == ["00001-mlp-digits.npz", "00002-tutorial-digits.npz"]

    def test_it_can_be_given_a_directory(self, house: House, tmp_path: Path) -> None:
        ended = house.train(steps=1, run_dir=tmp_path / "deep" / "mine")
        assert ended.run.path == tmp_path / "deep" / "mine"
        assert not house.runs.exists()

    def test_two_runs_of_one_seed_are_the_same(self, house: House) -> None:
        first, second = (house.train(steps=20).run for _ in range(2))
        np.testing.assert_array_equal(losses(read_events(first)), losses(read_events(second)))

    def test_tensorflow_is_called_in_the_trainer_thread_alone(self, house: House) -> None:
        """Keras keeps its global state by thread."""
        tensorflow = folders_of("tensorflow", "keras")
        callers: set[str] = set()

        def note_caller(frame: FrameType, what: str, _: object) -> None:
            if what == "call" and frame.f_code.co_filename.startswith(tensorflow):
                callers.add(threading.current_thread().name)

        threading.setprofile(note_caller)
        sys.setprofile(note_caller)
        try:
            house.train(steps=3)
        finally:
            threading.setprofile(None)
            sys.setprofile(None)
        assert callers == {"trainer"}

    def test_listeners_are_called_in_the_trainer_thread(self, house: House) -> None:
        threads: set[str] = set()
        house.train(steps=3, on=lambda _, __: threads.add(threading.current_thread().name))
        assert threads == {"trainer"}

    def test_its_lock_is_free_when_it_is_over(self, house: House) -> None:
        with RunLock(house.train(steps=1).run):
            pass

    def test_no_thread_is_left_behind(self, house: House) -> None:
        house.train(steps=1)
        names = {thread.name for thread in threading.enumerate()}
        assert not names & {"trainer", "heartbeat"}


class TestFailing:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            pytest.param({"data": "/nowhere/digits.npz"}, "/nowhere/digits.npz", id="no data"),
            pytest.param({"batch_size": 601}, "600 images do not fill one batch of 601", id="few"),
        ],
    )
    def test_unusable_data_leaves_nothing_on_disk(
        self, house: House, options: dict[str, Any], said: str
    ) -> None:
        ended = house.train(**options)
        assert isinstance(ended.last, events.RunFailed)
        assert (ended.last.error, ended.last.exit_code) == ("DataError", 4)
        assert said in ended.last.message
        assert ended.last.traceback == ""
        assert not house.runs.exists()

    def test_a_missing_gpu_leaves_nothing_on_disk(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda _: [])
        ended = house.train(steps=1, device="gpu")
        assert isinstance(ended.last, events.RunFailed)
        assert (ended.last.error, ended.last.exit_code) == ("DeviceError", 1)
        assert "gan-tui[cuda]" in ended.last.message
        assert not house.runs.exists()

    def test_a_directory_that_is_taken_is_refused_untouched(
        self, house: House, tmp_path: Path
    ) -> None:
        (tmp_path / "thesis.txt").write_text("mine")
        ended = house.train(steps=1, run_dir=tmp_path)
        assert (ended.last.error, ended.last.exit_code) == ("UsageError", 2)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_an_unexpected_error_ends_the_run_with_its_traceback(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explode(*_: Any) -> None:
            raise ValueError("a shape is wrong\nand more")

        monkeypatch.setattr("gan.training.build.compile_program", explode)
        ended = house.train(steps=1)
        assert isinstance(ended.last, events.RunFailed)
        assert (ended.last.error, ended.last.exit_code) == ("ValueError", 1)
        assert ended.last.message == "ValueError: a shape is wrong"
        assert "in explode" in ended.last.traceback
        assert read_status(ended.run)["exit_reason"] == "error"
        assert story(read_events(ended.run))[-1] == "RunFailed"

    def test_a_diverged_run_keeps_its_losses_and_the_checkpoint_before(
        self, house: House, programs: Programs
    ) -> None:
        is_taken = CheckpointTaken()

        def on(_session: TrainingSession, event: Event) -> None:
            if is_taken(event):
                gan = programs.of("mlp").gan
                gan.networks.generator.variables[0].assign(
                    gan.networks.generator.variables[0] * np.nan
                )

        ended = house.train(steps=30, checkpoint_every="10", on=on)

        assert (ended.last.error, ended.last.exit_code) == ("Diverged", 3)
        assert "at step 11:" in ended.last.message
        assert CheckpointStore(ended.run, keep=3).steps() == [10]
        assert np.isnan(losses(read_events(ended.run))[1, 10])
        assert read_status(ended.run)["exit_reason"] == "diverged"

    def test_a_failed_run_can_be_resumed(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usual = Recorder.save_samples

        def fail_at_step_12(record: Recorder, step: int, *rest: Any) -> str:
            if step == 12:
                raise RuntimeError("the picture library is broken")
            return usual(record, step, *rest)

        whole = house.train(steps=20).run
        with monkeypatch.context() as patch:
            patch.setattr(Recorder, "save_samples", fail_at_step_12)
            failed = house.train(steps=20, checkpoint_every="6", sample_every="6")
        assert failed.last.exit_code == 1
        house.train(steps=20, resume=failed.run)
        np.testing.assert_array_equal(losses(read_events(failed.run)), losses(read_events(whole)))
