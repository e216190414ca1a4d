"""A folder of event files, read by TensorBoard itself."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Read:
    """A folder as TensorBoard reads it."""

    def __init__(self, folder: Path) -> None:
        # This module's presence is how TensorBoard is told not to import TensorFlow.
        sys.modules.setdefault("tensorboard.compat.notf", ModuleType("notf"))
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        everything = {"scalars": 0, "images": 0, "tensors": 0}
        self._read: Any = EventAccumulator(str(folder), size_guidance=everything)
        self._read.Reload()

    @property
    def tags(self) -> dict[str, list[str]]:
        return dict(self._read.Tags())

    def values(self, tag: str) -> dict[int, float]:
        return {one.step: one.value for one in self._read.Scalars(tag)}

    def times(self, tag: str) -> list[float]:
        return [one.wall_time for one in self._read.Scalars(tag)]

    def pictures(self) -> dict[int, bytes]:
        return {one.step: one.encoded_image_string for one in self._read.Images("samples")}

    def text(self, tag: str) -> str:
        (one,) = self.texts(tag).values()
        return one

    def texts(self, tag: str) -> dict[int, str]:
        found = self._read.Tensors(f"{tag}/text_summary")
        return {one.step: str(one.tensor_proto.string_val[0].decode()) for one in found}
