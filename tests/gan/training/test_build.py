"""What a configuration becomes, and what happens if XLA can't compile it."""

from __future__ import annotations

import functools
import weakref
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf

from gan.errors import CompilationError, DeviceError
from gan.models.losses import NonSaturatingLoss
from gan.models.presets import LOSSES, PRESETS, loss
from gan.models.regularisers import GradientPenalty, RandomShifts
from gan.training import build, replicas
from gan.training.build import build_gan, compile_program
from gan.training.execution import MAX_STEPS_PER_EXECUTION, Execution
from gan.training.feed import DeviceImages, HostImages
from gan.training.schedule import RisingShare
from gan.training.state import state_of
from tests.gan.small import BATCH, COUNT, STEPS_PER_EPOCH, tiny

if TYPE_CHECKING:
    from gan.events import Images
    from gan.training.step import Gan
    from tests.gan.programs import Programs


MEMORY = tf.errors.ResourceExhaustedError

SLOW = [pytest.param(preset, marks=pytest.mark.slow) for preset in ("mlp-dropout", "dcgan")]


def optimizers(**options: Any) -> list[Any]:
    gan = build_gan(tiny(**options), STEPS_PER_EPOCH)
    return [gan.generator_optimizer, gan.discriminator_optimizer]


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_has_its_own_adam(preset: str) -> None:
    recipe = PRESETS[preset].recipe
    for adam in optimizers(preset=preset):
        assert type(adam).__name__ == "Adam"
        assert float(adam.learning_rate) == pytest.approx(recipe.learning_rate)
        assert (adam.beta_1, adam.beta_2, adam.epsilon) == (recipe.beta_1, 0.999, 1e-7)
        assert not adam.amsgrad
        assert adam.weight_decay is None


def test_options_are_adams() -> None:
    for adam in optimizers(preset="mlp", learning_rate=0.03, beta_1=0.7):
        assert float(adam.learning_rate) == pytest.approx(0.03)
        assert adam.beta_1 == 0.7


def test_the_moments_exist_before_the_first_step() -> None:
    """A checkpoint fills them before anything is trained."""
    gan = build_gan(tiny(preset="mlp"), STEPS_PER_EPOCH)
    trained = gan.networks.generator.trainable_variables
    shapes = [variable.shape for variable in gan.generator_optimizer.variables]
    for variable in trained:
        assert shapes.count(variable.shape) >= 2
    assert sum(shape.rank > 0 for shape in shapes) == 2 * len(trained)
    assert int(gan.generator_optimizer.iterations) == 0


@pytest.mark.parametrize("name", LOSSES)
def test_the_objective_is_what_was_chosen(name: str) -> None:
    options = {"loss": name, "max_shift": 3, "gradient_penalty": 0.25}
    objective = build_gan(tiny(preset="tutorial", **options), STEPS_PER_EPOCH).objective
    assert type(objective.loss) is type(loss(name))
    assert objective.shifts == RandomShifts(3)
    rising = build_gan(tiny(preset="tutorial", shift_share=0.4, **options), STEPS_PER_EPOCH)
    assert rising.objective.shifts == RandomShifts(3, RisingShare(0.4, 0))
    assert objective.penalty == GradientPenalty(0.25)


def test_nothing_is_added_to_the_tutorial() -> None:
    gan = build_gan(tiny(preset="tutorial"), STEPS_PER_EPOCH)
    assert gan.objective.shifts is gan.objective.penalty is gan.averaging is None
    assert isinstance(gan.objective.loss, NonSaturatingLoss)


def test_a_gpu_gets_the_step_that_launches_less() -> None:
    config = tiny(preset="tutorial", precision="bfloat16")
    for on_cpu, algorithm in ((True, "threefry"), (False, "fused_threefry")):
        gan = build_gan(config, STEPS_PER_EPOCH, on_cpu=on_cpu)
        assert gan.algorithm == algorithm
    # TensorFlow sees no GPU here, or a test could not compare bits.
    assert build_gan(config, STEPS_PER_EPOCH).algorithm == "threefry"
    plain = build_gan(config, STEPS_PER_EPOCH, xla_compiles=False, on_cpu=False)
    assert plain.algorithm == "philox"


@pytest.mark.parametrize("preset", ["tutorial", "mlp", *SLOW])
def test_every_preset_compiles(preset: str, programs: Programs) -> None:
    program = programs.of(preset)
    assert program.jit_compiled
    assert program.execution.steps_per_epoch == STEPS_PER_EPOCH
    assert program.gan.algorithm == "threefry"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "options"),
    [
        ("tutorial", {}),
        ("mlp-dropout", {}),
        # At their own rates, roundings grow too fast for ten steps.
        ("mlp", {"learning_rate": 1e-4}),
        ("dcgan", {"learning_rate": 1e-4}),
    ],
)
def test_bfloat16_trains_nearly_the_same_and_keeps_everything_in_float32(
    preset: str, options: dict[str, Any], programs: Programs
) -> None:
    exact, mixed = (
        programs.of(preset, precision=name, **options) for name in ("float32", "bfloat16")
    )

    of_exact, of_mixed = (np.array(program.execution(0, 10)) for program in (exact, mixed))

    assert mixed.jit_compiled
    assert (of_exact != of_mixed).any()
    np.testing.assert_allclose(of_mixed[:2], of_exact[:2], atol=0.02)
    # A relativistic score counts pairs, so one pair near the edge is a whole step.
    np.testing.assert_allclose(of_mixed[2:], of_exact[2:], atol=1.01 / BATCH)
    assert {array.dtype.name for array in state_of(mixed.gan).values()} <= {"float32", "int64"}


