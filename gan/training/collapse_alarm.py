"""Watches the discriminator's loss for the best-known failure of a GAN.

A discriminator that recognizes every fake image has a loss near 0, and the generator learns little
or nothing from it ("D loss goes to 0: failure mode", Chintala et al. 2016, "How to Train a GAN?").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gan.events import Alert
from gan.models.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    import numpy.typing as npt

STEPS: Final = 500
"""How long the loss must be near 0: a discriminator is often ahead for a moment."""

NEAR_ZERO: Final = 0.05
"""The mean over `STEPS` steps below which the alarm is raised.

Measured on MNIST, the minimum mean of 500 steps: 1.07 for `mlp-dropout` and 0.25 for `tutorial`,
where D(G(z)) is well above 0; 0.02 for `mlp-dropout` at a learning rate of 0.01 and 0.0003 for
`tutorial` at 0.002, where it is below 0.01.
"""

RECOVERED: Final = 0.2
"""The mean above which the alarm is reset. It differs from `NEAR_ZERO` so that the alarm is not
raised again and again by a loss close to the threshold."""

_BLOCK: Final = 50
"""Steps per block. Each block is averaged once, so that every loss is read only once."""

_BLOCKS: Final = STEPS // _BLOCK


class CollapseAlarm:
    """Raised once when the discriminator has won, and again only after the loss has recovered."""

    def __init__(self, preset: str) -> None:
        """Begin without losses.

        Args:
            preset: The run's preset; the advice depends on it.
        """
        self._preset = preset
        self._is_raised = False
        self._rest = np.zeros(0, np.float32)
        """The newest losses, which do not fill a block yet."""

        self._blocks = np.zeros(0)
        """The means of the newest `_BLOCKS - 1` blocks."""

    def add(self, d_loss: npt.NDArray[np.float32]) -> Alert | None:
        """Take the losses of an execution, all finite; returns an alert if they raise the alarm.

        The result does not depend on how the run is divided into executions.
        """
        alert = None
        for mean in self._means(d_loss):
            if mean > RECOVERED:
                self._is_raised = False
            elif mean < NEAR_ZERO and not self._is_raised:
                self._is_raised = True
                alert = Alert("d_loss_near_zero", _message(self._preset))
        return alert

    def _means(self, d_loss: npt.NDArray[np.float32]) -> list[float]:
        """The mean over the last `STEPS` steps at the end of each block that is now full."""
        values = np.concatenate([self._rest, d_loss])
        full = len(values) - len(values) % _BLOCK
        self._rest = values[full:]
        means = values[:full].reshape(-1, _BLOCK).mean(axis=1, dtype=np.float64)
        blocks = np.concatenate([self._blocks, means])
        self._blocks = blocks[-(_BLOCKS - 1) :]
        if len(blocks) < _BLOCKS:
            return []
        windows = np.lib.stride_tricks.sliding_window_view(blocks, _BLOCKS)
        return list(windows.mean(axis=1).tolist())


def _message(preset: str) -> str:
    other = "" if preset == DEFAULT_PRESET else f" or the preset {DEFAULT_PRESET}"
    return (
        f"D loss near 0 for {STEPS} steps: the discriminator has won; the generator may have "
        f"stopped learning. Try a lower --learning-rate{other}."
    )
