"""Job environment: what a job was asked for, as its phases know it. `environment.py` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from host import inherited
from job.cloud.configuration import SettingsFile


@dataclass(frozen=True, kw_only=True)
class JobEnvironment:
    """What the environment says to the job. Made by `read`."""

    capo: Path
    """The CAPO checkout."""
    e2e_conf: Path
    """The suite's configuration, which may not be there."""
    chosen_by_suite: tuple[str, ...] = ()
    """Variables in which it chooses among things that the cloud has."""
    artifacts: Path
    stack: str
    settings_file: SettingsFile = field(repr=False)
    """Of the stack: what the environment names, with what it overrides. It may hold a token."""
    project: str = ""
    """Empty if it is to be leased."""
    boskos_host: str = ""
    boskos_kind: str = "gce-project"
    boskos_wait_s: float = 1800
    heartbeat_s: float = 60
    leased: str = ""
    deadline_s: float = 0
    # A node that boots answers within two minutes.
    silence_s: float = 600
    replacements: int = 1
    # Prow's grace period is 900 seconds.
    teardown_budget_s: float = 840
    logs_cap_s: float = 120
    keep_on_failure_s: float = 0
    leftovers: str = ""
    tunnel: str = "sshuttle"
    backend_url: str = ""
    warnings: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment of what is started."""
    person: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The whole environment, for the suite."""

    @property
    def leases(self) -> bool:
        """Whether the job itself leases the project."""
        return bool(self.boskos_host) and not self.leased

    def for_suite(self, e2e_variables: Mapping[str, str]) -> dict[str, str]:
        """The environment of make: a stack's output `e2e_variables`, and what was given.

        The output leaves out what the suite's configuration chooses, which it would override.
        """
        decided = {
            name: value for name, value in e2e_variables.items() if name not in self.chosen_by_suite
        }
        given = {
            name: value
            for name, value in inherited.suites(self.person).items()
            if value or name not in decided
        }
        return {**decided, **given, "ARTIFACTS": str(self.artifacts)}
