"""Another worker's part in what several processes prepare together, and in their steps."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gan import readings
from gan.config import RunConfig
from gan.disk.arrays import layout, unpack
from gan.errors import WorkerLostError, WorkersError
from gan.machine.monitor import MachineMonitor
from gan.session.environment import computing_versions, require_temporary_folder
from gan.session.leadership import SILENT_SHARE, facts_of
from gan.session.machines import read_regularly
from gan.strategy.gathering import Telling
from gan.strategy.hello import OWN, Hello, token_of
from gan.strategy.leader import error_of
from gan.strategy.membership import RunEnded, join
from gan.strategy.wire import field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from gan.readings import MachineReading
    from gan.session.groundwork import Groundwork
    from gan.session.preparation import RunPlan
    from gan.session.several import Taken
    from gan.strategy.cluster import Cluster
    from gan.strategy.membership import End, Membership
    from gan.strategy.wire import Message
    from gan.training.build import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Comes to the first worker, prepares what it prepares, and does what it does."""

    plan: RunPlan
    """What to do; its configuration has this process's own options."""

    cluster: Cluster
    given: Mapping[str, Any]
    """The options that this process was given, by field, and no defaults."""

    ground: Groundwork
    require_not_stopped: Callable[[], None]

    @property
    def _silence_seconds(self) -> float:
        return SILENT_SHARE * self.plan.grace_seconds

    def come(self, on_end: Callable[[End], None]) -> Membership:
        """Go to the first worker and say who this is.

        Args:
            on_end: As in `Membership`.

        Raises:
            WorkersError: As `join`.
        """
        hello = Hello(
            token=token_of(self.cluster),
            worker=self.cluster.worker,
            versions=computing_versions(),
            options=dict(self.given),
        )
        report, workers = self.ground.report, f"of {len(self.cluster.workers)} workers"
        telling = Telling(
            note=report.note,
            waiting=lambda what, there: report.progress(what, there, 0, workers),
            on_wait=self.require_not_stopped,
        )
        return join(
            self.cluster,
            hello,
            telling,
            start_seconds=self.plan.start_seconds,
            silence_seconds=self._silence_seconds,
            on_end=on_end,
        )

    def welcomed(self, membership: Membership) -> RunConfig:
        """Wait for the run's configuration; this process's own options replace the first one's.

        Raises:
            WorkersError: The first worker has refused this process, or is another program.
        """
        try:
            message, _ = membership.wait(self.require_not_stopped)
        except RunEnded as ended:
            end = ended.end
            if end.exit_code == WorkerLostError.exit_code:
                raise WorkersError(
                    f"{end.message} Another program may use its port, or the run has begun without "
                    "this process."
                ) from None
            raise error_of(end.message, end.exit_code) from None
        _require_kind(message, "welcome")
        membership.allow_silence(max(self.plan.start_seconds, self._silence_seconds))
        config = field(message, "config", dict)
        own = {name: value for name, value in self.plan.config.to_json().items() if name in OWN}
        if "data" not in self.given:
            own["data"] = config.get("data")
        return RunConfig.resolve({**config, **own})

    def compiled(
        self, membership: Membership, config: RunConfig
    ) -> tuple[Program, RunConfig, Taken]:
        """Load, agree with the others, and compile with them.

        Returns:
            The program, the configuration with the precision that `auto` comes to here, and the
            devices.

        Raises:
            RunEnded: The first worker has ended the run.
            GanTuiError: This process can't take part.
        """
        images, config = self.ground.load(config)
        require_temporary_folder()
        taken, config = self.ground.choose_devices(config)
        membership.tell(facts_of(config, images, taken).to_message())
        _require_kind(membership.wait()[0], "compile")

        from gan.training.device import device_at_start

        with device_at_start(config.batch_size):
            program = self.ground.compile(config, images, taken)
        membership.tell({"kind": "compiled", "jit_compiled": program.jit_compiled})
        return program, config, taken

    def reading(self, membership: Membership, taken: Taken) -> AbstractContextManager[None]:
        """Within the block the first worker is told what this one's machine is doing.

        Args:
            membership: The link to it.
            taken: The devices whose readings count.
        """

        def tell(reading: MachineReading) -> None:
            # The run's end says more than a reading that came too late.
            with suppress(RunEnded):
                membership.tell({"kind": "reading", "machine": readings.to_json(reading)})

        return read_regularly(MachineMonitor(visible=taken.visible), tell)

    def begin_steps(self, membership: Membership) -> None:
        """The first worker has prepared: from here on it has no reason to be silent."""
        membership.allow_silence(self._silence_seconds)

    def follow(
        self, membership: Membership, program: Program, run: Callable[[Message], None]
    ) -> None:
        """Do what the first worker does, until it ends the run.

        Args:
            membership: The link to it.
            program: Restored to the state that it sends.
            run: Makes the steps of one of its messages.

        Raises:
            RunEnded: It has.
        """
        from gan.training.peers import is_of_workers
        from gan.training.state import restore_arrays, state_arrays

        expected = layout(state_arrays(program))
        while True:
            message, payload = membership.wait()
            self.begin_steps(membership)
            if message["kind"] == "state":
                try:
                    arrays = unpack(payload, expected)
                except ValueError as error:
                    raise WorkersError(f"{self.cluster.name(0)} sent no state: {error}.") from None
                restore_arrays(program, arrays)
                continue
            _require_kind(message, "run", "alone")
            try:
                if message["kind"] == "run":
                    run(message)
                else:
                    program.execution.seconds_alone(*steps_in(message))
            except Exception as error:
                if not is_of_workers(error):
                    raise
                raise RunEnded(membership.blame(error)) from error


def steps_in(message: Message) -> tuple[int, int, int]:
    """The steps completed, the steps to make and the branch of one of the first one's messages.

    Raises:
        WireError: One is missing.
    """
    step, steps, branch = (field(message, name, int) for name in ("step", "steps", "branch"))
    return step, steps, branch


def _require_kind(message: Message, *kinds: str) -> None:
    """See to it that the first worker wants what comes next.

    Raises:
        WorkersError: It wants something else.
    """
    if message["kind"] not in kinds:
        expected = " or ".join(map(repr, kinds))
        raise WorkersError(f"worker 0 sent {message['kind']!r}, expected {expected}.")
