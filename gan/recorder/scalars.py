"""Scalars of any framework: kept where they are logged, read where nobody waits for them.

No framework is imported: a value's own class says where it comes from. What the loop's thread can
read at once becomes a float there. What a device may still be computing is kept as it is, and the
writer's thread reads many of them together, so that the loop never waits for its own device.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gan.events import Floats

Keep = Callable[[str, Any], Any]
"""Takes a series's name and a value; returns a float, or what `read` reads later.

Raises `TypeError` or `ValueError`, with the series's name, for what is no single number.
"""

_EXPECTED: Final = "expected one number: of Python, NumPy, TensorFlow, PyTorch or JAX"


class Keepers:
    """How to keep a value of each class that a run has logged. Any thread may ask."""

    def __init__(self) -> None:
        """Python's own numbers are known."""
        self._by_class: dict[type, Keep] = {float: _keep_float, int: _keep_number}

    def keep(self, name: str, value: object) -> Any:
        """A value as a float, or as what `read` reads later.

        Args:
            name: The series.
            value: What was logged.

        Raises:
            TypeError: It is no number.
            ValueError: It is no single number, or it has no value yet.
        """
        kind = type(value)
        keep = self._by_class.get(kind)
        if keep is None:
            keep = self._by_class[kind] = _keeper_of(kind)
        return keep(name, value)


def read(values: Sequence[Any], complain: Callable[[Exception], None]) -> Floats:
    """The numbers of what `Keepers.keep` returned; waits for the device that computes them.

    Args:
        values: Floats, and values of frameworks.
        complain: Called with why a value can't be read; its number is NaN then.

    Returns:
        float32, one for each value. Beyond its range a number is infinite.
    """
    numbers = [value if type(value) is float else 0.0 for value in values]
    for framework, places in _kept_places(values).items():
        found = _READERS[framework]([values[place] for place in places], complain)
        for place, number in zip(places, found, strict=True):
            numbers[place] = number
    with np.errstate(over="ignore"):
        return np.array(numbers, np.float64).astype(np.float32)


def fetched(value: Any) -> np.ndarray:
    """An array of any framework as one of NumPy, a copy in this machine's memory.

    Raises:
        TypeError: It is no array of numbers.
        ValueError: It has no value yet, or rows of several lengths.
    """
    framework = _framework_of(type(value))
    if framework == "keras":
        value = value.value
        framework = _framework_of(type(value))
    if framework == "torch":
        value = value.detach().float().cpu() if value.is_floating_point() else value.cpu()
    if framework == "tensorflow" and not hasattr(value, "numpy"):
        raise ValueError(f"received {_class_name(type(value))}, {_NO_VALUE_YET}")
    array = np.array(value.numpy() if framework == "tensorflow" else np.asarray(value))
    if array.dtype.kind not in "biuf":
        # bfloat16 and its like are kinds of their own.
        array = _as_float32(array)
    return array


_NO_VALUE_YET: Final = (
    "which has no value yet: it is part of a function that is being compiled. Return it from "
    "there, and log what comes out"
)


def _as_float32(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "c":
        raise TypeError(f"received {array.dtype}, expected an array of real numbers")
    try:
        return array.astype(np.float32)
    except (TypeError, ValueError):
        raise TypeError(f"received {array.dtype}, expected an array of numbers") from None


def _keeper_of(kind: type) -> Keep:
    """How values of a class are kept, by the framework that it is of."""
    if issubclass(kind, (str, bytes, bytearray)):
        return _refuse
    if issubclass(kind, np.ma.MaskedArray):
        return _keep_masked
    framework = _framework_of(kind)
    if framework == "tensorflow":
        return _keeper_for_tensorflow(kind)
    return _KEEPERS.get(framework, _keep_number)


def _framework_of(kind: type) -> str:
    """The package that defines a class or one that it is derived from; empty for another one."""
    for base in kind.__mro__:
        package = _package_of(base)
        if package in _KEEPERS:
            return package
    return ""


def _package_of(kind: type) -> str:
    """The package that defines a class; a class may say anything of its module."""
    return str(kind.__module__).partition(".")[0]


def _class_name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__name__
    return f"{_package_of(kind)}'s {kind.__name__}"


def _refuse(name: str, value: Any) -> float:
    raise TypeError(f"series {name!r}: received {_quoted(value)}, {_EXPECTED}")


def _quoted(value: object) -> str:
    return "None" if value is None else f"{_class_name(type(value))} {value!r:.40}"


def _keep_float(name: str, value: float) -> float:
    del name
    return value


def _keep_number(name: str, value: Any) -> float:
    """A number of any class that converts itself, such as a fraction."""
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"series {name!r}: received a number beyond any float") from None
    except Exception:  # noqa: BLE001 - the value's own error, whatever its class: it is no number
        return _refuse(name, value)


def _keep_numpy(name: str, value: Any) -> float:
    _require_one(name, value.size, value.shape)
    number = value.item()
    if type(number) is float:
        return number
    return _refuse(name, value) if isinstance(number, (str, bytes)) else _keep_number(name, number)


