"""What is asked of the trainer while it trains, and when it is done."""

from __future__ import annotations

import itertools
import threading

import pytest

from gan import events
from gan.commands import (
    Abandon,
    Command,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    SaveCheckpoint,
    ShowGenerator,
    Stop,
    Unpause,
    Watch,
)
from gan.errors import RunLockedError
from gan.events import Phase
from gan.exchange.requests import Request
from tests.gan.training.fakes import ALL, RAW, STEPS_PER_EPOCH, AskedFor, Stage, at_step


class TestPause:
    def test_it_stops_the_steps_and_everything_else_is_still_served(self) -> None:
        stage = Stage(at={10: [Pause(), SaveCheckpoint(), Resample(), SaveCheckpoint(), Stop()]})
        stage.run()
        assert stage.steps_told == ALL[:10]
        assert stage.recorder.saved_steps == [10, 10]
        assert [saved.resume_point.draw for saved in stage.recorder.saved] == [0, 1]
        assert [event.draw for event in stage.told(events.Resampled)] == [1]
        assert all(event.requested for event in stage.told(events.CheckpointSaved))

    def test_resume_goes_on_where_it_stood(self) -> None:
        stage = Stage(at={10: [Pause(), SaveCheckpoint(), Unpause()]}).run()
        assert stage.steps_told == ALL
        assert [event.step for event in stage.told(events.Paused)] == [10]
        assert [event.step for event in stage.told(events.Unpaused)] == [10]
        assert stage.end.completed

    def test_a_checkpoint_while_paused_leaves_it_paused(self) -> None:
        stage = Stage(at={10: [Pause(), SaveCheckpoint(), Unpause()]}).run()
        phases = [event.phase for event in stage.told(events.PhaseEntered)]
        assert phases[:3] == [Phase.TRAINING, Phase.SAVING, Phase.PAUSED]

    def test_a_pause_outlasts_whoever_asked_for_it(self) -> None:
        stage = Stage(at={7: [Pause(), Watch(None), Unpause()]}).run()
        assert stage.story.count("Unpaused") == 1
        assert stage.steps_told == ALL

    def test_nobody_watching_any_more_nothing_is_drawn_for_them(self) -> None:
        stage = Stage(
            preview_seconds=0.0, sample_every="off", seconds_per_step=0.25, at={7: [Watch(None)]}
        ).run()
        assert [look.step for look in stage.told(events.SamplesDrawn)] == list(range(8))

    def test_whoever_comes_sees_a_preview_at_once_and_then_as_often_as_they_want(self) -> None:
        stage = Stage(seconds_per_step=0.25, at={7: [Watch(1.0)]}).run()
        drawn = [event.step for event in stage.told(events.SamplesDrawn)]
        assert drawn[0] == stage.end_of_call(7)
        assert {later - earlier for earlier, later in itertools.pairwise(drawn)} == {4}

    def test_another_rate_for_the_same_people_draws_nothing_out_of_turn(self) -> None:
        stage = Stage(at={7: [Watch(1e8)]}, preview_seconds=1e9).run()
        assert [event.step for event in stage.told(events.SamplesDrawn)] == [0]

    def test_whoever_comes_during_a_pause_sees_a_preview(self) -> None:
        stage = Stage(at={7: [Pause(), Watch(1e9), Unpause()]}).run()
        words = stage.story
        assert words.index("Paused") < words.index("SamplesDrawn") < words.index("Unpaused")

    def test_pausing_twice_is_told_once(self) -> None:
        stage = Stage(at={10: [Pause(), Pause(), Unpause(), Unpause()]}).run()
        assert len(stage.told(events.Paused)) == len(stage.told(events.Unpaused)) == 1

    def test_it_can_begin_paused(self) -> None:
        stage = Stage(at={0: [Pause(), Unpause()]}).run()
        assert [event.step for event in stage.told(events.Paused)] == [0]
        assert stage.steps_told == ALL

    def test_the_time_of_a_pause_is_not_training(self) -> None:
        stage = Stage(at={10: [Pause(), Unpause()]}, seconds_per_step=0.25)
        stage.commands.get = slow(stage)
        assert stage.run().end.train_seconds == pytest.approx(5.0)

    def test_it_is_told_as_a_pause_once_the_training_goes_on(self) -> None:
        stage = Stage(at={10: [Pause(), Unpause()]}, seconds_per_step=0.25)
        stage.commands.get = slow(stage)
        told = [event.paused_seconds for event in stage.run().told(events.StepsCompleted)]
        # A minute each for the resume, and none for what is asked while it trains.
        assert (told[0], told[-1]) == (0.0, 60.0)

    def test_a_pause_waits_without_spinning(self) -> None:
        """One call for a command, which returns when there is one."""
        stage = Stage(at={10: [Pause()]})
        asked = threading.Event()
        answer = threading.Event()
        usual = stage.commands.get

        def get(*, block: bool, timeout: float | None = None) -> object:
            if not block:
                return usual(block=False)
            assert timeout is None
            assert not asked.is_set(), "asked again before there was anything"
            asked.set()
            answer.wait()
            return Request(Stop())

        stage.commands.get = get
        runner = threading.Thread(target=stage.run)
        runner.start()
        assert asked.wait(10)
        assert stage.steps_told == ALL[:10]
        answer.set()
        runner.join(10)
        assert stage.end.step == 10


