"""MLflow. Its own settings say where to: `MLFLOW_TRACKING_URI`, `MLFLOW_EXPERIMENT_NAME`.

Without them it is `mlflow.db` in the working directory, MLflow's own default. Numbers are written
some seconds at a time, because a database takes as long for one as for a hundred.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from gan.trackers.service import PROJECT
from gan.trackers.tracker import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

BATCH_SECONDS: Final = 5.0
"""How long numbers wait for others."""

_MOST: Final = 1000
"""Numbers that MLflow takes at once."""

_STATUS: Final = {
    Ending.FINISHED: "FINISHED",
    Ending.STOPPED: "KILLED",
    Ending.FAILED: "FAILED",
}


class MlflowService:
    """A run of MLflow, on a server, in a database or in files."""

    def __init__(self) -> None:
        from mlflow import entities
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        self._entities, self._error = entities, MlflowException
        self._client = MlflowClient()
        self._run_id = ""
        self._waiting: list[Any] = []

    def open(self, name: str, config: Mapping[str, Any], known_as: str, time: float) -> str:
        """Begin a run, or go on with the one of this id, if it is still there."""
        run = self._found(known_as) if known_as else None
        if run is None:
            run = self._client.create_run(self._experiment(), _milliseconds(time), run_name=name)
        self._run_id = run.info.run_id
        self._client.update_run(self._run_id, status="RUNNING")
        # A parameter can't be changed: a resumed run keeps the length that it began with.
        params = [
            self._entities.Param(option, str(value))
            for option, value in config.items()
            if option not in run.data.params
        ]
        self._client.log_batch(self._run_id, params=params)
        return self._run_id

    def scalars(self, step: int, time: float, values: Mapping[str, float]) -> None:
        """Keep numbers, and log all that wait once it is time."""
        at = _milliseconds(time)
        self._waiting += [
            self._entities.Metric(tag, value, at, step) for tag, value in values.items()
        ]
        if at - self._waiting[0].timestamp >= BATCH_SECONDS * 1000 or len(self._waiting) > _MOST:
            self._log()

    def picture(self, step: int, time: float, tag: str, image: Image) -> None:
        """Log a picture."""
        self._client.log_image(
            self._run_id, image, key=tag, step=step, timestamp=_milliseconds(time)
        )

    def note(self, step: int, time: float, tag: str, text: str) -> None:
        """Log a text as an artifact, because MLflow has no texts of a step."""
        self._client.log_text(self._run_id, text, f"{tag}/{step:06d}-{_milliseconds(time)}.txt")

    def close(self, ending: Ending) -> None:
        """Log what waits, and end the run."""
        self._log()
        self._client.set_terminated(self._run_id, _STATUS[ending])

    def _log(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            self._client.log_batch(self._run_id, metrics=batch)

    def _found(self, run_id: str) -> Any:
        """The run; `None` if this server has none of this id."""
        try:
            return self._client.get_run(run_id)
        except self._error as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None

    def _experiment(self) -> str:
        """The id of the experiment, which is made if it is missing."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or PROJECT
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