def _keep_masked(name: str, value: Any) -> float:
    """A masked value is missing, whatever number lies under the mask."""
    _require_one(name, value.size, value.shape)
    return float("nan") if value.mask.any() else _keep_numpy(name, value.data)


def _keep_torch(name: str, value: Any) -> Any:
    """A tensor's number, or a copy of it: a tensor may be changed in place after this.

    A copy on its device is queued behind what computes it, and keeps no graph of gradients alive.
    """
    if not hasattr(value, "numel"):
        return _refuse(name, value)
    _require_one(name, value.numel(), value.shape)
    if value.is_complex():
        return _refuse(name, value)
    return float(value.item()) if value.is_cpu else value.detach().clone()


def _keeper_for_tensorflow(kind: type) -> Keep:
    """By the class, because asking a tensor for what it lacks takes microseconds."""
    if hasattr(kind, "read_value"):
        return lambda name, value: _keep_tensorflow(name, value.read_value())
    return _keep_tensorflow if hasattr(kind, "numpy") else _refuse_symbolic


def _keep_tensorflow(name: str, value: Any) -> Any:
    """An eager tensor, which never changes."""
    shape = value.shape
    if shape.rank:
        _require_one(name, shape.num_elements(), shape)
    dtype = value.dtype
    return value if dtype.is_floating or dtype.is_integer or dtype.is_bool else _refuse(name, value)


def _keep_jax(name: str, value: Any) -> Any:
    """An array, which never changes, though a compiled function may be given its memory."""
    if any(base.__name__ == "Tracer" for base in type(value).__mro__):
        _refuse_symbolic(name, value)
    if not hasattr(value, "copy_to_host_async"):
        return _keep_number(name, value)
    if value.ndim:
        _require_one(name, value.size, value.shape)
    # A key of random numbers has a type of its own, without a kind.
    if getattr(value.dtype, "kind", "c") == "c":
        return _refuse(name, value)
    return value


def _keep_keras(name: str, value: Any) -> Any:
    """A Keras variable's value, which is one of its backend's."""
    if not hasattr(value, "value"):
        _refuse_symbolic(name, value)
    return Keepers().keep(name, value.value)


def _refuse_symbolic(name: str, value: object) -> float:
    raise ValueError(f"series {name!r}: received {_class_name(type(value))}, {_NO_VALUE_YET}")


def _require_one(name: str, size: int, shape: Sequence[int]) -> None:
    if size != 1:
        raise ValueError(
            f"series {name!r}: received an array of shape {tuple(shape)}, expected one number; "
            "log its mean"
        )


def _kept_places(values: Sequence[Any]) -> dict[str, list[int]]:
    """Where the values of each framework stand."""
    places: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        if type(value) is not float:
            places.setdefault(_framework_of(type(value)), []).append(place)
    return places


def _number(value: Any, complain: Callable[[Exception], None]) -> float:
    """The number of an array with one; NaN if it can't be had."""
    try:
        return float(np.asarray(value).item())
    except Exception as error:  # noqa: BLE001 - a framework's own error, whatever its class
        complain(error)
        return float("nan")


def _read_tensorflow(
    values: Sequence[Any], complain: Callable[[Exception], None]
) -> Sequence[float]:
    return [_number(value, complain) for value in values]


def _read_jax(values: Sequence[Any], complain: Callable[[Exception], None]) -> Sequence[float]:
    """All copies are under way before the first is waited for."""
    for value in values:
        if not value.is_deleted():
            value.copy_to_host_async()
    return [_number(value, complain) for value in values]


def _read_torch(values: Sequence[Any], complain: Callable[[Exception], None]) -> Sequence[float]:
    """One transfer for all tensors of a device.

    The loop may compute on a stream of its own, so the device is waited for as a whole.
    """
    torch = sys.modules["torch"]
    numbers: dict[int, float] = {}
    for device in {value.device for value in values}:
        places = [place for place, value in enumerate(values) if value.device == device]
        try:
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            stacked = torch.stack([values[place].reshape(()).float() for place in places])
            numbers |= zip(places, stacked.tolist(), strict=True)
        except Exception as error:  # noqa: BLE001 - a device's own error, whatever its class
            complain(error)
    return [numbers.get(place, float("nan")) for place in range(len(values))]


_KEEPERS: Final[dict[str, Keep]] = {
    "numpy": _keep_numpy,
    "torch": _keep_torch,
    "tensorflow": _keep_tensorflow,
    "keras": _keep_keras,
    "jax": _keep_jax,
    "jaxlib": _keep_jax,
}
"""How values are kept, by the package that defines their class."""

_READERS: Final[
    dict[str, Callable[[Sequence[Any], Callable[[Exception], None]], Sequence[float]]]
] = {
    "torch": _read_torch,
    "tensorflow": _read_tensorflow,
    "jax": _read_jax,
    "jaxlib": _read_jax,
}
"""How kept values are read, by the same."""
