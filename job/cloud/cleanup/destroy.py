"""Teardown: a stack gone, whatever an interrupted run or a fault has made of it.

The engine destroys it, several times if it must. What it leaves, or cannot even begin with since
the state is broken or out of reach, is deleted one by one, by the state's ids and by marks and
names. The time is bounded, and a part of it is kept for the latter.
"""

import signal
from dataclasses import replace

from host.child import Grace
from host.errors import JobError, LockedError, RefusedError
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import scope_of
from job.cloud.cleanup.recovery import at_work, recover
from job.cloud.cleanup.removal import remove
from job.cloud.cleanup.search import Leftover, holders, of_state
from job.cloud.cleanup.sweeping import sweep
from job.cloud.compute import place_of
from job.cloud.engine import locks, state
from job.cloud.engine.pulumi import Pulumi

_ENGINE_SHARE = 0.6
_ATTEMPTS = 3
# What a program may take to end when its time is over.
_GRACE = Grace(first=signal.SIGINT, soft_s=10, hard_s=5)
_ANSWER_S = 30.0


def tear_down(pulumi: Pulumi, budget_s: float) -> None:
    """Destroy everything and forget the stack. Raises JobError if something is left.

    A stack that another run has is not touched: LockedError.
    """
    hurried = replace(pulumi, grace=_GRACE, answer_s=max(1.0, min(_ANSWER_S, budget_s / 10)))
    _Teardown(hurried, Budget(budget_s, pulumi.ending)).run()


class _Teardown:
    def __init__(self, pulumi: Pulumi, budget: Budget) -> None:
        self._pulumi = pulumi
        self._stack = pulumi.stack
        self._budget = budget
        self._say = pulumi.tell
        # Now, since the engine takes the stack's settings away with it.
        self._place, self._scope = place_of(pulumi.stack), scope_of(pulumi.stack)

    def run(self) -> None:
        # A run that was cut off may have begun what its state does not know.
        in_doubt = self._stack.unfinished.exists()
        has_state = self._has_state()
        destroyed = bool(has_state) and self._by_engine(self._budget.part(_ENGINE_SHARE))
        try:
            self._by_hand(self._known() if has_state and not destroyed else [])
        except _LeftOverError:
            raise
        except JobError as error:
            self._budget.check()
            if in_doubt or not destroyed:
                raise JobError(
                    f"down: what is left could not be removed: {error}", kind=error.kind
                ) from error
            self._say(f"the engine destroyed all that it knew; for more was not looked: {error}")
        if destroyed or has_state is False or self._forget():
            self._stack.remove()

    def _has_state(self) -> bool | None:
        """Whether the backend has the stack; None if it does not say."""
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
        """Let the engine destroy the stack; whether nothing of it is in the state any more."""
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
            # What failed may be gone by now.
            flags.append("--refresh")
        with at_work(self._pulumi):
            self._pulumi.run(
                "destroy", *flags, "--stack", self._stack.name, timeout_s=budget.left_s
            )

    def _free_networks(self) -> None:
        """Take away what strangers have put on our network, which is why it does not go."""
        try:
            api = self._api()
            remove(api, holders(api, self._known()))
        except JobError as error:
            self._budget.check()
            self._say(str(error))

    def _by_hand(self, known: list[Leftover]) -> None:
        """Delete what there is still, one by one. Raises _LeftOverError for what stays."""
        survivors = sweep(self._api(), self._scope, known, even_kept=True)
        for survivor in survivors:
            self._say(f"left over: {survivor}")
        if survivors:
            paths = ", ".join(survivor.leftover.path for survivor in survivors)
            raise _LeftOverError(f"down: left over: {paths}; run 'down' again")

    def _known(self) -> list[Leftover]:
        """What the state knows, if it can be read."""
        try:
            return list(of_state(state.resources(self._pulumi)))
        except JobError as error:
            self._budget.check()
            self._say(f"the state cannot be read ({error}); going by marks and names")
            return []

    def _forget(self) -> bool:
        """Take a state that the engine could not empty out of its backend; False if it stays."""
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


class _LeftOverError(JobError):
    """Something could not be deleted."""
