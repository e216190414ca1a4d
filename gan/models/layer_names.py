"""Names of a network's layers that say what they are, whatever was built before in the process.

Keras numbers the layers of a process.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def layer_names(network: Any) -> list[str]:
    """The name of each layer of a network: its kind, and its number among those of its kind.

    Args:
        network: A `keras.Sequential` of a preset.

    Returns:
        Such as `dense_1`, in the order of the layers; numbers begin at 1.
    """
    names, numbers = [], Counter[str]()
    for layer in network.layers:
        kind = _WORD.sub("_", type(layer).__name__).lower()
        numbers[kind] += 1
        names.append(f"{kind}_{numbers[kind]}")
    return names
