"""The matrix multiplications of a step: how many, and that all of them are computed."""

from __future__ import annotations

import time

import pytest

from gan.bench.limit import Shapes, flop_per_step, matmul_loop, shapes_of
from gan.bench.processes import BenchError
from gan.models import dcgan, mlp, mlp_dropout, tutorial

BATCH = 8


def test_the_shapes_are_those_of_the_layers() -> None:
    shapes = shapes_of(mlp_dropout.build(100, 1))

    assert shapes.generator == (100, 256, 512, 784)
    assert shapes.discriminator == (784, 512, 256, 1)


def test_the_limit_of_convolutions_is_not_known() -> None:
    with pytest.raises(BenchError, match="dense layers alone"):
        shapes_of(dcgan.build(32, 1))


def test_a_step_of_the_tutorial_is_two_and_a_third_gigaflop() -> None:
    assert flop_per_step(shapes_of(tutorial.build(100, 1)), 256) == 2_342_387_712


def test_every_multiplication_is_counted_once() -> None:
    """One layer each, so that they can be counted by hand.

    The generator: forward, and back for its weights. The discriminator: forward on both; back for
    its weights on both; back for the generator's loss to the fakes.
    """
    generator, discriminator = 2 * 3, 3 * 1

    expected = 2 * BATCH * (2 * generator + 5 * discriminator)
    assert flop_per_step(Shapes((2, 3), (3, 1)), BATCH) == expected


@pytest.mark.slow
@pytest.mark.parametrize("networks", [tutorial, mlp], ids=["apart", "together"])
def test_ten_times_the_steps_take_longer(networks: object) -> None:
    """A compiler that saw that nothing changes would compute them once."""
    loop = matmul_loop(networks.build(100, 1), 64)  # type: ignore[attr-defined]
    loop(1)

    def seconds(steps: int) -> float:
        begun = time.perf_counter()
        loop(steps)
        return time.perf_counter() - begun

    assert min(seconds(40) for _ in range(3)) > 4 * min(seconds(4) for _ in range(3))
