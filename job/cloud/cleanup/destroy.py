"""Destroy: delete a stack, whatever an interrupted run or a fault has left of it.

First the engine destroys it, with retries. Resources that remain, or all if the state is broken or
unreachable, are then deleted one by one, by the state's IDs, by ownership marks and by names. The
total time is limited, and a part of it is reserved for the second step.
"""

import signal
from dataclasses import replace

from host.errors import JobError, LockedError, RefusedError
from host.processes import Grace
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import scope_of
from job.cloud.cleanup.recovery import at_work, recover
from job.cloud.cleanup.removal import remove, sweep
from job.cloud.cleanup.search import Leftover, holders, of_state
from job.cloud.engine import locks, state
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of

_ENGINE_SHARE = 0.6
_ATTEMPTS = 3
# Grace period of a program after its time-out.
_GRACE = Grace(first=signal.SIGINT, soft_s=10, hard_s=5)
_ANSWER_S = 30.0


def tear_down(pulumi: Pulumi, budget_s: float) -> None:
    """Destroy all resources and remove the stack. Raises JobError if something is left.

    Raises LockedError, and changes nothing, if another run has the stack.
    """
    hurried = replace(pulumi, grace=_GRACE, answer_s=max(1.0, min(_ANSWER_S, budget_s / 10)))
    _Teardown(hurried, Budget(budget_s, pulumi.ending)).run()


class _Teardown:
    def __init__(self, pulumi: Pulumi, budget: Budget) -> None:
        self._pulumi = pulumi
        self._stack = pulumi.stack
        self._budget = budget
        self._say = pulumi.tell
        # Read now: `destroy --remove` deletes the stack's settings.
        self._place, self._scope = place_of(pulumi.stack), scope_of(pulumi.stack)

    def run(self) -> None:
        # A killed run may have created resources that are missing in the state.
        in_doubt = self._stack.unfinished.exists()
        has_state = self._has_state()
        destroyed = bool(has_state) and self._by_engine(self._budget.part(_ENGINE_SHARE))
        try:
            known = self._known() if has_state and not destroyed else []
            survivors = sweep(self._api(), self._scope, known, even_kept=True)
        except JobError as error:
            self._budget.check()
            if in_doubt or not destroyed:
                raise JobError(
                    f"down: what is left could not be removed: {error}", kind=error.kind
                ) from error
            survivors = []
            self._say(f"the engine destroyed all that it knew; for more was not looked: {error}")
        for survivor in survivors:
            self._say(f"left over: {survivor}")
        if survivors:
            paths = ", ".join(survivor.leftover.path for survivor in survivors)
            raise JobError(f"down: left over: {paths}; run 'down' again")
        if destroyed or has_state is False or self._forget():
            self._stack.remove()

    def _has_state(self) -> bool | None:
        """Tell whether the backend has the stack; None if it does not answer."""
        try:
            if state.is_there(self._pulumi):
                return True
        except JobError as error:
            self._budget.check()
            self._say(f"the state is out of reach ({error}); going by marks and names")
            return None
        self._say(f"stack {self._stack.name} has no state; going by marks and names")
        return False

    def _by_engine(self, budget: Budget) -> bool:
        """Let the engine destroy the stack. Return whether the state is empty."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._destroy(budget, look_first=attempt > 1)
            except LockedError as error:
                if not locks.release_dead(self._pulumi, error):
                    raise
            except JobError as error:
                self._budget.check()
                self._say(str(error))
                if isinstance(error, RefusedError) or not budget.left_s:
                    break
                if attempt < _ATTEMPTS:
                    self._free_networks()
                    self._say("destroying once more")
            else:
                return True
        return False

    def _destroy(self, budget: Budget, *, look_first: bool) -> None:
        recover(self._pulumi, budget.left_s)
        flags = ["--yes", "--skip-preview", "--continue-on-error", "--remove"]
        if look_first:
            # Resources whose deletion failed may be gone by now.
            flags.append("--refresh")
        with at_work(self._pulumi):
            self._pulumi.run(
                "destroy", *flags, "--stack", self._stack.name, timeout_s=budget.left_s
            )

    def _free_networks(self) -> None:
        """Delete foreign firewall rules and routes that block the deletion of our network."""
        try:
            api = self._api()
            remove(api, holders(api, self._known()))
        except JobError as error:
            self._budget.check()
            self._say(str(error))

    def _known(self) -> list[Leftover]:
        """Return the resources in the state, if it can be read."""
        try:
            return list(of_state(state.resources(self._pulumi)))
        except JobError as error:
            self._budget.check()
            self._say(f"the state cannot be read ({error}); going by marks and names")
            return []

    def _forget(self) -> bool:
        """Remove a state that the engine could not empty. Return False if it stays."""
        if self._stack.keeps_its_own_state:
            return True
        name, backend = self._stack.name, self._stack.backend_url
        try:
            self._pulumi.ask("stack rm", "--yes", "--force", "--stack", name)
        except JobError as error:
            self._budget.check()
            self._say(f"all is gone but the state in {backend} ({error}); run 'down' again later")
            return False
        return True

    def _api(self) -> Api:
        return Api(self._place, self._budget, self._say)
