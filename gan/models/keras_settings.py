"""Keras's own settings, as the networks of this program need them.

`keras.Input`, `Flatten` and the optimizers read them from Keras. Another program in this process
may have set others, or have imported Keras with a configuration file of its own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import keras

from gan.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BACKEND: Final = "tensorflow"
_FLOAT: Final = "float32"
_EPSILON: Final = 1e-7
_IMAGE_DATA_FORMAT: Final = "channels_last"


@contextmanager
def own_keras_settings() -> Iterator[None]:
    """Build and trace networks in this block, or in a function that it decorates.

    The settings that were found are restored at its end.

    Raises:
        DeviceError: Keras was imported with another backend, which can't be changed any more.
    """
    if keras.config.backend() != _BACKEND:
        raise DeviceError(
            f"Keras runs on {keras.config.backend()} in this process, expected {_BACKEND}. Set "
            f"KERAS_BACKEND={_BACKEND} before Keras is imported."
        )
    before = (
        keras.config.floatx(),
        keras.config.epsilon(),
        keras.config.image_data_format(),
        keras.config.dtype_policy(),
    )
    _set(_FLOAT, _EPSILON, _IMAGE_DATA_FORMAT, _FLOAT)
    try:
        yield
    finally:
        _set(*before)


def _set(floatx: str, epsilon: float, image_data_format: str, dtype_policy: object) -> None:
    keras.config.set_floatx(floatx)
    keras.config.set_epsilon(epsilon)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(dtype_policy)
