"""Real training that stops being numbers: what is kept, and how somebody watching gets it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gan import events
from gan.commands import RollBack, SaveCheckpoint, Stop, Unpause
from gan.run.checkpoints.store import CheckpointStore
from gan.run.follower import read_events
from gan.run.status import read_status
from gan.training.state import state_of
from tests.gan.housing import CheckpointTaken, Ended, House, digest, losses

if TYPE_CHECKING:
    from gan.commands import Command
    from gan.events import Event
    from gan.session.session import TrainingSession
    from gan.training.build import Program
    from tests.gan.programs import Programs

WATCHED = 1e9
"""Seconds between two previews: somebody watches, and sees one."""


class Poison:
    """Makes a weight no number once the checkpoint of step 10 has copied it, and answers a person.

    What is asked is sent when the run says that it has diverged; a resume when it was rolled back.
    """

    def __init__(self, program: Program, *asked: Command) -> None:
        self._program = program
        self._asked = list(asked)
        self._waiting, self._is_taken = True, CheckpointTaken()
        self.restored: dict[str, np.ndarray] = {}
        """The state right after the run was rolled back."""

    def __call__(self, session: TrainingSession, event: Event) -> None:
        if self._is_taken(event) and self._waiting:
            self._waiting = False
            self._poison()
        elif isinstance(event, events.Diverged) or is_refusal(event):
            # One after the other: a stop would overtake what waits.
            if self._asked:
                session.send(self._asked.pop(0))
        elif isinstance(event, events.RolledBack):
            self.restored = state_of(self._program.gan)
            session.send(self._asked.pop(0) if self._asked else Unpause())

    def _poison(self) -> None:
        weights = self._program.gan.networks.generator.variables[0]
        weights.assign(weights * np.nan)


def is_refusal(event: Event) -> bool:
    return isinstance(event, events.Noted) and event.text.startswith("ignored")


Diverge = Callable[..., tuple[Ended, Poison]]


@pytest.fixture
def diverge(house: House, programs: Programs) -> Diverge:
    """Trains to step 30, diverging at step 11, with checkpoints of every tenth step."""

    def train(*asked: Command, **options: Any) -> tuple[Ended, Poison]:
        poison = Poison(programs.of("mlp"), *asked)
        ended = house.train(steps=30, checkpoint_every="10", keep=9, on=poison, **options)
        return ended, poison

    return train


def test_with_nobody_watching_it_ends_as_diverged_with_the_checkpoint_before(
    diverge: Diverge, house: House
) -> None:
    healthy = house.train(steps=10).run

    ended, _ = diverge()

    assert ended.only(events.Diverged).step == 11
    assert (ended.last.error, ended.last.exit_code) == ("Diverged", 3)
    assert CheckpointStore(ended.run, keep=9).steps() == [10]
    assert digest(ended.run) == digest(healthy)
    assert read_status(ended.run)["exit_reason"] == "diverged"
    assert read_status(ended.run)["diverged_step"] == 11


def test_the_losses_end_with_the_first_that_is_no_number(diverge: Diverge) -> None:
    ended, _ = diverge()
    logged = losses(read_events(ended.run))
    assert logged[0].tolist() == list(range(1, 12))
    assert np.isfinite(logged[1]).tolist() == [True] * 10 + [False]


@pytest.mark.parametrize("refused", [Unpause(), SaveCheckpoint()], ids=["resume", "save"])
def test_somebody_watching_cannot_go_on_or_save(diverge: Diverge, refused: Command) -> None:
    ended, _ = diverge(refused, Stop(), preview_seconds=WATCHED)
    assert "ignored, because the run has diverged" in ended.note.text
    assert (ended.last.error, ended.last.exit_code) == ("Diverged", 3)
    assert CheckpointStore(ended.run, keep=9).steps() == [10]


class TestRollingBack:
    def test_the_state_is_the_checkpoints_bit_for_bit(self, diverge: Diverge) -> None:
        ended, poison = diverge(RollBack(), preview_seconds=WATCHED)
        assert ended.last.completed
        kept = CheckpointStore(ended.run, keep=9).load(10).arrays
        assert sorted(poison.restored) == sorted(kept)
        for name, array in kept.items():
            np.testing.assert_array_equal(poison.restored[name], array, err_msg=name)

    def test_the_log_holds_every_step_once_and_no_step_that_was_no_number(
        self, diverge: Diverge
    ) -> None:
        ended, _ = diverge(RollBack(), preview_seconds=WATCHED)
        logged = losses(read_events(ended.run))
        assert logged[0].tolist() == list(range(1, 31))
        assert np.isfinite(logged).all()
        (kept,) = ended.run.path.glob("events.jsonl.cut-*")
        assert '"Diverged"' in kept.read_text()

    def test_what_follows_are_other_draws(self, diverge: Diverge, house: House) -> None:
        whole = losses(read_events(house.train(steps=30).run))
        ended, _ = diverge(RollBack(), preview_seconds=WATCHED)
        logged = losses(read_events(ended.run))
        np.testing.assert_array_equal(logged[:, :10], whole[:, :10])
        assert not (logged[1:, 10:] == whole[1:, 10:]).any()

    def test_a_checkpoint_of_the_branch_goes_on_bit_for_bit(
        self, diverge: Diverge, house: House
    ) -> None:
        run = diverge(RollBack(), preview_seconds=WATCHED)[0].run
        whole, expected = losses(read_events(run)), digest(run)

        resumed = house.train(steps=30, resume=run, resume_step=20, keep=9)

        assert resumed.only(events.RunStarted).resumed_from == 20
        np.testing.assert_array_equal(losses(read_events(run)), whole)
        assert digest(run) == expected

    def test_stopped_right_after_it_the_branch_is_what_is_resumed(
        self, diverge: Diverge, house: House
    ) -> None:
        """Without it the resumed run would draw what it drew before, and diverge again."""
        whole = losses(read_events(diverge(RollBack(), preview_seconds=WATCHED)[0].run))
        stopped, _ = diverge(RollBack(), Stop(), preview_seconds=WATCHED)
        assert (stopped.last.step, stopped.last.exit_code) == (10, 75)

        house.train(steps=30, resume=stopped.run)

        np.testing.assert_array_equal(losses(read_events(stopped.run)), whole)


def test_weights_that_break_in_one_step_show_in_the_next(
    house: House, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adam takes the root of a second moment: below zero, the weights are no numbers after it."""
    program = programs.of("mlp")
    moments = program.gan.discriminator_optimizer.variables[-1]

    def compiled(*_: Any) -> Program:
        fresh = programs.of("mlp")
        moments.assign(moments * 0 - 1)
        return fresh

    monkeypatch.setattr("gan.training.build.compile_program", compiled)
    ended = house.train(steps=30, sample_every="off")
    assert ended.only(events.Diverged).step == 2
    assert losses(read_events(ended.run))[0].tolist() == [1, 2]
    assert ended.last.exit_code == 3
