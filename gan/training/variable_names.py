"""Names that say what a checkpoint's arrays are: `averaged_generator.dense_2.kernel`.

For whoever reads the arrays without this program. A checkpoint itself names them by position.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from gan.training.state import owners

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.training.step import Gan

_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def described_names(gan: Gan) -> dict[str, str]:
    """What each array is, by its name in a checkpoint.

    A variable of a network is named by role, kind of layer with its number among those of its kind
    (from 1), and its own name; an optimizer's by role, the variable that it belongs to, and what it
    is of that: `generator_optimizer.dense_1.kernel.velocity`.

    Raises:
        ValueError: An optimizer's variable belongs to no variable of its network.
    """
    found = {}
    for role, owner in owners(gan).items():
        if hasattr(owner, "layers"):
            described = [name for name, _ in _of_network(owner)]
        else:
            network = getattr(gan.networks, role.removesuffix("_optimizer"))
            described = list(_of_optimizer(owner, network))
        found.update({f"{role}/{n}": f"{role}.{name}" for n, name in enumerate(described)})
    return found


def _of_network(network: Any) -> Iterator[tuple[str, Any]]:
    """Each variable of a network with its name, in the order of the network's variables."""
    names, numbers = {}, Counter[str]()
    for layer in network.layers:
        kind = _WORD.sub("_", type(layer).__name__).lower()
        numbers[kind] += 1
        for variable in layer.variables:
            names[id(variable)] = f"{kind}_{numbers[kind]}.{variable.name}"
    return ((names[id(variable)], variable) for variable in network.variables)


def _of_optimizer(optimizer: Any, network: Any) -> Iterator[str]:
    # Keras names a moment after the path of its variable.
    prefixes = {
        f"{variable.path.replace('/', '_')}_": name for name, variable in _of_network(network)
    }
    for variable in optimizer.variables:
        if len(variable.shape) == 0:
            yield variable.name
            continue
        owner = next((one for one in prefixes if variable.name.startswith(one)), None)
        if owner is None:
            raise ValueError(f"received {variable.path!r}, expected a moment of the network's")
        yield f"{prefixes[owner]}.{variable.name.removeprefix(owner)}"
