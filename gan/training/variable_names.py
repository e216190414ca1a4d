"""Names that say what a checkpoint's arrays are: `averaged_generator.dense_2.kernel`.

For whoever reads the arrays without this program. A checkpoint itself names them by position.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gan.models.layer_names import layer_names
from gan.training.state import owners

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.training.step import Gan


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


def described_layers(network: Any) -> str:
    """A network's configuration as Keras writes it in JSON, its layers named as their variables.

    With the arrays it is enough to compute what the network does: kinds and order of the layers,
    activations, epsilon.
    """
    described = json.loads(network.to_json())
    # The first is the input, which is no layer of `network.layers`.
    layers = [one for one in described["config"]["layers"] if one["class_name"] != "InputLayer"]
    for name, layer in zip(layer_names(network), layers, strict=True):
        layer["config"]["name"] = name
    return json.dumps(described)


def _of_network(network: Any) -> Iterator[tuple[str, Any]]:
    """Each variable of a network with its name, in the order of the network's variables."""
    names = {
        id(variable): f"{name}.{variable.name}"
        for name, layer in zip(layer_names(network), network.layers, strict=True)
        for variable in layer.variables
    }
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
