"""Commands that wait: repeats are one, and a stop comes first."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.commands import (
    COMMANDS,
    Abandon,
    Command,
    Evaluate,
    Interpolate,
    Pause,
    Resample,
    RestoreLatents,
    RollBack,
    SaveCheckpoint,
    ShowGenerator,
    Stop,
    Unpause,
    Watch,
)
from gan.exchange.requests import (
    Request,
    RequestQueue,
    Ticket,
    WaitingCommands,
    merged,
    next_place,
)

EVERY: list[Command] = [
    *COMMANDS.values(),
    Watch(None),
    Stop(),
    Stop("epoch_end"),
    Stop("now", 143),
]


class Asked:
    """Commands that wait, and what became of the messages that they came in."""

    def __init__(self, *commands: Command | Request) -> None:
        self.queue = RequestQueue()
        self.refused: list[tuple[str, str]] = []
        """The ids of messages that are not carried out, each with the reason."""

        self.waiting = WaitingCommands(self.queue, self._refuse)
        self.put(*commands)

    def put(self, *commands: Command | Request) -> None:
        for command in commands:
            self.queue.put(command if isinstance(command, Request) else Request(command))

    def take(self, *, no_save: bool = False) -> Command | None:
        request = self.waiting.take(no_save=no_save)
        return request and request.command

    def answered(self) -> list[tuple[Command, list[str]]]:
        """The commands as they are carried out, each with the ids of its messages."""
        requests = iter(self.waiting.take, None)
        return [(request.command, ids(request)) for request in requests]

    def _refuse(self, request: Request, reason: str) -> None:
        self.refused += [(message, reason) for message in ids(request)]


def ids(request: Request) -> list[str]:
    return [ticket.id for ticket in request.tickets]


def sent(command: Command, message: str) -> Request:
    """A command in a message with this id."""
    return Request(command, (Ticket(message, "ann@host (pid 1)"),))


def order(*commands: Command) -> list[Command]:
    """The commands as they are carried out if all came at once."""
    return list(iter(Asked(*commands).take, None))


def test_what_is_asked_again_is_done_once() -> None:
    assert order(*[SaveCheckpoint()] * 180) == [SaveCheckpoint()]
    assert order(*[Resample()] * 180) == [Resample()]


def test_the_last_of_several_is_what_counts() -> None:
    assert order(Pause(), Unpause(), Pause()) == [Pause()]
    assert order(Resample(), RestoreLatents()) == [RestoreLatents()]
    assert order(ShowGenerator(raw=True), ShowGenerator(raw=False)) == [ShowGenerator(raw=False)]


def test_different_ones_keep_the_order_in_which_they_were_asked_last() -> None:
    assert order(SaveCheckpoint(), Resample(), Interpolate(), SaveCheckpoint()) == [
        Resample(),
        Interpolate(),
        SaveCheckpoint(),
    ]


def test_a_stop_overtakes() -> None:
    held = itertools.islice(itertools.cycle([Resample(), SaveCheckpoint()]), 5_000)

    assert order(*held, Stop(exit_code=143))[0] == Stop(exit_code=143)


def test_a_rollback_is_carried_out_before_a_stop_and_after_a_save() -> None:
    assert order(SaveCheckpoint(), Resample(), Stop()) == [Stop(), SaveCheckpoint(), Resample()]
    assert order(RollBack(), Resample(), Stop()) == [RollBack(), Stop(), Resample()]
    assert order(RollBack(), SaveCheckpoint()) == [RollBack(), SaveCheckpoint()]


def test_a_rollback_makes_what_waits_pointless_but_for_who_watches_what() -> None:
    asked = [Pause(), ShowGenerator(raw=True), Watch(None), Resample(), RollBack()]

    assert order(*asked) == [ShowGenerator(raw=True), Watch(None), RollBack()]


def test_a_second_rollback_undoes_what_came_after_the_first() -> None:
    assert order(SaveCheckpoint(), RollBack(), SaveCheckpoint(), Resample(), RollBack()) == [
        SaveCheckpoint(),
        RollBack(),
    ]


@pytest.mark.parametrize("later", [Stop("epoch_end"), Stop("now", 130)])
def test_an_end_that_was_asked_for_comes_no_later(later: Stop) -> None:
    (stop,) = order(Stop(exit_code=143), later)

    assert isinstance(stop, Stop)
    assert stop.when == "now"


def test_what_comes_while_one_is_carried_out_is_seen_at_the_next() -> None:
    asked = Asked(Resample(), SaveCheckpoint())
    first = asked.take()
    asked.put(Stop())

    assert (first, asked.take()) == (Resample(), Stop())


def test_a_checkpoint_that_has_to_wait_holds_up_nothing_else() -> None:
    asked = Asked(SaveCheckpoint(), Pause())

    assert asked.take(no_save=True) == Pause()
    assert asked.take(no_save=True) is None
    assert asked.waiting
    assert asked.take() == SaveCheckpoint()
    assert not asked.waiting


def test_a_checkpoint_does_not_wait_for_a_rollback() -> None:
    assert Asked(SaveCheckpoint(), RollBack()).take(no_save=True) == SaveCheckpoint()


def test_all_of_one_kind_are_taken_at_once() -> None:
    asked = Asked(SaveCheckpoint(), RollBack(), SaveCheckpoint(), Resample())

    assert [request.command for request in asked.waiting.take_all(SaveCheckpoint)] == [
        SaveCheckpoint(),
        SaveCheckpoint(),
    ]
    assert (asked.take(), asked.take(), asked.take()) == (RollBack(), Resample(), None)


class TestAnswers:
    def test_a_repeated_command_answers_all_messages_that_asked_for_it(self) -> None:
        asked = Asked(sent(SaveCheckpoint(), "a"), SaveCheckpoint(), sent(SaveCheckpoint(), "b"))

        assert asked.answered() == [(SaveCheckpoint(), ["a", "b"])]
        assert asked.refused == []

    def test_a_stop_that_is_asked_for_again_answers_both(self) -> None:
        asked = Asked(sent(Stop(), "a"), sent(Stop("now", 143), "b"))

        assert asked.answered() == [(Stop("now", 143), ["a", "b"])]

    def test_a_rollback_that_is_asked_for_again_answers_both(self) -> None:
        asked = Asked(sent(RollBack(), "a"), sent(Resample(), "b"), sent(RollBack(), "c"))

        assert asked.answered() == [(RollBack(), ["a", "c"])]
        assert asked.refused == [("b", "another command replaced it: roll_back")]

    @pytest.mark.parametrize(
        ("first", "then", "name"),
        [
            (Pause(), Unpause(), "unpause"),
            (Unpause(), Pause(), "pause"),
            (Resample(), RestoreLatents(), "restore_latents"),
            (ShowGenerator(raw=True), ShowGenerator(raw=False), "show_averaged"),
            (Stop("epoch_end"), Stop(), "stop"),
            (Evaluate(), RollBack(), "roll_back"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_is_replaced_is_refused_and_names_what_came(
        self, first: Command, then: Command, name: str
    ) -> None:
        asked = Asked(sent(first, "a"), sent(then, "b"))

        assert asked.answered() == [(then, ["b"])]
        assert asked.refused == [("a", f"another command replaced it: {name}")]

    def test_an_end_of_the_epoch_that_comes_too_late_is_refused(self) -> None:
        asked = Asked(sent(Stop(), "a"), sent(Stop("epoch_end"), "b"))

        assert asked.answered() == [(Stop(), ["a"])]
        assert asked.refused == [("b", "another command replaced it: stop")]

    def test_a_command_of_this_process_waits_for_no_answer(self) -> None:
        asked = Asked(Pause(), Unpause(), SaveCheckpoint())

        assert asked.answered() == [(Unpause(), []), (SaveCheckpoint(), [])]
        assert asked.refused == []

    @given(st.lists(st.sampled_from([command for command in EVERY if command != Watch(None)])))
    def test_every_message_is_answered_once(self, commands: list[Command]) -> None:
        asked = Asked(*(sent(command, str(n)) for n, command in enumerate(commands)))

        done = [message for _, messages in asked.answered() for message in messages]

        answered = [*done, *(message for message, _ in asked.refused)]
        assert sorted(answered, key=int) == [str(n) for n in range(len(commands))]


@given(st.lists(st.sampled_from(EVERY), max_size=60))
def test_however_many_are_asked_few_wait(asked: list[Command]) -> None:
    found: list[Request] = []
    for command in asked:
        found = merged(found, Request(command)).waiting

    # One of each kind before a rollback, that, and one of each kind after it.
    assert len(found) <= 16
    assert asked == [] or found
    place = next_place(found)
    if any(isinstance(request.command, Stop) for request in found):
        assert place is not None
        assert isinstance(found[place].command, (Stop, RollBack))


@pytest.mark.parametrize("others", [[Stop()], [RollBack(), Stop()], [SaveCheckpoint(), Pause()]])
def test_a_run_that_belongs_to_another_process_is_left_before_anything_else(
    others: list[Command],
) -> None:
    asked = Asked(*others, Abandon("taken over"))

    assert asked.take() == Abandon("taken over")
