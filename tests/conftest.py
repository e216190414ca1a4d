"""Fixtures and settings of the whole suite: real MNIST, hypothesis, garbage, and `pytest -n`."""

from __future__ import annotations

import gc
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

# How long one example takes depends on what else the machine does.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# A shell has its background jobs ignore these, `nohup` a hangup, and each process that a test
# starts would too.
for _number, _handler in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

_MNIST = Path(__file__).parents[2] / "shared" / "mnist"


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    """The folder with MNIST's own four files, next to the checkout; skips without it."""
    if not (_MNIST / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip(f"real MNIST is not at {_MNIST}")
    return _MNIST


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what collection makes out of garbage collection.

    The tests, TensorFlow and Textual stay until the end. Searching them for garbage again and again
    took about a fifth of the processor time. What the tests leave is searched for less often too.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(20_000)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Spread the tests by lane; see `tests.spread`."""
    from tests.spread import Lanes

    return Lanes(config, log)
