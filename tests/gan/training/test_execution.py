"""Many steps in one call: the same numbers however a run is divided, compiled once."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf

from gan.events import StepsCompleted
from gan.training.build import build_gan
from gan.training.execution import Execution, Losses, real_batch
from gan.training.feed import DeviceImages, HostImages
from gan.training.loop import Trainer
from gan.training.state import restore_state, state_of
from gan.training.stopwatch import Stopwatch
from tests.gan.small import BATCH, STEPS_PER_EPOCH, tiny
from tests.gan.training.fakes import Commands, FakeRecorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Images
    from gan.training.build import Program
    from gan.training.step import Gan
    from tests.gan.programs import Programs

SLOW = [pytest.param(preset, marks=pytest.mark.slow) for preset in ("mlp-dropout", "dcgan")]
PRESETS = ["tutorial", "mlp", *SLOW]
"""All of them; each has to be compiled, and those that take longest are left to the whole suite."""
_NO_GAN: Any = SimpleNamespace()


def executed(program: Program, cuts: Sequence[int]) -> Losses:
    """The losses of executions of these sizes, one after another."""
    parts, step = [], 0
    for steps in cuts:
        parts.append(program.execution(step, steps))
        step += steps
    return Losses(*(np.concatenate(rows) for rows in zip(*parts, strict=True)))


def assert_same(first: Any, second: Any) -> None:
    """Bit for bit."""
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_step_for_a_gpu_makes_the_same_numbers() -> None:
    """Compiled for this CPU: another program rounds differently, by the last bit."""
    config = tiny(preset="tutorial")
    images = np.random.default_rng(1).integers(0, 256, (4 * BATCH, 28, 28), np.uint8)

    def losses(*, on_cpu: bool) -> Losses:
        feed = DeviceImages(images, batch_size=BATCH, seed=5)
        return Execution(build_gan(config, feed.steps_per_epoch, on_cpu=on_cpu), feed)(0, 4)

    for cpu, gpu in zip(losses(on_cpu=True), losses(on_cpu=False), strict=True):
        np.testing.assert_allclose(gpu, cpu, rtol=1e-6)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("cuts", [[12], [5, 7], [1, 10, 1], [4, 4, 4]], ids=str)
def test_steps_in_one_execution_equal_single_steps(
    preset: str, cuts: list[int], programs: Programs
) -> None:
    single = programs.of(preset)
    losses = executed(single, [1] * 12)
    state = state_of(single.gan)

    cut = programs.of(preset)
    assert_same(executed(cut, cuts), losses)
    assert_same(state_of(cut.gan).values(), state.values())


def trained(program: Program, tick: float, **options: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """The losses of a run of over two epochs, and its state at the end.

    Args:
        program: As good as new.
        tick: Seconds that the clock advances at each reading; decides the executions' sizes.
        options: Of the configuration.
    """
    readings = iter(np.arange(10**6) * tick)
    recorder = FakeRecorder()
    trainer = Trainer(
        tiny(steps=2 * STEPS_PER_EPOCH + 5, **options),
        program,
        commands=Commands({}),
        recorder=recorder,
        stopwatch=Stopwatch(lambda: next(readings)),
    )
    trainer.run()
    reports = [event for event in recorder.events if isinstance(event, StepsCompleted)]
    losses = np.concatenate([[event.d_loss, event.g_loss] for event in reports], axis=1)
    return losses, list(state_of(program.gan).values())


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("tick", "options"),
    [
        pytest.param(1e-6, {}, id="as long as an epoch"),
        pytest.param(0.01, {"sample_every": "off"}, id="a few steps"),
        pytest.param(1e-6, {"sample_every": "7", "checkpoint_every": "4"}, id="cut by events"),
    ],
)
def test_a_run_over_epochs_is_the_same_however_it_is_cut(
    preset: str, tick: float, options: dict[str, Any], programs: Programs
) -> None:
    one_by_one, state = trained(programs.of(preset), tick=1.0)
    losses, other_state = trained(programs.of(preset), tick, **options)
    assert losses.shape == (2, 2 * STEPS_PER_EPOCH + 5)
    assert_same(losses, one_by_one)
    assert_same(other_state, state)


def test_neither_steps_nor_counts_compile_again(programs: Programs) -> None:
    program = programs.of("mlp")
    begun = time.perf_counter()
    for step, steps in [(0, 1), (1, 2), (3, 11), (STEPS_PER_EPOCH, 1), (1000 * STEPS_PER_EPOCH, 3)]:
        program.execution(step, steps)
    lasted = time.perf_counter() - begun

    # Compiling takes seconds each time; these eighteen small steps take a fraction of one.
    assert lasted < 2.0


def test_there_is_one_value_a_step(programs: Programs) -> None:
    losses = programs.of("mlp").execution(0, 7)
    for row in losses:
        assert row.shape == (7,)
        assert row.dtype == np.float32
        assert np.isfinite(row).all()
    assert ((losses.real_score >= 0) & (losses.real_score <= 1)).all()


def test_no_steps_change_nothing(programs: Programs) -> None:
    program = programs.of("mlp")
    before = state_of(program.gan)
    losses = program.execution(0, 0)
    assert [len(row) for row in losses] == [0, 0, 0, 0]
    assert_same(state_of(program.gan).values(), before.values())


def test_training_learns(programs: Programs, digits: Images) -> None:
    """Real images come to score higher than fake ones, and the mean sample nears the mean digit."""
    program = programs.of("mlp")

    def distance() -> float:
        means = (images.mean(axis=0, dtype=float) for images in (program.sampler.images(), digits))
        return float(np.abs(np.subtract(*means)).mean())

    before = distance()
    program.execution(0, STEPS_PER_EPOCH)
    losses = program.execution(STEPS_PER_EPOCH, STEPS_PER_EPOCH)

    assert losses.real_score.mean() > losses.fake_score.mean() + 0.03
    assert distance() < 0.8 * before


def test_it_ends_after_the_first_step_with_a_non_finite_loss(programs: Programs) -> None:
    """Adam takes the root of a second moment: if that is negative, the weights become NaN."""
    program = programs.of("mlp")
    moments = program.gan.generator_optimizer.variables[-1]
    moments.assign(tf.fill(moments.shape, -1.0))

    losses = program.execution(0, 10)

    assert [len(row) for row in losses] == [2, 2, 2, 2]
    assert np.isfinite(losses.d_loss).tolist() == [True, False]
    assert losses.d_loss[0] == programs.of("mlp").execution(0, 10).d_loss[0]


def test_another_branch_draws_other_numbers_and_the_same_one_the_same(programs: Programs) -> None:
    first, second, again = (
        programs.of("mlp").execution(0, 5, branch).g_loss.tolist() for branch in (0, 1, 1)
    )
    assert second == again
    assert not set(first) & set(second)


def untrained(images: Images, *, batch_size: int = BATCH) -> Execution:
    """An execution whose program is never compiled."""
    return Execution(_NO_GAN, DeviceImages(images, batch_size=batch_size, seed=5))


def test_pixels_are_scaled_to_the_generators_range() -> None:
    grey = np.arange(256, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    batch = real_batch(tf.constant(grey), tf.range(256), tf.constant(0), 256).numpy()
    assert batch.dtype == np.float32
    assert (batch.min(), batch.max()) == (-1.0, 1.0)
    np.testing.assert_allclose(batch[:, 0, 0], np.arange(256) / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(("step", "left"), [(0, 18), (1, 17), (17, 1), (18, 18), (19, 17)])
def test_an_execution_ends_where_the_order_changes(step: int, left: int, digits: Images) -> None:
    assert untrained(digits).max_steps_after(step) == left


def test_an_execution_ends_with_the_images_that_the_device_holds(digits: Images) -> None:
    feed = HostImages(digits, batch_size=BATCH, seed=5, window_bytes=7 * digits[:BATCH].nbytes)
    execution = Execution(_NO_GAN, feed)
    assert [execution.max_steps_after(step) for step in (0, 12, 17)] == [7, 6, 1]


@pytest.fixture(scope="module")
def on_host(digits: Images) -> tuple[Gan, Execution]:
    """A new run's networks, trained on images of which the device holds seven batches at a time."""
    gan = build_gan(tiny(preset="mlp"), STEPS_PER_EPOCH)
    feed = HostImages(digits, batch_size=BATCH, seed=5, window_bytes=7 * digits[:BATCH].nbytes)
    return gan, Execution(gan, feed)


@pytest.mark.slow
@pytest.mark.parametrize("tick", [1e-6, 0.01], ids=["as long as it can", "a few steps"])
def test_images_on_the_host_train_bit_for_bit_as_those_on_the_device(
    tick: float, on_host: tuple[Gan, Execution], programs: Programs
) -> None:
    gan, execution = on_host
    restore_state(gan, state_of(programs.of("mlp").gan))

    losses, state = trained(replace(programs.of("mlp"), gan=gan, execution=execution), tick)

    expected, expected_state = trained(programs.of("mlp"), tick)
    assert_same(losses, expected)
    assert_same(state, expected_state)
