"""Watch: polls the state of both nodes and prints changes until both are ready."""

import json
import time
from collections.abc import Callable
from typing import Any

from localcloud.machines.booted import BootedMachine
from tests.devstack.site import RealSite

_POLL_S = 10
_SILENCE_S = 300
"""The longest time without an answer over ssh."""


class Watch:
    """Poll `devstack-status show` on both nodes, and the registration on the controller."""

    def __init__(self, site: RealSite, say: Callable[[str], None]) -> None:
        self._site = site
        self._say = say
        self._seen: dict[str, str] = {}

    def until_ready(self) -> dict[str, float]:
        """Return each subject's seconds to ready; raise AssertionError if one fails."""
        site = self._site
        pending: dict[str, tuple[BootedMachine, str]] = {
            "controller": (site.controller, "node"),
            "worker": (site.worker, "node"),
            "registration": (site.controller, "worker"),
        }
        began = time.monotonic()
        heard = dict.fromkeys(pending, began)
        ready: dict[str, float] = {}
        while pending:
            for name, (machine, subject) in list(pending.items()):
                state = self._ask(machine, subject)
                if state is None:
                    assert time.monotonic() < heard[name] + _SILENCE_S, f"{name} does not answer"
                    continue
                heard[name] = time.monotonic()
                self._tell(name, state)
                if state["verdict"] == "ready":
                    ready[name] = round(time.monotonic() - began)
                    del pending[name]
                assert state["verdict"] != "failed", json.dumps(state, indent=2)
            assert time.monotonic() < began + site.settings.ready_timeout_s, self._seen
            time.sleep(_POLL_S)
        return ready

    def _ask(self, machine: BootedMachine, subject: str) -> Any:
        done = self._site.ssh(machine, f"sudo devstack-status show --for {subject}")
        return json.loads(done.stdout) if done.stdout else None

    def _tell(self, name: str, state: dict[str, Any]) -> None:
        line = " ".join(filter(None, (state["verdict"], state["stage"], state["detail"])))
        if line != self._seen.get(name):
            self._say(f"{name}: {line}")
            self._seen[name] = line