def slow(stage: Stage) -> object:
    """A person who takes a minute over every command."""
    usual = stage.commands.get

    def get(*, block: bool, timeout: float | None = None) -> object:
        stage.clock.advance(60)
        return usual(block=block, timeout=timeout)

    return get


class TestAbandon:
    @pytest.mark.parametrize("before", [[], [Pause()], [Stop("epoch_end")], [SaveCheckpoint()]])
    def test_it_ends_the_run_at_once_and_saves_nothing(self, before: list[Command]) -> None:
        stage = Stage(at={6: [*before, Abandon("process 3 on node7 has it")]})
        stage.commands.at_once = True

        with pytest.raises(RunLockedError, match="process 3 on node7 has it"):
            stage.run()

        assert stage.steps_told == ALL[: stage.end_of_call(6)]
        assert stage.recorder.saved_steps == []
        assert not stage.told(events.RunFinished)


class TestStop:
    def test_now_is_after_the_running_execution(self) -> None:
        stage = Stage(at={2: [Stop()]}).run()
        assert stage.end.step == stage.end_of_call(2) < STEPS_PER_EPOCH
        assert not stage.end.completed
        assert stage.end.exit_code == 75

    def test_at_the_epochs_end_completes_the_epoch(self) -> None:
        stage = Stage(epochs=5, at={13: [Stop("epoch_end")]}).run()
        assert stage.steps_told == ALL
        assert stage.end.exit_code == 75

    def test_now_overtakes_the_epochs_end(self) -> None:
        stage = Stage(epochs=5, at={11: [Stop("epoch_end")], 14: [Stop(exit_code=143)]}).run()
        assert stage.end.step == stage.end_of_call(14) < 20
        assert stage.end.exit_code == 143

    def test_the_exit_code_is_the_one_asked_for(self) -> None:
        assert Stage(at={5: [Stop(exit_code=130)]}).run().end.exit_code == 130

    def test_a_run_that_was_complete_anyway_ends_well(self) -> None:
        stage = Stage(at={13: [Stop("epoch_end", exit_code=130)]}).run()
        assert stage.end.completed
        assert stage.end.exit_code == 0

    def test_it_leaves_a_checkpoint_and_a_grid_of_the_step_it_ended_at(self) -> None:
        stage = Stage(at={6: [Stop()]}, sample_every="1ep").run()
        stopped = stage.end.step
        assert stage.recorder.saved_steps == [stopped]
        assert [step for step, _ in stage.recorder.samples] == [0, stopped]

    def test_before_the_first_step_it_leaves_a_checkpoint_of_step_0(self) -> None:
        stage = Stage(at={0: [Stop()]}).run()
        assert stage.execution.calls == []
        assert stage.recorder.saved_steps == [0]
        assert stage.end.exit_code == 75

    def test_while_paused_it_is_a_resume_that_ends(self) -> None:
        stage = Stage(at={10: [Pause(), Stop()]}).run()
        assert stage.story[-5:] == [
            "Paused",
            "Unpaused",
            "PhaseEntered",
            "CheckpointSaved",
            "RunFinished",
        ]

    def test_what_was_saved_just_before_is_not_saved_twice(self) -> None:
        stage = Stage(at={10: [SaveCheckpoint(), Stop()]}).run()
        assert stage.recorder.saved_steps == [10]

    def test_latents_drawn_after_the_last_checkpoint_are_saved(self) -> None:
        """Or the digits that were watched would be gone after a resume."""
        stage = Stage(at={10: [SaveCheckpoint(), Resample(), Stop()]}).run()
        assert [(saved.step, saved.resume_point.draw) for saved in stage.recorder.saved] == [
            (10, 0),
            (10, 1),
        ]


