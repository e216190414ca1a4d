"""When a frame is drawn, by the clock, by the bytes sent so far and by what the link has taken."""

from __future__ import annotations

import pytest

from tui.terminal.pacing import Pacing, Rates, rates_for, viewer_rates

CELLS = 120 * 40
LOCAL = Rates(frames=10.0, digits=2.0)


class Link:
    """A terminal of which everything is decided by the test."""

    def __init__(self, rates: Rates = LOCAL, cores: int = 2) -> None:
        self.now = 100.0
        self.sent = 1
        self.backlog = 0
        self.drawing = 0.0
        self.pacing = Pacing(
            rates,
            clock=lambda: self.now,
            sent=lambda: self.sent,
            backlog=lambda: self.backlog,
            processor=lambda: self.drawing,
            cores=cores,
        )

    def watch(self, seconds: float, *, frame: int, digits: int, cells: int = CELLS) -> float:
        """Draw whenever it may be done; returns the bytes a second."""
        begun, sent = self.now, self.sent
        while self.now < begun + seconds:
            self.now += 1 / self.pacing.rates.frames
            if self.pacing.may_draw(cells):
                self.sent += frame
                if self.pacing.may_draw_digits(cells):
                    self.sent += digits
        return (self.sent - sent) / seconds


class TestRates:
    def test_a_local_terminal_gets_what_an_eye_can_follow(self) -> None:
        assert rates_for({}, None) == LOCAL

    @pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY"])
    def test_over_ssh_it_begins_slower_and_with_a_third_of_the_bytes(self, name: str) -> None:
        rates = rates_for({name: "x"}, None)

        assert (rates.frames, rates.digits, rates.budget_share) == (4.0, 1.0, 0.35)

    def test_a_chosen_rate_is_the_rate(self) -> None:
        assert rates_for({"SSH_TTY": "x"}, 20.0).frames == 20.0


class TestBudget:
    @pytest.mark.parametrize(
        ("columns", "rows", "most"), [(80, 24, 50_000), (120, 40, 50_000), (200, 60, 125_000)]
    )
    def test_noise_on_the_screen_stays_within_it(self, columns: int, rows: int, most: int) -> None:
        cells = columns * rows
        link = Link()

        assert link.watch(60, frame=1500, digits=14 * cells, cells=cells) <= most

    def test_over_ssh_it_stays_within_25_kilobytes_a_second(self) -> None:
        link = Link(rates_for({"SSH_TTY": "x"}, None))

        assert link.watch(60, frame=3000, digits=67_000) <= 25_000

    def test_charts_that_are_too_much_by_themselves_are_drawn_less_often(self) -> None:
        link = Link(Rates(frames=60.0, digits=12.0))

        assert link.watch(60, frame=5000, digits=0) <= 50_000

    def test_quiet_digits_have_their_full_rate(self) -> None:
        link, drawn = Link(), 0
        for _ in range(100):
            link.now += 0.1
            drawn += link.pacing.may_draw_digits(CELLS)

        assert drawn == 20

    @pytest.mark.parametrize("cells", [80 * 24, 120 * 40, 200 * 60])
    def test_digits_are_drawn_however_much_the_numbers_take(self, cells: int) -> None:
        link, drawn = Link(), 0
        for _ in range(300):
            link.now += 0.1
            if link.pacing.may_draw(cells):
                link.sent += 8000
                drawn += link.pacing.may_draw_digits(cells)

        assert drawn >= 8

    def test_numbers_go_on_while_a_large_grid_is_paid_for(self) -> None:
        link = Link()
        assert link.pacing.may_draw_digits(CELLS)
        link.sent += 60_000
        link.now += 0.5

        assert link.pacing.may_draw(CELLS)
        assert not link.pacing.may_draw_digits(CELLS)


