"""A callback that records what `fit` does: `gan.Recorder` for Keras, whatever its backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from gan.recorder.recorder import Recorder
from gan.recorder.saying import said_by

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self


class RunRecorder(keras.callbacks.Callback):
    """Records each `fit` as a run of its own, and lets viewers pause, save, resample and stop it.

    What `fit` reports after each batch becomes a series of the same name: of a GAN whose
    `train_step` returns `d_loss` and `g_loss`, its losses. What it reports at the end of an epoch
    besides, such as `val_loss` or what callbacks before this one have added to `logs`, belongs to
    the epoch's last step.

    Keras tells no callback of an error that leaves `fit`. As a context manager around it, the
    callback ends the run as failed; without, the next `fit` or the end of the program does.
    """

    def __init__(
        self,
        runs: str | os.PathLike[str] = "runs",
        *,
        samples: Callable[[], Any] | None = None,
        save: Callable[[], object] | None = None,
        resample: Callable[[], object] | None = None,
        batch_size: int = 0,
        **options: Any,
    ) -> None:
        """Nothing is recorded until `fit`.

        Args:
            runs: The folder of runs.
            samples: Draws images, which `Recorder.samples` takes; `None` for none. If that fails,
                the log and a `RuntimeWarning` say why, and the training goes on.
            save: Saves the model, as in `lambda: model.save("model.keras")`; `None` to refuse.
            resample: Has `samples` draw from other latents, and may return these.
            batch_size: Images in a step; 0 if unknown.
            options: The other options of `Recorder`.
        """
        super().__init__()
        self._runs, self._options = runs, {"batch_size": batch_size, **options}
        self._draw, self._save, self._resample = samples, save, resample
        self._epoch_began_at = 0
        self._may_draw = True
        self._batch_names: set[str] = set()
        """What is reported after a batch: at the end of an epoch it is a mean of the same."""

        self._left_out: set[str] = set()
        """What other callbacks have brought that could not be logged."""

        self.run: Recorder | None = None
        """The recorder of this `fit`, or of the last one; `None` before its first epoch."""

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Leave the run before to itself."""
        del logs
        if self.run is not None:
            # An error has left the fit before, of which no callback is told.
            self.run.close()
        self.run = None
        self._batch_names.clear()
        self._left_out.clear()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Begin a run in the first epoch, which says how many are left, and count batches."""
        del logs
        if self.run is None:
            steps = (self.params.get("steps") or 0) * ((self.params.get("epochs") or 0) - epoch)
            self.run = Recorder(self._runs, **{"total_steps": max(steps, 0), **self._options})
        self._epoch_began_at = self.run.step
        self._may_draw = True

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log a step, draw samples if they are wanted, and do what viewers ask for."""
        run, values = self._recorder, logs or {}
        run.log(values, step=self._epoch_began_at + self._steps_in_epoch(batch))
        self._batch_names.update(values)
        if self._draw is not None and self._may_draw and run.wants_samples():
            self._sample(run, self._draw)
        if run.obey(save=self._save and self._saved, resample=self._resample):
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log what the epoch has brought besides: validation, and what other callbacks add."""
        del epoch
        for name, value in (logs or {}).items():
            if name not in self._batch_names and self._recorder.step:
                self._log_besides(name, value)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """End the run."""
        del logs
        if self.run is not None:
            # A callback that ends the fit early has it end as it was meant to.
            self.run.close(completed=not self.run.is_stopping)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run of a fit that an error has left: as failed, or as stopped on ctrl+c."""
        if self.run is not None:
            self.run.__exit__(kind, error, trace)

    @property
    def _recorder(self) -> Recorder:
        if self.run is None:
            raise RuntimeError(
                "RunRecorder: received a batch before on_epoch_begin; pass it to fit"
            )
        return self.run

    def _steps_in_epoch(self, batch: int) -> int:
        """Steps of the epoch that are done after a batch.

        With `steps_per_execution` Keras counts those that the last execution has no batches for.
        """
        return min(batch + 1, self.params.get("steps") or batch + 1)

    def _log_besides(self, name: str, value: Any) -> None:
        """Log a value of another callback's; one that is no number must not end the fit."""
        run = self._recorder
        try:
            run.log({name: value}, step=run.step)
        except (TypeError, ValueError) as error:
            if name not in self._left_out:
                self._left_out.add(name)
                run.warn(f"left out of what the epoch's end brings: {said_by(error)}")

    def _sample(self, run: Recorder, draw: Callable[[], Any]) -> None:
        """Draw samples; a picture that fails must not end a training that goes well."""
        try:
            self._bring_weights_up_to_date()
            run.samples(draw())
        except Exception as error:  # noqa: BLE001 - said in the log and as a warning, whatever it is
            self._may_draw = False
            run.warn(
                f"samples failed, and are drawn again from the next epoch on: {said_by(error)}"
            )

    def _saved(self) -> object:
        """Call the function that saves, with the weights of this step."""
        self._bring_weights_up_to_date()
        return self._save() if self._save is not None else None

    def _bring_weights_up_to_date(self) -> None:
        """Give the model's variables their values: on JAX `fit` keeps them elsewhere meanwhile."""
        sync = getattr(self.model, "jax_state_sync", None)
        if sync is not None:
            sync()
