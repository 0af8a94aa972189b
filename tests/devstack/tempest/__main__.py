"""Run OpenStack's own test suite against a cloud, from outside its nodes.

`python -m tests.devstack.tempest --clouds clouds.yaml --artifacts DIR`, where the APIs and the
floating addresses can be reached. What it needs from package registries, `--prepare` fetches, which
can run elsewhere. It leaves junit_tempest.xml, tempest.txt and tempest.log in DIR, and removes
everything that it made in the cloud.
"""

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import yaml

from host.ending import Ending, ended_by_signals
from host.errors import JobError, RefusedError
from host.folders import cache_dir
from job.redaction.artifacts import Artifacts
from job.redaction.known import SECRETS
from job.redaction.printing import Masked, mask_standard_streams
from job.redaction.values import of_mapping
from stacks.clouds_yaml import ADMIN_CLOUD
from tests.devstack.connection import connect
from tests.devstack.guest.build import Guest, build
from tests.devstack.tempest import answers, configuration, passes, results
from tests.devstack.tempest.environment import ensure_environment
from tests.devstack.tempest.resources import made
from tests.devstack.tempest.suite import Suite


def main() -> int:
    options = _options()
    mask_standard_streams()
    try:
        environment = ensure_environment(cache_dir(os.environ))
        guest = build(cache_dir(os.environ))
        if options.prepare:
            return 0
        with ended_by_signals() as ending:
            return Run(options, environment, guest, ending).all()
    except JobError as error:
        print(error, file=sys.stderr)
        return error.exit_code


class Run:
    """One run of the suite, with the results so far."""

    def __init__(
        self, options: argparse.Namespace, environment: Path, guest: Guest, ending: Ending
    ) -> None:
        self._options = options
        self._environment = environment
        self._guest = guest
        self._ending = ending
        self._artifacts = Artifacts(options.artifacts)
        self._suites: dict[str, list[results.Result]] = {}
        self._prefix = f"tempest-{secrets.token_hex(3)}"

    def all(self) -> int:
        """Return 1 if a test failed, otherwise 0."""
        _learn_secrets(self._options.clouds)
        began = time.monotonic()
        with connect(self._options.clouds, self._options.cloud) as connection:
            facts = answers.ask(connection)
            auth = connection.config.auth
            login = configuration.Login(
                user=auth["username"], password=auth["password"], project=auth["project_name"]
            )
            with (
                tempfile.TemporaryDirectory(prefix="tempest-") as folder,
                made(connection, self._guest, self._prefix) as resources,
            ):
                places = configuration.Places(workspace=Path(folder), disk=self._guest.disk)
                sections = configuration.sections(facts, login, resources, places, self._prefix)
                suite = Suite(self._environment, places.workspace, sections)
                try:
                    self._passes(suite, facts.common_zones)
                finally:
                    self._keep(suite)
                    say("removing what the tests have left")
                    suite.clean_up(self._prefix)
        everything = [result for suite in self._suites.values() for result in suite]
        print(results.summary(everything, time.monotonic() - began))
        return 1 if results.count(everything)["failed"] else 0

    def _passes(self, suite: Suite, zones: Sequence[str]) -> None:
        tests = suite.tests()
        for line in passes.idle(tests):
            say(f"warning: {line}")
        # All passes append to it.
        self._artifacts.write("tempest.txt", "")
        for each in passes.plan(tests, zones, self._options.only):
            say(f"{each.name}: {len(each.tests)} tests")
            suite.in_zone(each.zone)
            with closing(self._artifacts.append("tempest.txt")) as log:
                log.write(f"# {each.name}\n")
                taken = _Taken(self._suites.setdefault(each.name, []), log)
                suite.run(each.tests, self._options.workers, taken.add, self._ending)

    def _keep(self, suite: Suite) -> None:
        self._artifacts.write("junit_tempest.xml", results.junit(self._suites))
        if suite.log.exists():
            self._artifacts.copy(suite.log, "tempest.log")


class _Taken:
    """The results of a pass, written to a log as they come."""

    def __init__(self, found: list[results.Result], log: Masked) -> None:
        self._found = found
        self._log = log

    def add(self, result: results.Result) -> None:
        self._found.append(result)
        seconds = f"{result.seconds:.1f} s"
        line = f"{result.verdict:8}{seconds:>10}  {result.test}  {result.message}".rstrip()
        self._log.write(f"{line}\n")
        if result.verdict == "failed":
            say(line)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _learn_secrets(clouds: Path) -> None:
    """Mask the passwords of a clouds.yaml in everything that leaves this process."""
    try:
        document = yaml.safe_load(clouds.read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"--clouds: {clouds}: {error.strerror}") from None
    SECRETS.learn(of_mapping(document))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.devstack.tempest", description=__doc__)
    parser.add_argument("--prepare", action="store_true", help="only fetch what is needed, and end")
    parser.add_argument("--clouds", type=Path, help="a clouds.yaml")
    parser.add_argument("--cloud", default=ADMIN_CLOUD, help="an administrator's (%(default)s)")
    parser.add_argument("--artifacts", type=Path, help="the folder of the reports and the log")
    parser.add_argument("--only", default="", help="a regex: run only tests whose IDs match it")
    parser.add_argument("--workers", type=int, default=2, help="tests at a time (%(default)s)")
    options = parser.parse_args()
    if not options.prepare and not (options.clouds and options.artifacts):
        parser.error("--clouds and --artifacts are needed, or --prepare")
    return options


if __name__ == "__main__":
    sys.exit(main())