class NoXla(Execution):
    """A machine on which XLA can't compile random numbers."""

    def __init__(self, *args: Any, jit_compile: bool = True, **options: Any) -> None:
        super().__init__(*args, jit_compile=jit_compile, **options)
        self._refuses = jit_compile

    def __call__(self, step: int, steps: int) -> Any:
        if self._refuses:
            raise tf.errors.InvalidArgumentError(None, None, "no kernel for ThreeFry\n\nat: op 7")
        return super().__call__(step, steps)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_without_xla_the_same_step_runs_as_a_graph_and_says_so(
    precision: str, digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "Execution", NoXla)
    warnings: list[str] = []

    config = tiny(preset="mlp", precision=precision)
    program = compile_program(config, digits, warnings.append)

    assert not program.jit_compiled
    line, *more = warnings
    assert len(more) == (precision == "bfloat16")
    assert line.endswith("no kernel for ThreeFry.")
    assert "plain graph" in line
    single = np.concatenate([program.execution(step, 1) for step in range(4)], axis=1)
    again = compile_program(config, digits, warnings.append)
    np.testing.assert_array_equal(again.execution(0, 4), single)


class Compiler(Execution):
    """A training loop that is never compiled: both forms end at once, or fail as they are told."""

    compiled_fails: Exception | None = None
    plain_fails: Exception | None = None
    compilations: ClassVar[list[bool]] = []
    """Whether XLA was to compile it, for each time that it was run."""

    @property
    def _run(self) -> Any:
        self.compilations.append(self._jit_compile)
        fails = self.compiled_fails if self._jit_compile else self.plain_fails
        if fails is not None:
            raise fails
        return lambda *_: (tf.constant(0), tf.zeros((4, MAX_STEPS_PER_EXECUTION)))


@functools.cache
def built(xla_compiles: bool) -> Gan:
    """Networks that nothing trains, so that all tests of compilations share them."""
    return build_gan(tiny(preset="mlp"), STEPS_PER_EPOCH, xla_compiles=xla_compiles)


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> type[Compiler]:
    """Each test's own, in place of the real one, with nothing else that takes time."""

    def build_once(*_: Any, xla_compiles: bool = True, **__: Any) -> Gan:
        return built(xla_compiles)

    monkeypatch.setattr(build, "build_gan", build_once)
    monkeypatch.setattr(build, "Sampler", lambda *_, **__: SimpleNamespace(images=lambda: None))

    class Own(Compiler):
        compilations: ClassVar[list[bool]] = []

    monkeypatch.setattr(replicas, "Execution", Own)
    return Own


ERRORS = [
    kind
    for kind in vars(tf.errors).values()
    if isinstance(kind, type) and issubclass(kind, tf.errors.OpError) and kind is not MEMORY
]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_any_failure_of_the_compilation_leads_to_the_plain_graph_once(
    kind: type[tf.errors.OpError], compiler: type[Compiler], digits: Images
) -> None:
    arguments = (1,) if kind is tf.errors.OpError else ()
    compiler.compiled_fails = kind(
        None, None, "./bin/ptxas not found\n\t [[{{node a}}]]", *arguments
    )
    warnings: list[str] = []

    program = compile_program(tiny(preset="mlp"), digits, warnings.append)

    assert not program.jit_compiled
    assert program.gan.algorithm == "philox"
    assert compiler.compilations == [True, False]
    (line,) = warnings
    assert "plain graph, which is slower. ./bin/ptxas not found. NVIDIA's ptxas is missing" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "Out of memory while trying to allocate 4 GB"),
        tf.errors.InternalError(None, None, "CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
        tf.errors.UnknownError(None, None, "cublas: CUBLAS_STATUS_ALLOC_FAILED"),
    ],
    ids=["exhausted", "internal", "unknown"],
)
def test_a_compilation_without_memory_is_about_memory(
    error: tf.errors.OpError, compiler: type[Compiler], digits: Images
) -> None:
    """First without the images on the device, then not at all; never as a plain graph."""
    compiler.compiled_fails = error
    warnings: list[str] = []

    with pytest.raises(DeviceError, match=r"out of memory\. Try a --batch-size below"):
        compile_program(tiny(preset="mlp"), digits, warnings.append)

    assert compiler.compilations == [True, True]
    assert warnings == []


