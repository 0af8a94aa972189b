"""Job environment: the parameters of a job, as its phases use them. `reading.py` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from host import inherited
from job.cloud.configuration import SettingsFile


@dataclass(frozen=True, kw_only=True)
class JobEnvironment:
    """The parameters of a job. Made by `reading.read`."""

    capo: Path
    """The CAPO checkout."""
    e2e_conf: Path
    """The suite's configuration file, which may not exist."""
    chosen_by_suite: tuple[str, ...] = ()
    """Variables with which that file selects among the cloud's resources."""
    artifacts: Path
    stack: str
    settings_file: SettingsFile = field(repr=False)
    """The stack's settings with the environment's overrides. They may contain a token."""
    project: str = ""
    """Empty if the project is to be leased."""
    boskos_host: str = ""
    boskos_kind: str = "gce-project"
    boskos_wait_s: float = 1800
    heartbeat_s: float = 60
    leased: str = ""
    deadline_s: float = 0
    # A booting node answers within two minutes.
    silence_s: float = 600
    replacements: int = 1
    # Prow's grace period is 900 seconds.
    teardown_budget_s: float = 840
    logs_cap_s: float = 120
    keep_on_failure_s: float = 0
    leftovers: str = ""
    tunnel: str = "sshuttle"
    warnings: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment of programs that the job starts."""
    person: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The user's whole environment, for the suite."""

    @property
    def leases(self) -> bool:
        """Tell whether the job itself leases the project."""
        return bool(self.boskos_host) and not self.leased

    def for_suite(self, e2e_variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of make: the stack output `e2e_variables`, and the user's.

        Variables with which the suite's configuration selects are left out of the output, which
        would override them.
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
