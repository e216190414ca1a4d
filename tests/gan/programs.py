"""Compiled programs, each compiled once for the whole suite and given out as good as new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gan.config import RECIPE, RunConfig
from gan.training.build import Program, compile_program
from gan.training.state import restore_state, state_of
from tests.gan.small import tiny

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.events import Images
    from gan.strategy.topology import Topology

_MADE_OF = ("preset", "seed", "latent_dim", *sorted(RECIPE - {"epochs"}))
"""The options that a compiled program depends on."""

_ANY_DEVICE = RunConfig.resolve({}).device


class Programs:
    """Stands in for `compile_program`, at a thousandth of its cost."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._compiled: dict[tuple[Any, ...], tuple[Program, dict[str, Any]]] = {}

    def __call__(
        self,
        config: RunConfig,
        images: Images,
        warn: Callable[[str], None],
        topology: Topology | None = None,
    ) -> Program:
        """What `compile_program` gives, every variable as it was when it was built."""
        # Other workers are played by tests, so this one trains whole batches.
        assert topology is None or topology.local_replicas == 1
        assert np.array_equal(images, self._images)
        # A program is made for a device too. Threads are the process's.
        assert config.device == _ANY_DEVICE
        key = tuple(getattr(config, name) for name in _MADE_OF)
        if key not in self._compiled:
            program = compile_program(config, images, warn)
            self._compiled[key] = (program, state_of(program.gan))
        program, fresh = self._compiled[key]
        restore_state(program.gan, fresh)
        program.sampler.resample(0)
        program.sampler.show_raw(False)
        return program

    def of(self, preset: str, **options: Any) -> Program:
        """A preset's program over the shared images."""
        return self(tiny(preset=preset, **options), self._images, _refuse_warnings)


def _refuse_warnings(text: str) -> None:
    raise AssertionError(text)