def test_a_step_that_runs_in_neither_form_is_one_clear_error(
    compiler: type[Compiler], digits: Images
) -> None:
    compiler.compiled_fails = tf.errors.InternalError(None, None, "libdevice not found at ./lib.bc")
    compiler.plain_fails = tf.errors.InternalError(None, None, "'cuLaunchKernel' failed")
    warnings: list[str] = []

    with pytest.raises(CompilationError) as raised:
        compile_program(tiny(preset="mlp"), digits, warnings.append)

    assert compiler.compilations == [True, False]
    assert str(raised.value).startswith(
        "the training step runs neither compiled (libdevice not found at ./lib.bc) nor as a plain "
        "graph ('cuLaunchKernel' failed). NVIDIA's libdevice is missing"
    )
    assert warnings == []


def test_networks_that_the_device_cannot_build_are_one_clear_error(
    digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU that is newer than TensorFlow."""

    def fail(*_: Any, **__: Any) -> Gan:
        text = "{{function_node __wrapped__Mul}} 'cuLaunchKernel(...)' failed with "
        raise tf.errors.InternalError(None, None, f"{text}'CUDA_ERROR_INVALID_HANDLE'")

    monkeypatch.setattr(build, "build_gan", fail)
    with pytest.raises(CompilationError, match=r"can't be built .*no code for this GPU.*cpu") as e:
        compile_program(tiny(preset="mlp"), digits, print)
    assert "\n" not in str(e.value)


def test_the_plain_graph_with_images_on_the_host_warns_of_both_once(
    compiler: type[Compiler], digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler.compiled_fails = tf.errors.NotFoundError(None, None, "./bin/ptxas not found")
    monkeypatch.setattr(build, "DeviceImages", exhausted)
    warnings: list[str] = []

    compile_program(tiny(preset="mlp"), digits, warnings.append)

    compiled, placed = warnings
    assert compiled.startswith("XLA can't compile this step here")
    assert "don't fit on the device" in placed


@pytest.mark.parametrize("kind", [TypeError, ValueError, RuntimeError, MemoryError])
def test_a_fault_of_this_program_is_not_taken_for_one_of_xla(
    kind: type[Exception], compiler: type[Compiler], digits: Images
) -> None:
    compiler.compiled_fails = kind("a fault")
    with pytest.raises(kind, match="a fault"):
        compile_program(tiny(preset="mlp"), digits, print)
    assert compiler.compilations == [True]


def exhausted(*_: Any, **__: Any) -> Any:
    raise tf.errors.ResourceExhaustedError(None, None, "out of memory")


def not_copied(*_: Any, **__: Any) -> Any:
    """What a copy to a GPU raises if its memory is full."""
    text = "Failed copying input tensor from CPU:0 to GPU:0: Dst tensor is not initialized."
    raise tf.errors.InternalError(None, None, text)


class Crowded(DeviceImages):
    """Images that fit on the device and leave no memory for a step."""

    def ready(self, step: int, steps: int) -> int:
        exhausted()
        return super().ready(step, steps)


def test_images_that_did_not_fit_are_freed_on_the_device(
    digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[weakref.ref[tf.Tensor]] = []

    class Cramped(Execution):
        """Out of memory when it runs, with its loop traced: then it holds a reference to itself."""

        def __call__(self, *_: int) -> Any:
            if isinstance(self._feed, DeviceImages):
                assert self._run is not None
                raise DeviceError("no room for a step")
            return None

    def place(*args: Any, **options: Any) -> DeviceImages:
        feed = DeviceImages(*args, **options)
        placed.append(weakref.ref(feed.images))
        return feed

    def alone(*args: Any, **options: Any) -> HostImages:
        assert [images() is None for images in placed] == [True]
        return HostImages(*args, **options)

    monkeypatch.setattr(replicas, "Execution", Cramped)
    monkeypatch.setattr(build, "DeviceImages", place)
    monkeypatch.setattr(build, "HostImages", alone)
    compile_program(tiny(preset="mlp"), digits, lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [exhausted, not_copied, Crowded],
    ids=["too large", "not copied", "no memory for a step"],
)
def test_images_that_do_not_fit_on_the_device_stay_on_the_host(
    place: Any, digits: Images, monkeypatch: pytest.MonkeyPatch, programs: Programs
) -> None:
    monkeypatch.setattr(build, "DeviceImages", place)
    warnings: list[str] = []

    program = compile_program(tiny(preset="mlp"), digits, warnings.append)

    (line,) = warnings
    assert f"{COUNT} images (0 MB) don't fit on the device" in line
    expected = programs.of("mlp").execution(0, 5)
    np.testing.assert_array_equal(program.execution(0, 5), expected)


def test_a_device_too_small_for_one_batch_ends_the_run(
    digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "DeviceImages", exhausted)
    monkeypatch.setattr(build, "HostImages", exhausted)
    warnings: list[str] = []
    with pytest.raises(DeviceError, match="out of memory"):
        compile_program(tiny(), digits, warnings.append)
    assert warnings == []


def test_a_fault_that_is_not_xlas_is_not_hidden(
    digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> DeviceImages:
        raise tf.errors.InternalError(None, None, "a fault")

    monkeypatch.setattr(build, "DeviceImages", fail)
    with pytest.raises(tf.errors.InternalError):
        compile_program(tiny(), digits, print)
