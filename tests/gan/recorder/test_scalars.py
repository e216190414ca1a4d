"""Scalars of every framework are taken, and what is no number is refused by its series's name."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gan.recorder.scalars import Keepers, fetched, read


def complain(error: Exception) -> None:
    raise error


def number(value: Any) -> float:
    """What is written of a value."""
    return float(read([Keepers().keep("loss", value)], complain)[0])


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        Fraction(3, 2),
        np.float64(1.5),
        np.float16(1.5),
        np.array(1.5),
        np.array([[1.5]]),
    ],
    ids=repr,
)
def test_a_number_of_python_and_numpy_is_taken(value: Any) -> None:
    assert number(value) == 1.5


def test_whole_numbers_and_truths_are_numbers() -> None:
    assert [number(value) for value in (2, True, np.int8(3), np.array([True]))] == [2, 1, 3, 1]


def test_numbers_that_are_not_finite_are_values() -> None:
    kept = [Keepers().keep("loss", value) for value in (math.nan, math.inf, -np.inf, 1e300)]

    assert str(read(kept, complain).tolist()) == "[nan, inf, -inf, inf]"


def test_a_masked_value_is_missing_and_not_what_lies_under_the_mask() -> None:
    masked = np.ma.masked_array([3.0], mask=[True])

    assert math.isnan(number(np.ma.masked))
    assert math.isnan(number(masked))
    assert number(np.ma.masked_array(3.0)) == 3


@pytest.mark.parametrize("value", ["1.5", b"1", None, [1.0], {"a": 1}, 1j, np.array("1")], ids=repr)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"series 'loss': received .*expected one number"):
        number(value)


class Layer:
    """What a framework defines besides tensors."""

    __module__ = "torch.nn"


class RandomKey:
    """An array whose type is none of numbers."""

    __module__ = "jax.random"
    copy_to_host_async = None
    ndim = 0
    dtype = object()


class Broken:
    """A number that fails."""

    def __float__(self) -> float:
        raise RuntimeError("no value")


class Nowhere:
    """A class that was made without a module."""

    __module__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Layer, RandomKey, Broken, Nowhere])
def test_objects_that_are_no_numbers_are_refused_by_the_name_of_their_series(
    kind: type[Any],
) -> None:
    with pytest.raises(TypeError, match=r"series 'loss': received .*expected one number"):
        number(kind())


def test_an_array_of_several_numbers_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"series 'loss': .* shape \(64, 2\).*log its mean"):
        number(np.zeros((64, 2)))


def test_a_number_beyond_every_float_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond any float"):
        number(10**400)


def test_an_array_that_changes_later_was_read_when_it_was_logged() -> None:
    total = np.zeros(())
    kept = Keepers().keep("total", total)
    total += 1

    assert read([kept], complain)[0] == 0


class TestTensorFlow:
    """Eager tensors are read later; variables when they are logged."""

    @pytest.fixture
    def tf(self) -> Any:
        return pytest.importorskip("tensorflow")

    def test_a_tensor_is_taken(self, tf: Any) -> None:
        assert number(tf.constant(1.5)) == 1.5
        assert number(tf.constant([[2]])) == 2

    def test_a_variable_counts_as_it_was_when_it_was_logged(self, tf: Any) -> None:
        variable = tf.Variable(1.0)
        kept = Keepers().keep("loss", variable)
        variable.assign(2.0)

        assert read([kept], complain)[0] == 1

    def test_a_keras_variable_too(self, tf: Any) -> None:
        del tf
        import keras

        variable = keras.Variable(1.0)
        kept = Keepers().keep("loss", variable)
        variable.assign(2.0)

        assert read([kept], complain)[0] == 1

    def test_a_tensor_without_a_value_is_refused(self, tf: Any) -> None:
        @tf.function
        def step(x: Any) -> Any:
            Keepers().keep("loss", x)
            return x

        with pytest.raises(ValueError, match=r"no value yet.*Return it"):
            step(tf.constant(1.0))

    def test_images_without_a_value_are_refused(self, tf: Any) -> None:
        with pytest.raises(ValueError, match=r"no value yet.*Return it"):
            tf.function(fetched)(tf.ones((2, 3)))

    def test_several_numbers_and_texts_are_refused(self, tf: Any) -> None:
        with pytest.raises(ValueError, match="log its mean"):
            number(tf.zeros(3))
        with pytest.raises(TypeError, match="expected one number"):
            number(tf.constant("1"))

    def test_images_are_fetched(self, tf: Any) -> None:
        assert fetched(tf.ones((2, 3), tf.bfloat16)).tolist() == [[1.0] * 3] * 2


class TestPyTorch:
    """Tensors of this machine's memory are read at once, those of a device copied there."""

    @pytest.fixture
    def torch(self) -> Any:
        return pytest.importorskip("torch")

    def test_a_tensor_with_gradients_is_taken(self, torch: Any) -> None:
        assert number(torch.tensor([0.75], requires_grad=True) * 2) == 1.5

    def test_a_tensor_that_is_changed_in_place_was_read_when_it_was_logged(
        self, torch: Any
    ) -> None:
        total = torch.zeros(())
        kept = Keepers().keep("total", total)
        total += 1

        assert read([kept], complain)[0] == 0

    def test_tensors_of_a_device_are_read_together(self, torch: Any) -> None:
        """Without a GPU, kept tensors of this machine's memory stand for those of a device."""
        tensors = [torch.tensor(1.0), torch.tensor([2], dtype=torch.int64), torch.tensor(3.0)]

        assert read([*tensors[:2], 9.0, tensors[2]], complain).tolist() == [1, 2, 9, 3]

    def test_images_are_fetched(self, torch: Any) -> None:
        images = torch.ones((2, 3), dtype=torch.bfloat16, requires_grad=True)

        assert fetched(images).tolist() == [[1.0] * 3] * 2


class TestJax:
    """Arrays are read later, all copies under way at once."""

    @pytest.fixture
    def jax(self) -> Any:
        return pytest.importorskip("jax")

    def test_arrays_are_taken(self, jax: Any) -> None:
        assert number(jax.numpy.float32(1.5)) == 1.5
        assert number(jax.numpy.full((1,), 2, "bfloat16")) == 2

    def test_a_tracer_is_refused(self, jax: Any) -> None:
        with pytest.raises(ValueError, match=r"no value yet.*Return it"):
            jax.jit(lambda x: Keepers().keep("loss", x))(1.0)

    def test_an_array_whose_memory_was_given_away_is_nan_and_complained_of(self, jax: Any) -> None:
        array, complaints = jax.numpy.float32(1.5), []
        kept = Keepers().keep("loss", array)
        array.delete()

        assert math.isnan(read([kept, 1.0], complaints.append)[0])
        assert "deleted" in str(complaints[0])
