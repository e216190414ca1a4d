"""The state of a run in training as arrays: copied to the host, and assigned again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gan.errors import CheckpointError
from gan.models.variables import (
    AVERAGED_GENERATOR,
    DISCRIMINATOR,
    GENERATOR,
    assign,
    named_variables,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gan.training.build import Program
    from gan.training.step import Gan


def state_arrays(program: Program) -> dict[str, np.ndarray]:
    """What a checkpoint holds, copied to the host: the state of one replica, as all have the same.

    As a checkpoint has them: names to arrays of the variables' shapes and dtypes.
    """
    return state_of(program.gan)


def restore_arrays(program: Program, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign what `state_arrays` returned, exactly, to every replica of this process.

    Raises:
        CheckpointError: As `restore_state`.
    """
    for gan in (program.gan, *program.other_gans):
        restore_state(gan, arrays)


def state_of(gan: Gan) -> dict[str, np.ndarray]:
    """Every variable of the networks and of both optimizers, copied to the host.

    It must be a copy: on a CPU, an array could share the variable's memory, which the next step
    overwrites while the state is still being written to disk.
    """
    variables = named_variables(owners(gan))
    return {name: np.asarray(variable).copy() for name, variable in variables.items()}


def restore_state(gan: Gan, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign the arrays that `state_of` returned, exactly.

    Raises:
        CheckpointError: A variable is missing, unknown, or of another shape or dtype; nothing is
            assigned then.
    """
    variables = named_variables(owners(gan))
    _require_same_names(set(variables), set(arrays))
    assign(variables, arrays)


def owners(gan: Gan) -> dict[str, Any]:
    """The networks and optimizers that a checkpoint holds, by their roles."""
    found = {
        GENERATOR: gan.networks.generator,
        DISCRIMINATOR: gan.networks.discriminator,
        "generator_optimizer": gan.generator_optimizer,
        "discriminator_optimizer": gan.discriminator_optimizer,
    }
    if gan.averaging:
        found[AVERAGED_GENERATOR] = gan.averaging.averaged
    return found


def _require_same_names(expected: set[str], received: set[str]) -> None:
    if expected != received:
        missing, unknown = sorted(expected - received), sorted(received - expected)
        msg = f"the checkpoint does not match these networks: missing {missing}, unknown {unknown}."
        raise CheckpointError(msg)
