"""Tools: check that the programs and plugins which a run calls are installed."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path

from host.ending import Ending
from host.errors import JobError
from host.processes import Program, ask
from host.pulumi_cli import find_cli
from job.network.tunnel import redirection
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.podman import refuse_podman
from job.network.tunnel.sshuttle import environment, find_program
from job.run.preflight.findings import Report

# The program requests plugins of its SDKs' versions.
_PLUGINS = {"gcp": "pulumi-gcp", "command": "pulumi-command"}
_NO_DOWNLOADS = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"
_TRUE = {"1", "true"}
_ALWAYS = {"ssh-keygen": "openssh-client", "ssh": "openssh-client"}
FOR_TESTS = {"make": "make", "git": "git", "docker": "docker"}
_TIMEOUT_S = 30


def check(environ: Mapping[str, str], ending: Ending) -> Report:
    """Check the tools of every run: the engine, its plugins and ssh."""
    report = Report(problems=_missing(_ALWAYS, environ))
    try:
        cli = find_cli(environ)
    except JobError as error:
        report.problems.append(str(error))
    else:
        report.add(_plugins(cli, environ, ending))
    return report


def check_for_tests(environ: Mapping[str, str], ending: Ending) -> Report:
    """Check the additional tools of the E2E suite: its own, containers, and the tunnel's."""
    report = Report(problems=_missing(FOR_TESTS, environ))
    if shutil.which("docker", path=environ.get("PATH")):
        program = Program(command=["docker", "version"], environment=environ)
        answer = ask(program, ending, timeout_s=_TIMEOUT_S)
        if answer.code:
            report.problems.append(f"docker: {answer.complaint}; start its daemon")
    if environ.get("DEVSTACK_TUNNEL") != "none":
        report.add(_tunnel(environ))
    return report


def _tunnel(environ: Mapping[str, str]) -> Report:
    report = Report()
    namespace = Namespace(environment=environment(environ))
    looks: list[Callable[[], object]] = [
        partial(refuse_podman, namespace, environ),
        partial(find_program, namespace),
    ]
    if os.geteuid() == 0:
        looks.append(partial(redirection.choose, namespace))
    else:
        report.problems.append("tunnel: routing needs root; run the job as root")
    for look in looks:
        try:
            look()
        except JobError as error:
            report.problems.append(str(error))
    return report


def _missing(programs: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: it is not on PATH; install {package}"
        for name, package in programs.items()
        if not shutil.which(name, path=environ.get("PATH"))
    ]


def _plugins(cli: Path, environ: Mapping[str, str], ending: Ending) -> Report:
    command = [str(cli), "plugin", "ls", "--json"]
    quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true", **environ}
    answer = ask(Program(command=command, environment=quiet), ending, timeout_s=_TIMEOUT_S)
    if answer.code:
        return Report(problems=[f"plugin: '{' '.join(command)}' fails: {answer.complaint}"])
    installed = {
        (entry["name"], entry.get("version"))
        for entry in json.loads(answer.output or "[]")
        if entry["kind"] == "resource"
    }
    wanted = {name: version(sdk) for name, sdk in _PLUGINS.items()}
    report = Report(facts={"plugins": wanted})
    for name, number in wanted.items():
        # The engine uses a plugin on PATH whatever its version.
        ambient = shutil.which(f"pulumi-resource-{name}", path=environ.get("PATH"))
        if (name, number) in installed or ambient:
            continue
        install = f"run 'pulumi plugin install resource {name} {number}'"
        if environ.get(_NO_DOWNLOADS, "").lower() in _TRUE:
            report.problems.append(f"plugin: {name} {number} is not installed; {install}")
        else:
            report.warnings.append(
                f"plugin: {name} {number} will be downloaded by 'up'; {install} to be sure of it"
            )
    return report
