"""A resumed run equals the run that was never interrupted."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan import events
from gan.commands import Resample, Stop
from gan.errors import UsageError
from gan.events import Phase
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import read_config
from gan.run.directory import RunDirectory
from gan.run.follower import read_events
from gan.run.lock import RunLock
from tests.gan.housing import FOREVER, House, digest, in_turn, losses, state, story
from tests.gan.small import STEPS_PER_EPOCH

if TYPE_CHECKING:
    from pathlib import Path

    from gan.events import Event
    from tests.gan.programs import Programs


class TestResuming:
    @pytest.mark.parametrize(
        ("preset", "precision"),
        [
            ("tutorial", "float32"),
            ("mlp", "float32"),
            pytest.param("mlp", "bfloat16", marks=pytest.mark.slow),
            pytest.param("mlp-dropout", "float32", marks=pytest.mark.slow),
            pytest.param("dcgan", "float32", marks=pytest.mark.slow),
            pytest.param("dcgan", "bfloat16", marks=pytest.mark.slow),
        ],
    )
    def test_it_equals_a_run_that_was_not_interrupted(
        self, house: House, preset: str, precision: str
    ) -> None:
        """Losses, weights and the average, bit for bit, while the learning rates fall.

        The preset `mlp-dropout` drops.
        """
        options = {"preset": preset, "precision": precision}
        whole = house.train(steps=40, **options).run
        parts = house.train(steps=25, **options).run
        resumed = house.train(steps=40, **options, resume=parts)

        assert resumed.only(events.RunStarted).resumed_from == 25
        assert resumed.run == parts
        np.testing.assert_array_equal(losses(read_events(parts)), losses(read_events(whole)))
        expected = state(whole)
        for name, array in state(parts).items():
            np.testing.assert_array_equal(array, expected[name], err_msg=name)

    @pytest.mark.parametrize(
        ("preset", "seed"),
        [
            ("mlp", 5),
            pytest.param("mlp", 6, marks=pytest.mark.slow),
            pytest.param("mlp-dropout", 7, marks=pytest.mark.slow),
        ],
    )
    def test_twice_as_many_steps_equal_so_many_and_again_so_many_cut_otherwise(
        self, house: House, preset: str, seed: int
    ) -> None:
        """Executions of other sizes after the resume; one of the presets drops."""
        options = {"preset": preset, "seed": seed}
        whole = house.train(steps=40, sample_every="off", **options)
        parts = house.train(steps=20, sample_every="off", **options).run
        resumed = house.train(steps=40, sample_every="1", resume=parts, **options)

        assert largest_execution(whole.told) > 1 == largest_execution(resumed.told)
        np.testing.assert_array_equal(losses(read_events(parts)), losses(read_events(whole.run)))
        assert digest(parts) == digest(whole.run)

    @pytest.mark.parametrize("preset", ["mlp", pytest.param("dcgan", marks=pytest.mark.slow)])
    def test_more_epochs_are_the_run_that_was_asked_for_them_at_once(
        self, house: House, preset: str
    ) -> None:
        """Losses, weights, the average and the samples; the rates depend on no run's length."""
        whole = house.train(epochs=3, preset=preset)
        parts = house.train(epochs=1, preset=preset).run
        resumed = house.train(epochs=3, preset=preset, resume=parts)

        assert resumed.only(events.RunStarted).resumed_from == STEPS_PER_EPOCH
        np.testing.assert_array_equal(losses(read_events(parts)), losses(read_events(whole.run)))
        assert digest(parts) == digest(whole.run)
        last, expected = (ended.all(events.SamplesDrawn)[-1] for ended in (resumed, whole))
        assert last.step == expected.step == 3 * STEPS_PER_EPOCH
        np.testing.assert_array_equal(last.images, expected.images)

    @pytest.mark.slow
    def test_a_run_of_mlp_before_recipes_goes_on_bit_for_bit(self, house: House) -> None:
        """Its config.json has neither a recipe nor today's name of its networks."""
        whole = house.train(steps=40, preset="mlp-dropout").run
        run = house.train(steps=20, preset="mlp-dropout").run
        record = json.loads(run.config_path.read_text())
        recipe = {"horizon", "loss", "gradient_penalty", "max_shift", "ema_half_life"}
        new = recipe | {"shift_share"}
        config = {name: value for name, value in record["config"].items() if name not in new}
        old = {**record, "schema_version": 1, "config": {**config, "preset": "mlp"}}
        run.config_path.write_text(json.dumps(old))

        options = read_config(run).with_options({"steps": 40}).to_json()
        house.train(resume=run, **options)

        np.testing.assert_array_equal(losses(read_events(run)), losses(read_events(whole)))
        assert digest(run) == digest(whole)
        assert json.loads(run.config_path.read_text())["schema_version"] == 2
        assert read_config(run).preset == "mlp-dropout"

    def test_it_keeps_the_precision_that_auto_came_to(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a machine where auto would come to another."""
        best = "gan.training.device.best_precision"
        monkeypatch.setattr(best, lambda: "float32")
        run = house.train(steps=2, precision="auto").run
        assert json.loads(run.config_path.read_text())["config"]["precision"] == "float32"
        assert read_events(run)[-1].exit_code == 0

        monkeypatch.setattr(best, lambda: "bfloat16")
        options = read_config(run).with_options({"steps": 4, "precision": "auto"}).to_json()
        resumed = house.train(resume=run, **options)

        assert resumed.only(events.RunStarted).config["precision"] == "float32"
        assert read_config(run).precision == "float32"
        assert resumed.notes == []

    def test_what_was_logged_after_the_checkpoint_is_cut_and_kept(self, house: House) -> None:
        """As after a crash: the log is ahead of the newest checkpoint."""
        whole = house.train(steps=30).run
        run = house.train(steps=25, checkpoint_every="10").run
        shutil.rmtree(run.checkpoints_path / "step-00000025")

        resumed = house.train(steps=30, resume=run)

        assert resumed.only(events.RunStarted).resumed_from == 20
        np.testing.assert_array_equal(losses(read_events(run)), losses(read_events(whole)))
        (kept,) = run.path.glob("events.jsonl.cut-*")
        assert '"StepsCompleted"' in kept.read_text()
        assert resumed.note.text == (
            "5 steps after the checkpoint count no more: the events since were moved to "
            f"{kept.name}, and nothing else is lost"
        )

    def test_latents_that_were_drawn_anew_are_kept(self, house: House) -> None:
        on = in_turn(
            (events.StepsCompleted, Resample()),
            (events.Resampled, Resample()),
            (events.Resampled, Stop()),
        )
        stopped = house.train(steps=FOREVER, on=on)
        resumed = house.train(steps=stopped.last.step + 1, resume=stopped.run)
        checkpoint = CheckpointStore(resumed.run, keep=3).load(resumed.last.step)
        assert checkpoint.resume_point.draw == 2

    def test_a_damaged_checkpoint_is_told_of_and_the_one_before_is_used(self, house: House) -> None:
        run = house.train(steps=20, checkpoint_every="10").run
        (run.checkpoints_path / "step-00000020" / "state.npz").write_bytes(b"damaged")
        resumed = house.train(steps=21, resume=run)
        assert resumed.only(events.CheckpointRejected).path.endswith("step-00000020.corrupt")
        assert resumed.only(events.RunStarted).resumed_from == 10

    def test_a_machine_that_may_compute_otherwise_is_told_of(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """TensorFlow takes its threads once a process, so here the number is only written down."""
        monkeypatch.setattr("gan.training.device.limit_threads", lambda _: None)
        run = house.train(steps=2, threads=1).run
        resumed = house.train(steps=4, threads=2, resume=run)
        note = resumed.note
        assert note in read_events(run)
        assert note.warning
        assert note.text == "state exact, trajectory may differ: threads 2, was 1."

    def test_that_xla_compiles_no_more_is_told_of(
        self, house: House, programs: Programs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = house.train(steps=2).run
        plain = replace(programs.of("mlp"), jit_compiled=False)
        monkeypatch.setattr("gan.training.build.compile_program", lambda *_: plain)
        note = house.train(steps=4, resume=run).note
        assert note.text == "state exact, trajectory may differ: jit_compile off, was on."

    def test_the_same_machine_is_not_worth_a_word(self, house: House) -> None:
        run = house.train(steps=2).run
        assert house.train(steps=4, resume=run).notes == []

    def test_the_earlier_losses_are_told_to_whoever_asks(self, house: House) -> None:
        run = house.train(steps=25).run
        resumed = house.train(steps=30, resume=run, replay=True)
        told = losses([*resumed.replayed, *resumed.told])
        np.testing.assert_array_equal(told, losses(read_events(run)))

    def test_only_what_still_stands_in_the_log_is_replayed(self, house: House) -> None:
        """What was cut did not happen to this run: its end least of all."""
        run = house.train(steps=25, checkpoint_every="10").run
        shutil.rmtree(run.checkpoints_path / "step-00000025")
        resumed = house.train(steps=30, resume=run, replay=True)
        replayed = story(resumed.replayed)
        assert losses(resumed.replayed)[0][-1] == 20
        assert "RunFinished" not in replayed
        assert replayed == story(read_events(run))[: len(replayed)]

    def test_nothing_is_replayed_of_a_new_run(self, house: House) -> None:
        assert house.train(steps=2, replay=True).replayed == []

    def test_other_images_are_refused(self, house: House, digits_file: Path) -> None:
        run = house.train(steps=2).run
        before = run.log_path.read_bytes()
        other = house.runs / "other.npz"
        with np.load(digits_file) as archive:
            np.savez(other, images=archive["images"][::-1])

        refused = house.train(steps=4, resume=run, data=str(other))

        assert (refused.last.error, refused.last.exit_code) == ("DataError", 4)
        assert "is not what 00001-mlp-digits.npz was trained on" in refused.last.message
        phases = [event.phase for event in refused.all(events.PhaseEntered)]
        assert phases == [Phase.LOADING], "TensorFlow was imported for it"
        assert run.log_path.read_bytes() == before

    def test_how_its_images_were_read_cannot_be_changed(self, house: House) -> None:
        run = house.train(steps=2).run

        with pytest.raises(UsageError, match=r"--exact-size True \(the run has False\)"):
            read_config(run).with_options({"exact_size": True})

    def test_a_run_that_is_being_written_to_is_refused(self, house: House) -> None:
        run = house.train(steps=2).run
        before = run.log_path.read_bytes()
        with RunLock(run):
            refused = house.train(steps=4, resume=run)
        assert (refused.last.error, refused.last.exit_code) == ("RunLockedError", 1)
        assert len(refused.told) == 1, "it was made to wait for data and TensorFlow"
        assert run.log_path.read_bytes() == before

    def test_a_run_whose_checkpoints_are_gone_is_refused(self, house: House) -> None:
        run = house.train(steps=2).run
        shutil.rmtree(run.checkpoints_path / "step-00000002")
        refused = house.train(steps=4, resume=run)
        assert (refused.last.error, refused.last.exit_code) == ("CheckpointError", 4)
        assert "its log names checkpoints, but there are none" in refused.last.message

    def test_a_checkpoint_of_another_preset_is_refused(self, house: House) -> None:
        run = house.train(steps=2, preset="tutorial").run
        refused = house.train(steps=4, preset="mlp", resume=run)
        assert (refused.last.error, refused.last.exit_code) == ("CheckpointError", 4)


class TestOneCheckpoint:
    """`--resume RUN@STEP`: that one, and no other."""

    @pytest.fixture
    def run(self, house: House) -> RunDirectory:
        return house.train(steps=30, checkpoint_every="10", keep=9).run

    def test_it_is_gone_on_from_and_the_later_ones_are_set_aside(
        self, house: House, run: RunDirectory
    ) -> None:
        whole, expected = losses(read_events(run)), digest(run)

        resumed = house.train(steps=30, resume=run, resume_step=10, keep=9)

        assert resumed.only(events.RunStarted).resumed_from == 10
        assert CheckpointStore(run, keep=9).steps() == [10, 30]
        aside = {path.name for path in run.checkpoints_path.glob("*.abandoned*")}
        assert aside == {"step-00000020.abandoned", "step-00000030.abandoned"}
        np.testing.assert_array_equal(losses(read_events(run)), whole)
        assert digest(run) == expected

    def test_a_damaged_one_is_refused_and_nothing_is_touched(
        self, house: House, run: RunDirectory
    ) -> None:
        (run.checkpoints_path / "step-00000020" / "state.npz").write_bytes(b"damaged")
        before, log = snapshot(run), run.log_path.read_bytes()

        refused = house.train(steps=40, resume=run, resume_step=20, keep=9)

        assert (refused.last.error, refused.last.exit_code) == ("CheckpointError", 4)
        assert "step-00000020" in refused.last.message
        assert refused.all(events.CheckpointRejected) == []
        assert (snapshot(run), run.log_path.read_bytes()) == (before, log)

    def test_one_that_is_not_there_is_refused_and_the_others_are_named(
        self, house: House, run: RunDirectory
    ) -> None:
        refused = house.train(steps=40, resume=run, resume_step=15, keep=9)
        assert (refused.last.error, refused.last.exit_code) == ("CheckpointError", 4)
        assert "10, 20, 30" in refused.last.message


def snapshot(run: RunDirectory) -> list[str]:
    return sorted(str(path.relative_to(run.path)) for path in run.checkpoints_path.rglob("*"))


def largest_execution(told: list[Event]) -> int:
    return max(
        event.steps_per_execution for event in told if isinstance(event, events.StepsCompleted)
    )


KILLED = """
import json, os, signal, sys
from pathlib import Path

from gan import events
from gan.config import RunConfig
from gan.session.preparation import RunPlan
from gan.session.session import TrainingSession


last_step, saved = 0, 0


def kill(event):
    # Beyond a checkpoint, and before the next one.
    global last_step, saved
    if isinstance(event, events.StepsCompleted):
        last_step = event.last_step
    elif isinstance(event, events.CheckpointSaved):
        saved = event.step
    if saved == 20 and last_step > 20:
        os.kill(os.getpid(), signal.SIGKILL)


config, runs = sys.argv[1:]
plan = RunPlan(config=RunConfig.resolve(json.loads(config)), runs=Path(runs))
session = TrainingSession(plan, listeners=[kill])
session.start()
session.join()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "seed"), [("mlp", 5), ("mlp", 6), ("mlp-dropout", 7)])
def test_a_process_that_was_killed_goes_on_bit_for_bit(
    house: House, preset: str, seed: int
) -> None:
    """With averaging and a schedule or with dropout; the rest is cut in another way."""
    options = {"steps": 40, "preset": preset, "seed": seed}
    whole = house.train(**options).run
    config = json.dumps(house.config(checkpoint_every="10", **options).to_json())
    command = [sys.executable, "-c", KILLED, config, str(house.runs / "killed")]
    dead = subprocess.run(command, check=False, capture_output=True, timeout=300)
    assert dead.returncode == -signal.SIGKILL
    (run,) = map(RunDirectory, (house.runs / "killed").iterdir())
    assert "RunFinished" not in story(read_events(run))

    resumed = house.train(sample_every="3", resume=run, **options)

    assert resumed.only(events.RunStarted).resumed_from == 20
    np.testing.assert_array_equal(losses(read_events(run)), losses(read_events(whole)))
    assert digest(run) == digest(whole)


RESUME = """
import sys
from pathlib import Path

from gan.run.config_file import read_config
from gan.run.finding import open_run
from gan.session.preparation import RunPlan
from gan.session.session import TrainingSession

run = open_run(Path(sys.argv[1]))
config = read_config(run).with_options({"steps": 40})
session = TrainingSession(RunPlan(config=config, runs=run.path.parent, resume=run), listeners=[])
session.start()
session.join()
sys.exit(session.progress.error or session.progress.exit_code)
"""


@pytest.mark.slow
def test_a_new_process_goes_on_bit_for_bit(house: House) -> None:
    """It shares nothing with this one but the run directory, and compiles its own program."""
    whole = house.train(steps=40).run
    parts = house.train(steps=25).run

    command = [sys.executable, "-c", RESUME, str(parts.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)

    np.testing.assert_array_equal(losses(read_events(parts)), losses(read_events(whole)))
    expected = state(whole)
    for name, array in state(parts).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
