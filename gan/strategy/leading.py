"""An execution that all workers make together: told to the others first, then run here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.strategy.leader import Leader

Losses_co = TypeVar("Losses_co", bound="Sequence[Sequence[float]]", covariant=True)
"""What an execution measured: sequences with a value for each step."""


class Executes(Protocol[Losses_co]):
    """What makes steps: `gan.training.execution.Execution`, or one over several replicas."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass over the images."""

    def max_steps_after(self, step: int) -> int:
        """Maximum number of steps in the execution that follows the first `step` steps."""

    def __call__(self, step: int, steps: int, branch: int = 0) -> Losses_co:
        """Run the next `steps` steps; `step` are complete."""

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> float | None:
        """How long steps take if nothing is exchanged; `None` if that can't be told."""


class LedExecution(Generic[Losses_co]):
    """The first worker's execution. The others make the same call at the same time.

    They begin with this process's state: it is sent to them, bit for bit, whenever the next steps
    don't follow on those that they have made, which is at the start, after a restore and after a
    rollback.
    """

    def __init__(
        self,
        execution: Executes[Losses_co],
        leader: Leader,
        *,
        state: Callable[[], bytes | memoryview],
        is_of_workers: Callable[[Exception], bool],
    ) -> None:
        """Tell nobody anything yet.

        Args:
            execution: Makes this worker's part of the steps.
            leader: The links to the others.
            state: Returns the whole state between two steps, as it is sent.
            is_of_workers: Whether an error of an execution may come from another worker's loss.
        """
        self.steps_per_epoch = execution.steps_per_epoch
        self._execution = execution
        self._leader = leader
        self._state = state
        self._is_of_workers = is_of_workers
        self._others_at: tuple[int, int] | None = None
        """The step and the branch at which the others are; `None` at the start."""

    def max_steps_after(self, step: int) -> int:
        """As that of the execution."""
        return self._execution.max_steps_after(step)

    def __call__(self, step: int, steps: int, branch: int = 0) -> Losses_co:
        """Run the next `steps` steps on all workers.

        Raises:
            WorkersError: A worker is gone.
            Exception: What the execution raises.
        """
        if self._others_at != (step, branch):
            self._leader.broadcast({"kind": "state", "step": step}, self._state())
        self._others_at = None
        self._leader.broadcast({"kind": "run", "step": step, "steps": steps, "branch": branch})
        try:
            losses = self._execution(step, steps, branch)
        except Exception as error:
            if not self._is_of_workers(error):
                raise
            raise self._leader.verdict(error) from error
        self._others_at = (step + len(losses[0]), branch)
        return losses

    def seconds_alone(self, step: int, steps: int, branch: int = 0) -> float | None:
        """As that of the execution, while all other workers do the same.

        Raises:
            WorkersError: A worker is gone.
        """
        order = {"kind": "alone", "step": step, "steps": steps, "branch": branch}
        self._leader.broadcast(order)
        return self._execution.seconds_alone(step, steps, branch)
