"""The names that variables have in a checkpoint, and arrays assigned to variables by name.

Variables are named by role and position, such as `generator/3`: Keras's own paths change when a
model is built twice in one process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gan.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

GENERATOR: Final = "generator"
DISCRIMINATOR: Final = "discriminator"
AVERAGED_GENERATOR: Final = "averaged_generator"
"""The roles of networks. Only runs with an averaged generator have the last."""


def named_variables(owners: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of networks and optimizers, by their names in a checkpoint.

    Args:
        owners: Each by its role.
    """
    return {
        f"{role}/{position}": variable
        for role, owner in owners.items()
        for position, variable in enumerate(owner.variables)
    }


def assign(variables: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Assign arrays to variables, exactly. There may be more arrays than variables.

    Raises:
        CheckpointError: An array is missing, or of another shape or dtype; nothing is assigned
            then.
    """
    if missing := sorted(set(variables) - set(arrays)):
        msg = f"the checkpoint does not match these networks: missing {missing}."
        raise CheckpointError(msg)
    for name, variable in variables.items():
        _require_same_form(name, variable, arrays[name])
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _require_same_form(name: str, variable: Any, array: np.ndarray) -> None:
    shape, dtype = tuple(variable.shape), str(variable.dtype)
    if array.shape != shape or str(array.dtype) != dtype:
        msg = (
            f"the checkpoint does not match these networks: {name} is {array.dtype} "
            f"{array.shape}, expected {dtype} {shape}."
        )
        raise CheckpointError(msg)