class TestRequests:
    def test_a_requested_checkpoint_is_of_the_step_that_is_completed(self) -> None:
        stage = Stage(at={4: [SaveCheckpoint()]}).run()
        saved = stage.told(events.CheckpointSaved)
        assert [event.requested for event in saved] == [True, False]
        assert saved[0].step == stage.end_of_call(4)

    def test_a_requested_checkpoint_does_not_shift_the_regular_ones(self) -> None:
        stage = Stage(at={4: [SaveCheckpoint()]}, checkpoint_every="8").run()
        assert stage.recorder.saved_steps == [stage.end_of_call(4), 8, 16, 20]

    def test_resampling_shows_the_new_images_at_once(self) -> None:
        stage = Stage(at={5: [Resample()]}, preview_seconds=1e9).run()
        first, second = stage.told(events.SamplesDrawn)
        assert (first.images[0, 0, 0], second.images[0, 0, 0]) == (0, 1)
        position = stage.events.index(second)
        assert isinstance(stage.events[position - 1], events.Resampled)

    def test_later_grids_are_of_the_new_latents(self) -> None:
        stage = Stage(at={5: [Resample()]}, sample_every="1ep").run()
        assert stage.recorder.samples == [(0, 0.0), (10, 1.0), (20, 1.0)]

    def test_the_runs_own_latents_can_be_gone_back_to(self) -> None:
        stage = Stage(at={5: [Resample(), Resample(), RestoreLatents()]}, preview_seconds=1e9).run()
        assert [event.draw for event in stage.told(events.Resampled)] == [1, 2, 0]
        last = stage.told(events.SamplesDrawn)[-1]
        assert last.images[0, 0, 0] == 0
        before = stage.events[stage.events.index(last) - 1]
        assert isinstance(before, events.Resampled)

    def test_latents_that_were_gone_back_to_are_saved(self) -> None:
        stage = Stage(at={10: [Resample(), SaveCheckpoint(), RestoreLatents(), Stop()]}).run()
        assert [saved.resume_point.draw for saved in stage.recorder.saved] == [1, 0]


class TestInterpolating:
    def test_the_way_is_told_with_the_step_it_was_drawn_at(self) -> None:
        stage = Stage(at={5: [Resample(), Interpolate()]}, preview_seconds=1e9).run()
        (told,) = stage.told(events.LatentsInterpolated)
        assert told.step == stage.end_of_call(5)
        assert told.frames.shape == (3, 16, 28, 28)

    def test_the_runs_latents_stay(self) -> None:
        asked = [Resample(), SaveCheckpoint(), Interpolate(), SaveCheckpoint()]
        stage = Stage(at={5: asked}, preview_seconds=1e9).run()
        assert [saved.resume_point.draw for saved in stage.recorder.saved[:2]] == [1, 1]
        assert [event.draw for event in stage.told(events.Resampled)] == [1]

    def test_it_works_while_paused(self) -> None:
        stage = Stage(at={5: [Pause(), Interpolate(), Unpause()]}, preview_seconds=1e9).run()
        words = stage.story
        assert words.index("Paused") < words.index("LatentsInterpolated") < words.index("Unpaused")

    def test_nothing_is_drawn_for_nobody(self) -> None:
        for stage in (
            Stage(at={5: [Interpolate()]}),
            Stage(at={5: [Watch(None), Interpolate()]}, preview_seconds=1e9),
        ):
            assert stage.run().told(events.LatentsInterpolated) == []
            assert stage.end.completed


