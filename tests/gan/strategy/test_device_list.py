"""What `--device` names, and how a batch is split over it."""

from __future__ import annotations

import pytest

from gan.errors import UsageError
from gan.strategy.device_list import (
    is_device,
    is_one_device,
    meant_device,
    require_even_split,
    require_fitting,
)


@pytest.mark.parametrize(
    "value", ["auto", "cpu", "gpu", "gpu:3", "gpu:0,gpu:2", "gpu:2,gpu:0", "cpu:0,cpu:1"]
)
def test_these_are_devices(value: str) -> None:
    assert is_device(value)
    assert is_one_device(value) == ("," not in value)


@pytest.mark.parametrize(
    "value",
    [
        *("cpu:0", "cpu:1", "cpu:1,cpu:2", "cpu:0,cpu:0", "gpu:0,gpu:0", "gpu:0,cpu:0", "gpu,gpu"),
        *(
            "gpu:0,",
            ",",
            "auto,cpu",
            "gpu:0, gpu:1",
            ",".join(f"cpu:{n}" for n in range(17)),
            1,
            None,
        ),
    ],
)
def test_these_are_none(value: object) -> None:
    assert not is_device(value)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("cuda:0,cuda:1", "gpu:0,gpu:1"), ("gpu:0, gpu:1", "gpu:0,gpu:1"), ("gpu:0,tpu", None)],
)
def test_a_list_in_other_words_is_understood(word: str, meant: str | None) -> None:
    assert meant_device(word) == meant


@pytest.mark.parametrize(
    ("batch_size", "replicas", "sizes"),
    [(256, 3, "sizes are 255 and 258"), (2, 4, "size is 4"), (65, 64, "sizes are 64 and 128")],
)
def test_a_batch_that_cannot_be_split_names_the_nearest(
    batch_size: int, replicas: int, sizes: str
) -> None:
    with pytest.raises(UsageError) as refused:
        require_even_split(batch_size, replicas)
    assert f"{batch_size} images can't be split evenly over {replicas} replicas" in str(
        refused.value
    )
    assert f"nearest {sizes}." in str(refused.value)


def test_a_batch_that_can_be_split_is_no_error() -> None:
    for replicas in (1, 2, 4, 256):
        require_even_split(256, replicas)


@pytest.mark.parametrize(
    ("strategy", "device", "batch_size", "workers", "says"),
    [
        ("one", "gpu:0,gpu:1", 256, 1, "takes one device"),
        ("mirrored", "cpu", 256, 1, "takes several devices"),
        ("mirrored", "gpu:0", 256, 1, "takes several devices"),
        ("auto", "cpu:0,cpu:1", 255, 1, "over 2 replicas"),
        ("multiworker", "cpu:0,cpu:1", 254, 2, "over 4 replicas"),
    ],
)
def test_what_contradicts_itself_is_refused(
    strategy: str, device: str, batch_size: int, workers: int, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        require_fitting(strategy, device, batch_size, workers)


@pytest.mark.parametrize("device", ["auto", "gpu", "gpu:0,gpu:1", "cpu:0,cpu:1"])
def test_mirrored_fits(device: str) -> None:
    require_fitting("mirrored", device, 256, 1)
