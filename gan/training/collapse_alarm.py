"""Watches the discriminator's loss for the two ways in which it stops teaching the generator.

A discriminator that has won recognizes every image: its loss is near 0, and the generator learns
little or nothing from it ("D loss goes to 0: failure mode", Chintala et al. 2016, "How to Train a
GAN?"). One that has collapsed gives every image the same score: its loss is that of chance, step
after step, and it has no gradient left.

Steps are counted and losses are not averaged: a single batch of such a run can have a loss of 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gan.events import Alert
from gan.models.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    import numpy.typing as npt

STEPS: Final = 500
"""How many of the newest steps are counted: a discriminator is often ahead for a moment."""

RAISED: Final = 0.9
"""The share of these steps with such a loss from which on an alarm is raised."""

RESET: Final = 0.5
"""The share of these steps with a loss that is clearly another from which on it is reset."""

NEAR_ZERO: Final = 0.036
"""The loss of a discriminator that has won is below this share of the loss of chance.

Measured on MNIST, the most such steps of 500: 8 % in the beginning of `dcgan`, none for the other
presets; 93 % or more for `tutorial` at a learning rate of 0.002, `mlp-dropout` at 0.01, and `mlp`
at 0.02, or relativistic without its gradient penalty.
"""

AT_CHANCE: Final = 0.0015
"""The loss of a discriminator that has collapsed differs from that of chance by less than this
share of it.

Measured in the same way: 8 % in late epochs of `mlp`; 96 % at 0.01 without its gradient penalty.
"""

CLEARLY: Final = 4.0
"""How many times as far a loss must be to be clearly another. In between nothing changes, so that
an alarm is not raised again and again by a loss close to the threshold."""

_BLOCK: Final = 50
"""Steps per block. Each block is counted once, so that every loss is read only once."""

_BLOCKS: Final = STEPS // _BLOCK


@dataclass
class _Watch:
    """One of the two ways, and whether its alarm is raised."""

    name: str
    where: str
    """Where such a loss is, for the message."""

    finding: str
    """What it says about the discriminator."""

    target: float
    """The loss that it is about."""

    distance: float
    """How close to the target a loss of that kind is."""

    is_raised: bool = False

    def counts(self, losses: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """In each row of losses, how many are of that kind, and how many are clearly not."""
        distances = np.abs(losses.astype(np.float64) - self.target)
        close, far = distances < self.distance, distances > CLEARLY * self.distance
        return np.stack([close.sum(axis=1), far.sum(axis=1)], axis=1)

    def is_due(self, close: int, far: int) -> bool:
        """Whether to raise the alarm now, from the counts of the last `STEPS` steps."""
        if far >= RESET * STEPS:
            self.is_raised = False
        elif close >= RAISED * STEPS and not self.is_raised:
            self.is_raised = True
            return True
        return False


class CollapseAlarm:
    """Each alarm is raised once, and again only after the loss has recovered."""

    def __init__(self, preset: str, chance: float) -> None:
        """Begin without losses.

        Args:
            preset: The run's preset; the advice depends on it.
            chance: The loss of a discriminator that can't tell real from fake; see
                `gan.models.losses.GanLoss`.
        """
        self._preset = preset
        self._watches = (
            _Watch(
                name="d_loss_near_zero",
                where="near 0",
                finding="the discriminator has won",
                target=0.0,
                distance=NEAR_ZERO * chance,
            ),
            _Watch(
                name="d_loss_at_chance",
                where="at chance level",
                finding="the discriminator gives every image the same score",
                target=chance,
                distance=AT_CHANCE * chance,
            ),
        )
        self._rest = np.zeros(0, np.float32)
        """The newest losses, which do not fill a block yet."""

        self._blocks = np.zeros((0, len(self._watches), 2), np.int64)
        """The counts of the newest `_BLOCKS - 1` blocks: blocks x watches x (close, far)."""

    def add(self, d_loss: npt.NDArray[np.float32]) -> Alert | None:
        """Take the losses of an execution, all finite; returns the newest alert that they raise.

        The result does not depend on how the run is divided into executions.
        """
        alert = None
        for counts in self._windows(d_loss):
            for watch, (close, far) in zip(self._watches, counts, strict=True):
                if watch.is_due(close, far):
                    alert = Alert(watch.name, _message(watch, self._preset))
        return alert

    def _windows(self, d_loss: npt.NDArray[np.float32]) -> list[list[tuple[int, int]]]:
        """The counts of the last `STEPS` steps at the end of each block that is now full."""
        values = np.concatenate([self._rest, d_loss])
        full = len(values) - len(values) % _BLOCK
        self._rest = values[full:]
        steps = values[:full].reshape(-1, _BLOCK)
        counts = np.stack([watch.counts(steps) for watch in self._watches], axis=1)
        blocks = np.concatenate([self._blocks, counts])
        self._blocks = blocks[-(_BLOCKS - 1) :]
        if len(blocks) < _BLOCKS:
            return []
        windows = np.lib.stride_tricks.sliding_window_view(blocks, _BLOCKS, axis=0)
        summed: list[list[tuple[int, int]]] = windows.sum(axis=-1).tolist()
        return summed


def _message(watch: _Watch, preset: str) -> str:
    other = "" if preset == DEFAULT_PRESET else f" or the preset {DEFAULT_PRESET}"
    return (
        f"D loss {watch.where} in nearly all of the last {STEPS} steps: {watch.finding}; the "
        f"generator may have stopped learning. Try a lower --learning-rate{other}."
    )
