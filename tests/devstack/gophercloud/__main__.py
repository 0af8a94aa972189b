"""gophercloud's acceptance tests, by the clouds.yaml that the program hands out.

`make gophercloud`, as the tenant user and as the administrator. Needs a cloud that answers from
here. The build needs the module proxy, the run only the cloud: with --prepare, the first can be
done where the second is not possible. Leaves JUnit, logs and a table of counts.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from host.ending import Ending, ended_by_signals
from host.errors import JobError, RefusedError
from host.folders import cache_dir
from job.redaction.artifacts import Artifacts
from job.redaction.known import SECRETS
from job.redaction.printing import mask_standard_streams
from localcloud.errors import LocalcloudError
from stacks.clouds_yaml import ADMIN_CLOUD, TENANT_CLOUD
from tests.devstack.connection import connect
from tests.devstack.gophercloud import leftovers, programs, report, resources
from tests.devstack.gophercloud.environment import Resources, clouds, environment
from tests.devstack.gophercloud.events import Result
from tests.devstack.gophercloud.runner import Runner
from tests.devstack.guest.build import Guest, build
from tests.devstack.tempest import patterns

_EXCLUDED = Path(__file__).with_name("excluded.txt")
_USERS = (TENANT_CLOUD, ADMIN_CLOUD)


def main() -> int:
    """Return 0 if no test failed, 1 if one did, 2 if the run was refused."""
    options = _options()
    mask_standard_streams()
    try:
        folder = programs.ensure()
        guest = build(cache_dir(os.environ))
        if options.prepare:
            return 0
        with ended_by_signals() as ending:
            return Run(options, folder, ending).all(guest)
    except (JobError, LocalcloudError) as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 1)


class Run:
    """One run of the tests, as each user in turn."""

    def __init__(self, options: argparse.Namespace, folder: Path, ending: Ending) -> None:
        self._options = options
        self._clouds = clouds(options.clouds)
        SECRETS.learn(each["auth"]["password"] for each in self._clouds.values())
        self._artifacts = Artifacts(options.artifacts)
        self._began = time.monotonic()
        self._runner = Runner(folder, self._artifacts, ending, self._say)
        self._excluded = patterns.read(_EXCLUDED)
        self._tests = {package: self._runner.tests(package) for package in programs.PACKAGES}

    def all(self, guest: Guest) -> int:
        """Run the chosen tests and remove everything that they and we made."""
        chosen = self._chosen()
        with closing(connect(self._options.clouds, ADMIN_CLOUD)) as admin:
            _log_in(admin)
            with resources.made(admin, guest) as made:
                results = {user: self._as_user(user, chosen[user], made) for user in chosen}
        text = report.table(results)
        self._artifacts.write("counts.txt", text)
        print(text, end="")
        return int(any(report.count(own)["failed"] for own in results.values()))

    def _chosen(self) -> dict[str, dict[str, list[str]]]:
        """Return the tests by user and package. Raises RefusedError if there are none."""
        named = {
            f"{user}/{package}.{test}": (user, package, test)
            for user in _USERS
            for package, tests in self._tests.items()
            for test in tests
        }
        for pattern in patterns.idle(named, self._excluded):
            print(f"warning: {_EXCLUDED.name}: {pattern.text} matches no test", file=sys.stderr)
        chosen: dict[str, dict[str, list[str]]] = {user: {} for user in self._options.users}
        for name, (user, package, test) in named.items():
            if user in self._options.users and self._options.only.search(name):
                chosen[user].setdefault(package, []).append(test)
        if not any(chosen.values()):
            raise RefusedError(f"--only: '{self._options.only.pattern}' matches no test")
        return chosen

    def _as_user(self, user: str, chosen: Mapping[str, list[str]], made: Resources) -> list[Result]:
        """Return a user's results, and write them as JUnit even if the run is ended early."""
        variables = environment(self._clouds[user], made)
        results: list[Result] = []
        try:
            for package, tests in chosen.items():
                results += self._package(user, package, tests, variables)
        finally:
            self._artifacts.write(f"junit_gophercloud_{user}.xml", report.junit(user, results))
            with closing(connect(self._options.clouds, user)) as connection:
                leftovers.remove(connection, self._say)
        return results

    def _package(
        self, user: str, package: str, tests: list[str], variables: Mapping[str, str]
    ) -> list[Result]:
        wanted, left_out = [], []
        for test in tests:
            if reason := self._reason(f"{user}/{package}.{test}"):
                left_out.append(
                    Result(package=package, test=test, verdict="excluded", output=reason)
                )
            else:
                wanted.append(test)
        return [*self._runner.run(user, package, wanted, variables), *left_out]

    def _reason(self, name: str) -> str:
        """Return the reason to leave a test out; empty if it shall run."""
        return next((each.reason for each in self._excluded if each.matches(name)), "")

    def _say(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:6.0f} s  {line}", file=sys.stderr, flush=True)


def _log_in(connection: Connection) -> None:
    """Get a token. Raises JobError if the cloud does not answer, or not with a token."""
    try:
        connection.authorize()
    except (SDKException, ClientException) as error:
        where = connection.config.auth["auth_url"]
        raise JobError(f"{where}: {error}; is it the cloud's, and is there a route?") from error


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make gophercloud", description=__doc__)
    parser.add_argument("--prepare", action="store_true", help="compile the tests and stop")
    parser.add_argument("--clouds", type=Path, help="the clouds.yaml that the program hands out")
    parser.add_argument("--artifacts", type=Path, help="folder of the results")
    parser.add_argument(
        *("--only",), type=re.compile, default="", help="regex of tests CLOUD/PACKAGE.TEST"
    )
    parser.add_argument(
        *("--users",),
        nargs="+",
        choices=_USERS,
        default=_USERS,
        help="clouds of the file",
    )
    options = parser.parse_args()
    if not (options.prepare or (options.clouds and options.artifacts)):
        parser.error("name --clouds and --artifacts, or --prepare")
    return options


if __name__ == "__main__":
    sys.exit(main())
