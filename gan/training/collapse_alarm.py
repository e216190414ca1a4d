"""Watches the discriminator's loss for the best known way in which a GAN stops learning.

A discriminator that tells every image apart has a loss near 0, and a generator that learns from it
little or nothing ("D loss goes to 0: failure mode", Chintala et al. 2016, "How to Train a GAN?").
Apart from the loop, because what is alarming is a matter of numbers alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gan.training.execution import Losses

STEPS: Final = 500
"""How long the loss must have been near 0: a discriminator is often ahead for a moment."""

NEAR_ZERO: Final = 0.05
"""The mean of so many steps that raises the alarm.

Measured on MNIST, the minimum mean of 500 steps: 1.07 for `mlp` and 0.25 for `tutorial`, where
D(G(z)) is well above 0; 0.02 for `mlp` at a learning rate of 0.01 and 0.0003 for `tutorial` at
0.002, where it is below 0.01.
"""

RECOVERED: Final = 0.2
"""The mean that ends it. A loss between the two changes nothing, so that none flutters."""

_BLOCK: Final = 50
"""Steps that are averaged once and for all, so that taking losses costs no more than they are."""

_BLOCKS: Final = STEPS // _BLOCK


class Alert(NamedTuple):
    """Something that a person should know of."""

    name: str
    message: str


class CollapseAlarm:
    """Raised once when the discriminator has won, and again only after that was over."""

    def __init__(self, preset: str) -> None:
        """Begin with nothing seen.

        Args:
            preset: The run's, for the advice.
        """
        self._preset = preset
        self._is_raised = False
        self._rest = np.zeros(0, np.float32)
        """The newest losses, which do not fill a block yet."""

        self._blocks = np.zeros(0)
        """The means of the newest blocks, one less than `_BLOCKS`."""

    def add(self, losses: Losses) -> Alert | None:
        """Take an execution's losses, all finite; gives an alert if they are what raises it.

        How a run is cut into executions makes no difference.
        """
        alert = None
        for mean in self._means(losses.d_loss):
            if mean > RECOVERED:
                self._is_raised = False
            elif mean < NEAR_ZERO and not self._is_raised:
                self._is_raised = True
                alert = Alert("d_loss_near_zero", _message(self._preset))
        return alert

    def _means(self, d_loss: npt.NDArray[np.float32]) -> list[float]:
        """The mean of the last `STEPS` steps, at the end of each block that is now full."""
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
    other = "" if preset == "mlp" else " or the preset mlp"
    return (
        f"D loss near 0 for {STEPS} steps: the discriminator has won; the generator may have "
        f"stopped learning. Try a lower --learning-rate{other}."
    )
