"""A command that is asked to end by a signal cleans up, says so, and has the signal's exit code."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tui.commands.termination import Terminated, cleaning_up

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_cleans_up_and_returns_128_and_the_number(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    cleaned = []

    @cleaning_up
    def main(words: Sequence[str]) -> int:
        try:
            signal.raise_signal(number)
        finally:
            # A second one, of whichever kind, comes too late to interrupt this.
            signal.raise_signal(signal.SIGTERM)
            cleaned.append(words)
        return 0

    assert main(["sample", "7"]) == 128 + number
    assert cleaned == [["sample", "7"]]
    assert capsys.readouterr().err == f"gan-tui sample: stopped by {number.name}\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """As `nohup` has it."""

    @cleaning_up
    def main(_words: Sequence[str]) -> int:
        signal.raise_signal(signal.SIGHUP)
        return 0

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert main(["sample"]) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_ctrl_c_is_answered_by_whoever_started_the_command() -> None:
    @cleaning_up
    def main(_words: Sequence[str]) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as interrupt:
        main(["sample"])
    assert not isinstance(interrupt.value, Terminated)
