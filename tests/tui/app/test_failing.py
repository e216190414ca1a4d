"""What becomes of an error of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.worker import WorkerFailed

from tests.tui.showing import running
from tui.app.failing import ScreenFailure
from tui.terminal.driver import InputFailed, TerminalGone
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tui.app.app import GanTuiApp

LOCAL = "the value of a variable"


def broken(*_: object) -> None:
    local = LOCAL
    raise KeyError(len(local))


async def broken_work() -> None:
    broken()


def bring_on(where: str, app: GanTuiApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an error raised in a part of the app."""
    match where:
        case "render":
            monkeypatch.setattr(StatusLine, "render_line", broken)
            app.query_one(StatusLine).refresh()
        case "handler":
            monkeypatch.setattr(type(app), "on_terminal_gone", broken)
            app.post_message(TerminalGone())
        case "callback":
            app.call_later(broken)
        case _:
            app.run_worker(broken_work())


class TestScreenFailure:
    def test_it_holds_no_value_of_a_variable(self) -> None:
        with pytest.raises(KeyError) as caught:
            broken()
        failure = ScreenFailure.of(caught.value)

        assert failure.error == f"KeyError: {len(LOCAL)}"
        assert "raise KeyError" in failure.traceback
        assert LOCAL not in failure.traceback

    def test_of_a_worker_it_is_the_error_within(self) -> None:
        assert ScreenFailure.of(WorkerFailed(ValueError("odd"))).error == "ValueError: odd"

    def test_it_is_one_line(self) -> None:
        assert ScreenFailure.of(ValueError("one\ntwo")).error == "ValueError: one"


class TestApp:
    @pytest.mark.parametrize("where", ["render", "handler", "callback", "worker"])
    async def test_an_error_ends_the_app_and_is_kept(
        self, where: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        apps: list[GanTuiApp] = []

        async def meet_error() -> None:
            async with running() as dash:
                apps.append(dash.app)
                bring_on(where, dash.app, monkeypatch)
                # The pilot's own waits would draw, and meet the error themselves.
                await dash.app._exception_event.wait()

        with pytest.raises((KeyError, WorkerFailed)):
            await meet_error()

        (app,) = apps
        assert app.failure is not None
        assert app.failure.error == f"KeyError: {len(LOCAL)}"
        assert LOCAL not in "".join(capfd.readouterr())

    async def test_an_error_after_the_app_was_left_fails_nobody(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        async with running() as dash:
            dash.app.exit()
            dash.app._handle_exception(KeyError(3))

        assert dash.app.failure is None
        assert "KeyError: 3" in capfd.readouterr().err

    async def test_input_that_was_dropped_is_noted_in_the_log(self) -> None:
        async with running() as dash:
            dash.app.post_message(InputFailed("dropped input 'x': KeyError(3)"))
            await dash.until(lambda: dash.app.state.log[-1].text.startswith("dropped"))

        assert dash.app.is_running is False
        assert dash.app.failure is None
