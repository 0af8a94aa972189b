"""Reading: read the job's parameters from the environment, and validate them before a lease.

`variables.py` has the table of variables. All problems are reported together.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from host import inherited
from host.errors import RefusedError
from host.folders import CHECKOUT
from job.cloud import configuration
from job.cloud.configuration import SettingsFile, project_of
from job.run.environment import contradictions, named_things, overrides, suite_conf
from job.run.environment.job_environment import JobEnvironment
from job.run.environment.variables import OTHER_PLATFORMS, VARIABLES
from job.run.job_kind import Kind
from stacks.concealment import why_unreadable
from stacks.settings import Settings

_NAME_LIMIT = 32


def read(
    environ: Mapping[str, str], capo: Path, kind: Kind = "e2e", *, checkout: Path = CHECKOUT
) -> JobEnvironment:
    """Read the parameters. Raises RefusedError with a line for each problem."""
    capo = capo.absolute()
    # An empty variable counts as unset, as in bash's ${NAME:-}.
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    stack = _stack_name(given)
    document = _document(Path(given.get("DEVSTACK_SETTINGS", checkout / "Pulumi.ci.yaml")))
    base = configuration.read(document, stack=stack, environ={})
    fields, problems = _fields(given)
    fields["artifacts"] = capo / given.get("ARTIFACTS", "_artifacts")
    fields["stack"] = stack
    fields["project"] = project = _project(given, base.settings)
    conf = suite_conf.path_of(given, capo)
    in_conf = suite_conf.variables(conf)
    fields["e2e_conf"] = conf
    fields["chosen_by_suite"] = tuple(filter(named_things.is_a_choice, in_conf))
    values, origins = overrides.find(given, base.settings, conf, in_conf, kind)
    config = {**base.config, **{f"devstack:{key}": value for key, value in values.items()}}
    if project:
        config["gcp:project"] = project
    settings, refused = configuration.parse(config, stack=stack, project=project)
    # A leased project is ours alone.
    ours_alone = given.keys() & {"BOSKOS_HOST", "BOSKOS_RESOURCE_NAME"}
    fields.setdefault("leftovers", "remove" if ours_alone else "report")
    job = JobEnvironment(
        **fields,
        capo=capo,
        # The job itself watches the nodes, and starts the tests before the worker is ready.
        settings_file=SettingsFile(
            document={**document, "config": {**config, "devstack:waitFor": "none"}},
            settings=replace(settings, wait_for="none"),
        ),
        warnings=tuple(_warnings(given)),
        variables=inherited.ours(environ),
        person=dict(environ),
    )
    problems += contradictions.find(given, job)
    problems += [overrides.blamed(problem, origins) for problem in refused]
    if not refused:
        problems += named_things.find(given, in_conf, conf, settings, kind)
    if problems:
        raise RefusedError("\n".join(problems))
    return job


def _document(path: Path) -> dict[str, Any]:
    path = path.absolute()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RefusedError(
            f"DEVSTACK_SETTINGS: {path} cannot be read: {why_unreadable(error)}"
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("config") or {}, dict):
        raise RefusedError(
            f"DEVSTACK_SETTINGS: {path} is not a mapping; write it like Pulumi.ci.yaml"
        )
    return document


def _fields(given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields that single variables set, and the problems."""
    fields: dict[str, Any] = {}
    problems = []
    for name in given.keys() & VARIABLES.keys():
        target = VARIABLES[name].field
        if not target:
            continue
        parse, what = _NUMBERS.get(_TYPES[target], (str, ""))
        try:
            fields[target] = parse(given[name])
        except ValueError:
            problems.append(f"{name}: {given[name]!r} is no {what}")
    return fields, sorted(problems)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError
    return int(text)


_TYPES = get_type_hints(JobEnvironment)
_NUMBERS: dict[type, tuple[Callable[[str], Any], str]] = {
    float: (_seconds, "number of seconds; give one like 600"),
    int: (_count, "number; give one like 1"),
}


def _project(given: Mapping[str, str], base: Settings) -> str:
    if "BOSKOS_HOST" in given and "BOSKOS_RESOURCE_NAME" not in given:
        return ""
    named = (
        given.get("BOSKOS_RESOURCE_NAME"),
        given.get("GCP_PROJECT"),
        project_of(given),
        base.project,
    )
    return next(filter(None, named), "")


def _stack_name(given: Mapping[str, str]) -> str:
    """Return the stack's name, equal in every run of a job, so that a rerun finds leftovers."""
    if "DEVSTACK_STACK" in given:
        return given["DEVSTACK_STACK"]
    build = given.get("BUILD_ID")
    if not build:
        return "e2e"
    name = f"e2e-{build}"
    if len(name) > _NAME_LIMIT or not re.fullmatch(r"[-a-z0-9]*[a-z0-9]", name):
        name = f"e2e-{hashlib.sha256(build.encode()).hexdigest()[:12]}"
    return name


def _warnings(given: Mapping[str, str]) -> list[str]:
    warnings = []
    if others := [name for names in OTHER_PLATFORMS.values() for name in names if name in given]:
        warnings.append(f"ignored, since they are of other platforms: {', '.join(others)}")
    if "GCP_PROJECT" in given and "BOSKOS_HOST" in given and "BOSKOS_RESOURCE_NAME" not in given:
        warnings.append("GCP_PROJECT: ignored, since BOSKOS_HOST leases a project")
    return warnings
