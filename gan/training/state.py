"""A run's whole state as named arrays, and back: what a checkpoint holds of TensorFlow.

Variables are named by role and place, `generator/3`, because Keras's own paths change when a
model is built twice in one process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gan.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.training.step import Gan

Arrays = dict[str, np.ndarray]


def state_of(gan: Gan) -> Arrays:
    """Every variable of both networks and both optimizers, copied to the host.

    A copy of its own: on a CPU an array could be the variable's memory itself, which the next step
    overwrites while the state is still being written to disk.
    """
    return {name: np.asarray(variable).copy() for name, variable in _variables(gan).items()}


def restore_state(gan: Gan, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign what `state_of` gave, exactly.

    Raises:
        CheckpointError: A variable is missing, unknown, or of another shape or type; nothing is
            assigned then.
    """
    variables = _variables(gan)
    _require_same_names(set(variables), set(arrays))
    for name, variable in variables.items():
        _require_same_form(name, variable, arrays[name])
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _variables(gan: Gan) -> dict[str, Any]:
    owners = {
        "generator": gan.networks.generator,
        "discriminator": gan.networks.discriminator,
        "generator_optimizer": gan.generator_optimizer,
        "discriminator_optimizer": gan.discriminator_optimizer,
    }
    return {
        f"{role}/{place}": variable
        for role, owner in owners.items()
        for place, variable in enumerate(owner.variables)
    }


def _require_same_names(expected: set[str], received: set[str]) -> None:
    if expected != received:
        missing, unknown = sorted(expected - received), sorted(received - expected)
        msg = f"the checkpoint is of other networks: missing {missing}, unknown {unknown}."
        raise CheckpointError(msg)


def _require_same_form(name: str, variable: Any, array: np.ndarray) -> None:
    shape, dtype = tuple(variable.shape), str(variable.dtype)
    if array.shape != shape or str(array.dtype) != dtype:
        msg = (
            f"the checkpoint's {name} is {array.dtype} {array.shape}; "
            f"these networks expect {dtype} {shape}."
        )
        raise CheckpointError(msg)
