"""An exported program on a device: called as training calls it, and checked against TensorFlow."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tests.bench.on_a_gpu import xla
from tests.bench.on_a_gpu.folder import FIRST_ARRAY, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tests.bench.on_a_gpu.folder import Exported, Folder

TOLERANCES: Final = {
    "float32": (1e-5, 5e-3, 5e-2, 5e-2),
    "tf32": (2e-3, 5e-2, 1.5e-1, 1e-1),
    "bfloat16": (1e-3, 5e-2, 1.5e-1, 1e-1),
}
"""What `Check` allows for each of its differences, by precision.

Devices add in different orders, and a GAN's training amplifies that: `dcgan`, whose rate is the
highest, about three times a step. So the first step is held tightly, and tells a product of another
precision. TensorFlow's losses are a CPU's, which has no tf32: a GPU's differ by what tf32 rounds.
"""

_LOSSES: Final = 2
"""Rows of the metrics that are losses; the others are scores."""

_EARLY: Final = 4
_SMALL: Final = 1e-3
"""Norms are not compared more closely than this."""

_MIN_CALLS: Final = 3


class NotFiniteError(Exception):
    """The program stopped early; the message is one line."""


class Check(NamedTuple):
    """The greatest differences from TensorFlow: of losses, relative to those above 1, and of the
    norms of all variables, relative to them."""

    first: float
    """In the first step's losses."""

    early: float
    """In the first four steps'."""

    all: float
    """In all steps'."""

    norms: float
    """After all steps."""

    def passed(self, precision: str) -> bool:
        """Whether all are within the precision's tolerances."""
        pairs = zip(self, TOLERANCES[precision], strict=True)
        return all(difference <= tolerance for difference, tolerance in pairs)


class LoadedProgram:
    """A compiled program with its variables on the device."""

    def __init__(
        self, folder: Folder, exported: Exported, device: xla.Device, flags: Mapping[str, Any]
    ) -> None:
        """Compile the program and copy its first values to the device.

        Args:
            folder: Where it was exported to.
            exported: Which one.
            device: As `xla.present`.
            flags: XLA's, for this program alone.
        """
        self.exported = exported
        self._folder = folder
        self._device = device
        self._loaded = xla.load(device, xla.stablehlo_of(folder.hlo(exported.name)), flags)
        self.restart()

    @property
    def text(self) -> str:
        """The optimised HLO."""
        return xla.text_of(self._loaded)

    def restart(self) -> None:
        """Go back to the first values."""
        arrays = [self._folder.array(key) for key in self.exported.arrays]
        self._arrays = xla.put(self._device, arrays)
        self._step = 0

    def __call__(self, steps: int) -> npt.NDArray[np.float32]:
        """Make steps, from the first batch of the order on, and wait for their metrics.

        Args:
            steps: At most the exported `steps_per_epoch`.

        Returns:
            d_loss, g_loss, real_score and fake_score: float32, 4 x steps.

        Raises:
            NotFiniteError: A loss became infinite or no number.
        """
        values = (self._step, 0, steps, 0)
        numbers = [np.asarray(one, kind) for kind, one in zip(NUMBERS, values, strict=True)]
        results = self._loaded.execute_sharded([*xla.put(self._device, numbers), *self._arrays])
        outputs = [one for (one,) in results.disassemble_into_single_device_arrays()]
        for output, parameter in self.exported.returned.items():
            self._arrays[parameter - FIRST_ARRAY] = outputs[int(output)]
        made = int(outputs[0])
        if made != steps:
            raise NotFiniteError(f"{self.exported.name}: the losses of step {made} are not finite")
        self._step += steps
        metrics: npt.NDArray[np.float32] = np.asarray(outputs[1])[:, :made]
        return metrics

    def check(self) -> Check:
        """Repeat the steps whose losses TensorFlow computed, from the first values."""
        self.restart()
        expected = self._folder.array(self.exported.losses)[:_LOSSES]
        received = self(expected.shape[1])[:_LOSSES]
        off = (np.abs(received - expected) / np.maximum(1.0, np.abs(expected))).max(axis=0)
        norms = [
            abs(self._norm(self.exported.returned[output]) - norm) / max(norm, _SMALL)
            for output, norm in self.exported.norms.items()
        ]
        return Check(float(off[0]), float(off[:_EARLY].max()), float(off.max()), max(norms))

    def _norm(self, parameter: int) -> float:
        array = np.asarray(self._arrays[parameter - FIRST_ARRAY])
        return float(np.linalg.norm(array.astype(np.float64).ravel()))

    def seconds_per_call(self, steps: int, seconds: float) -> float:
        """The median time of a call, its metrics read back, over some seconds of calls."""
        self(steps)
        times: list[float] = []
        while len(times) < _MIN_CALLS or sum(times) < seconds:
            begun = time.perf_counter()
            self(steps)
            times.append(time.perf_counter() - begun)
        return statistics.median(times)