class TestProcessor:
    def frames(self, link: Link, seconds: float, took: float) -> int:
        """How many frames that take so many seconds of a core are drawn."""
        drawn = 0
        for _ in range(int(seconds * link.pacing.rates.frames)):
            link.now += 1 / link.pacing.rates.frames
            if link.pacing.may_draw(CELLS):
                link.drawing += took
                drawn += 1
        return drawn

    def test_cheap_frames_have_their_full_rate(self) -> None:
        assert self.frames(Link(), 60, took=0.002) == 600

    def test_dear_frames_take_a_small_share_of_two_cores(self) -> None:
        link = Link()

        assert 260 < self.frames(link, 60, took=0.005) < 310
        assert link.drawing < 0.012 * 2 * 60 * 1.1

    def test_however_dear_four_frames_a_second_are_drawn(self) -> None:
        assert self.frames(Link(), 60, took=0.1) >= 200

    def test_dear_digits_are_drawn_once_a_second(self) -> None:
        link, drawn = Link(), 0
        for _ in range(600):
            link.now += 0.1
            if link.pacing.may_draw(CELLS) and link.pacing.may_draw_digits(CELLS):
                link.drawing += 0.1
                drawn += 1

        assert 50 <= drawn <= 70

    def test_what_was_taken_before_there_was_a_training_holds_nothing_up(self) -> None:
        link = Link()
        link.drawing += 5.0
        assert link.pacing.may_draw(CELLS, sparing=False)

        link.now += 0.1
        assert link.pacing.may_draw(CELLS)

    def test_a_chosen_rate_is_kept_whatever_it_takes(self) -> None:
        link = Link(rates_for({}, 10.0))

        assert self.frames(link, 60, took=0.015) == 600

    def test_a_viewer_takes_a_third_of_that(self) -> None:
        link = Link(viewer_rates(LOCAL))

        assert 170 < self.frames(link, 60, took=0.0025) < 220
        assert link.drawing < 0.004 * 2 * 60 * 1.1

    def test_a_viewer_with_many_cores_has_its_full_rate(self) -> None:
        link = Link(viewer_rates(LOCAL), cores=16)

        assert self.frames(link, 60, took=0.005) == 600

    def test_however_dear_a_viewer_draws_more_than_twice_a_second(self) -> None:
        assert self.frames(Link(viewer_rates(LOCAL)), 60, took=0.1) >= 140

    def test_while_the_processor_is_short_charts_are_drawn_once_a_second(self) -> None:
        link = Link()
        assert link.pacing.chart_seconds == 0.5

        link.drawing += 0.1
        assert link.pacing.chart_seconds == 1.0


def test_however_much_was_sent_at_once_the_screen_does_not_stand_still() -> None:
    link = Link()
    link.sent += 10_000_000
    assert not link.pacing.may_draw(CELLS)

    link.now += 2.1
    assert link.pacing.may_draw(CELLS)
    assert link.pacing.may_draw_digits(CELLS)


def test_nothing_is_drawn_on_a_backlog() -> None:
    link = Link()
    link.backlog = 1
    assert not link.pacing.may_draw(CELLS)

    link.backlog = 0
    assert link.pacing.may_draw(CELLS)


class TestParts:
    def test_a_link_of_which_nothing_is_known_gets_little(self) -> None:
        assert Link().pacing.part(30_000) == 4_000

    def test_a_link_that_never_waits_soon_gets_all_at_once(self) -> None:
        link, parts = Link(), []
        for _ in range(5):
            parts.append(link.pacing.part(30_000))
            link.sent += parts[-1]
            link.pacing.observe()

        assert parts == [4_000, 8_000, 16_000, 30_000, 30_000]

    def test_a_slow_one_gets_what_it_takes_in_a_moment(self) -> None:
        link = Link()
        link.pacing.observe()
        link.sent, link.backlog = 32_000, 1
        link.now += 0.5
        link.pacing.observe()
        link.backlog = 0
        link.now += 0.5
        link.pacing.observe()

        assert link.pacing.part(30_000) == pytest.approx(32_000 * 0.15, rel=0.01)

    def test_one_that_is_behind_for_the_first_time_has_no_speed_yet(self) -> None:
        link = Link()
        link.sent, link.backlog = 8_000, 1
        link.pacing.observe()

        assert link.pacing.part(30_000) == 4_000
        assert link.pacing.chart_seconds == 0.5

    def test_on_a_slow_one_a_chart_takes_a_third(self) -> None:
        link = Link()
        assert link.pacing.chart_seconds == 0.5

        link.sent, link.backlog = 8_000, 1
        link.now += 0.5
        link.pacing.observe()
        link.backlog = 0
        link.now += 0.5
        link.pacing.observe()

        assert link.pacing.chart_seconds == pytest.approx(18_000 / 8_000, rel=0.01)

    def test_one_that_has_been_quick_for_long_is_trusted_again(self) -> None:
        link = Link()
        for _ in range(5):
            link.sent += 30_000
            link.pacing.observe()
        link.sent, link.backlog = link.sent + 8_000, 1
        link.now += 1
        link.pacing.observe()
        link.backlog = 0
        link.pacing.observe()
        link.now += 11

        assert link.pacing.part(30_000) == 30_000
