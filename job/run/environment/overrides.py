"""Overrides: the settings of the stack that environment variables change.

The values are those of a settings file, so that a file with them shows what a job ran with.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from job.run.environment import suite_conf
from job.run.environment.variables import ANY_SETTING, VARIABLES
from job.run.kinds import Kind
from stacks.e2e_variables import PRIMARY_AZ, SECONDARY_AZ
from stacks.problems import Problem
from stacks.settings import Settings, setting_fields

_AZS = {
    "primaryAz": PRIMARY_AZ,
    "secondaryAz": SECONDARY_AZ,
}
# Zones are never listed. All regions but these have a zone -a (Google's table of regions and
# zones, read on 2026-11-25).
_REGIONS_FROM_B = ("us-east1", "europe-west1")


def find(
    given: Mapping[str, str], base: Settings, conf: Path, kind: Kind
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings by key, and the variable that each comes from.

    `given` holds the variables that are not empty, `base` what the settings file says, and
    `conf` is the suite's configuration.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for variable in VARIABLES.values():
        if variable.name in given:
            for key in variable.settings:
                values[key] = _typed(key, given[variable.name])
                origins[key] = variable.name
    if "worker" in values:
        values["worker"] = False
    for name in given:
        key = name.removeprefix(ANY_SETTING)
        if key != name:
            values[key] = _typed(key, given[name])
            origins[key] = name
    if "region" in values and "zones" not in values:
        values["zones"] = _zones(values["region"], base)
        origins["zones"] = origins["region"]
    if conf.is_file():
        worker = values.get("worker", base.worker) is not False
        values |= _availability_zones(values, conf, kind, worker=worker)
    return values, origins


def _typed(key: str, raw: str) -> Any:
    """The value as a settings file has it; what is malformed stays text, and is refused later."""
    field = setting_fields().get(key)
    kind = get_type_hints(Settings)[field.name] if field else str
    if kind == tuple[str, ...]:
        return [item.strip() for item in raw.split(",") if item.strip()]
    if kind is bool:
        return {"true": True, "false": False}.get(raw, raw)
    if kind is int and raw.isdecimal():
        return int(raw)
    return raw


def _zones(region: str, base: Settings) -> list[str]:
    if base.zones and all(zone.startswith(f"{region}-") for zone in base.zones):
        return list(base.zones)
    letters = "bcd" if region in _REGIONS_FROM_B else "abc"
    return [f"{region}-{letter}" for letter in letters]


def _availability_zones(
    values: Mapping[str, Any], conf: Path, kind: Kind, *, worker: bool
) -> dict[str, Any]:
    """The setting `e2eConf`, or the AZs themselves where it would not do.

    It would win over names of the environment, and wants both names for a stack with a worker,
    also for the conformance tests, which use one AZ only.
    """
    in_conf = suite_conf.variables(conf)
    named = {key: values.get(key) or in_conf.get(name) for key, name in _AZS.items()}
    names = {key: value for key, value in named.items() if value}
    wanted = _AZS.keys() if worker else {"primaryAz"}
    needed = wanted if kind == "e2e" else {"primaryAz"}
    would_do = names.keys() >= wanted and not _AZS.keys() & values.keys()
    if would_do or not names.keys() >= needed:
        # Settings say what is wrong with the file.
        return {"e2eConf": str(conf)}
    return {**names, "e2eConf": ""}


def blamed(problem: Problem, origins: Mapping[str, str]) -> str:
    """Return the line of a problem, with the variable that is to blame for it."""
    origin = origins.get(problem.key.removeprefix("devstack:"))
    return f"{origin}: {problem}" if origin else str(problem)
