"""The classifier that knows the classes of a run's images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gan.errors import UsageError
from gan.quality.choice import choose_net
from gan.quality.features import SHIPPED, shipped_net
from gan.quality.measure import CONFIDENT
from gan.run.follower import read_evaluations
from gan.session.on_demand import load_images

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from gan.config import RunConfig
    from gan.events import Images
    from gan.quality.features import FeatureNet
    from gan.run.directory import RunDirectory

_MAX_SHOWN: Final = 20
"""Classes that an error names."""


def recogniser(
    run: RunDirectory, config: RunConfig, label: int, report: Callable[[str], None]
) -> Callable[[Images], npt.NDArray[np.bool_]]:
    """What tells which images show a class, with a probability above 0.9.

    Args:
        run: The run.
        config: Its configuration.
        label: The label of the class.
        report: Called with what is being done, in a few words.

    Raises:
        UsageError: No classifier knows that class.
        DataError: The run's images are needed to find one, and can't be read.
        StorageError: The run's log can't be read.
    """
    net = _net(run, config, report)
    if label not in net.classes:
        raise UsageError(f"--digit {label}: {_known(net)}")
    column = net.classes.index(label)

    def shows(images: Images) -> npt.NDArray[np.bool_]:
        _, probabilities = net.describe(images)
        shown: npt.NDArray[np.bool_] = probabilities[:, column] > CONFIDENT
        return shown

    return shows


def _net(run: RunDirectory, config: RunConfig, report: Callable[[str], None]) -> FeatureNet:
    """The network that measured the run if it ships, else the one that suits the run's images."""
    measured = [event.features for event in read_evaluations(run)]
    if measured and measured[-1] in SHIPPED:
        return shipped_net(measured[-1])
    choice = choose_net(load_images(config.data, config, report))
    for limit in choice.limits:
        report(limit)
    return choice.net


def _known(net: FeatureNet) -> str:
    if not net.classes:
        return "no classifier knows the classes of this run's images: they have no usable labels."
    shown = ", ".join(map(str, net.classes[:_MAX_SHOWN]))
    more = ", ..." if len(net.classes) > _MAX_SHOWN else ""
    return f"the classifier {net.name} knows the classes {shown}{more}."