class TestShowingTheRawGenerator:
    def test_its_images_come_at_once_and_before_the_event_that_names_it(self) -> None:
        stage = Stage(at={5: [ShowGenerator(raw=True)]}, preview_seconds=1e9).run()
        shown, _ = stage.told(events.GeneratorShown)
        before = stage.events[stage.events.index(shown) - 1]
        assert shown.raw
        assert shown.step == stage.end_of_call(5)
        assert isinstance(before, events.SamplesDrawn)
        assert before.images[0, 0, 0] == RAW

    def test_what_is_kept_comes_from_the_averaged_generator(self) -> None:
        stage = Stage(
            at={5: [ShowGenerator(raw=True)]}, sample_every="1ep", preview_seconds=0
        ).run()
        drawn = [(e.path is None, int(e.images[0, 0, 0])) for e in stage.told(events.SamplesDrawn)]
        assert {pixel for is_preview, pixel in drawn if not is_preview} == {0}
        assert {pixel for is_preview, pixel in drawn if is_preview} == {0, RAW}

    def test_the_averaged_generator_can_be_gone_back_to(self) -> None:
        back_and_forth = [ShowGenerator(raw=True), ShowGenerator(raw=False)]
        stage = Stage(at={5: back_and_forth}, preview_seconds=1e9).run()
        assert [event.raw for event in stage.told(events.GeneratorShown)] == [True, False]
        assert stage.told(events.SamplesDrawn)[-1].images[0, 0, 0] == 0

    def test_an_interpolation_is_of_the_generator_that_is_shown(self) -> None:
        at = {5: [ShowGenerator(raw=True), Interpolate()]}
        stage = Stage(at=at, preview_seconds=1e9).run()
        (interpolated,) = stage.told(events.LatentsInterpolated)
        assert interpolated.frames[0, 0, 0, 0] == RAW

    def test_a_run_ends_with_the_averaged_generator_shown(self) -> None:
        stage = Stage(at={5: [ShowGenerator(raw=True)]}, preview_seconds=1e9).run()
        assert [event.raw for event in stage.told(events.GeneratorShown)] == [True, False]
        assert stage.told(events.SamplesDrawn)[-1].images[0, 0, 0] == 0

    def test_a_preset_without_an_averaged_generator_answers_so(self) -> None:
        stage = Stage(at={5: [ShowGenerator(raw=True)]}, preview_seconds=1e9)
        stage.sampler.has_raw = False
        stage.run()
        (noted,) = stage.told(events.Noted)
        assert noted.warning
        assert "no averaged generator" in noted.text
        assert not stage.told(events.GeneratorShown)

    def test_it_changes_nothing_of_the_training(self) -> None:
        stage = Stage(at={5: [ShowGenerator(raw=True)]}, preview_seconds=1e9).run()
        assert stage.steps_told == ALL


def all_at_once(stage: Stage) -> Stage:
    """As if all that is asked had come while the trainer did something else."""
    stage.commands.at_once = True
    return stage


class TestManyAtOnce:
    def test_repeats_are_carried_out_once(self) -> None:
        held = [SaveCheckpoint(), Resample()] * 180
        stage = all_at_once(Stage(at={10: held})).run()
        assert len(stage.recorder.pinned) == 1
        assert [event.draw for event in stage.told(events.Resampled)] == [1]
        assert stage.steps_told == ALL

    def test_a_stop_waits_for_none_of_them(self) -> None:
        held = [Pause(), *[SaveCheckpoint(), Resample()] * 180, Stop(exit_code=143)]
        stage = all_at_once(Stage(at={10: held})).run()
        assert (stage.end.step, stage.end.exit_code) == (10, 143)
        assert stage.told(events.Resampled) == stage.told(events.Paused) == []

    def test_a_stop_overtakes_while_paused_too(self) -> None:
        held = [SaveCheckpoint(), Resample()] * 180
        stage = all_at_once(Stage(at={10: [Pause()], 11: []}))

        def ask_more(event: events.Event) -> None:
            if isinstance(event, events.Paused):
                stage.commands.ask(*held)
            if isinstance(event, events.Resampled):
                stage.commands.ask(*held, Stop(exit_code=143))

        stage.recorder.on_event.append(ask_more)
        stage.run()
        assert (stage.end.step, stage.end.exit_code) == (10, 143)
        assert len(stage.told(events.Resampled)) == 1

    def test_the_last_checkpoint_is_the_one_that_a_stop_overtook(self) -> None:
        """A person who asks for a checkpoint and then stops gets one that is never removed."""
        stage = all_at_once(Stage(at={10: [SaveCheckpoint(), Stop()]})).run()
        assert stage.recorder.saved_steps == stage.recorder.pinned == [10]
        assert [event.requested for event in stage.told(events.CheckpointSaved)] == [True]

    def test_steps_are_made_in_between_if_they_take_long(self) -> None:
        stage = Stage(preview_seconds=1e9)
        asked_at = []

        def ask_again(event: events.Event) -> None:
            if isinstance(event, events.LatentsInterpolated):
                asked_at.append(event.step)
                stage.clock.advance(0.3)
                if len(asked_at) < 20:
                    stage.commands.ask(Interpolate())

        stage.recorder.on_event.append(ask_again)
        stage.commands.ask(Interpolate())
        stage.run()
        # Four take longer than a second, so that many at each look.
        assert [asked_at.count(step) for step in sorted(set(asked_at))][:3] == [4, 4, 4]
        assert stage.end.completed

    def test_a_checkpoint_waits_for_the_one_that_is_being_written_and_no_step_does(self) -> None:
        executor = AskedFor()
        stage = Stage(
            executor=executor,
            seconds_per_step=1.0,
            at={3: [SaveCheckpoint()], 4: [SaveCheckpoint()]},
        )
        at_step(stage, 12, executor.carry_out)
        stage.run()
        first, second = stage.told(events.CheckpointSaved)[:2]
        assert first.step < 10
        assert 12 <= second.step < 20
        assert first.requested
        assert second.requested
