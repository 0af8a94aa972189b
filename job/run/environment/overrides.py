"""Overrides: convert environment variables to settings of the stack.

The values have the form of a settings file, so that the staged file documents the job's settings.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from job.run.environment.variables import ANY_SETTING, VARIABLES
from job.run.job_kind import Kind
from stacks.e2e_variables import PRIMARY_AZ, SECONDARY_AZ
from stacks.problems import Problem
from stacks.settings import Settings, setting_fields

_AZS = {"primaryAz": PRIMARY_AZ, "secondaryAz": SECONDARY_AZ}
# Zones are never listed by the API. All regions except these have a zone -a (Google's table of
# zones, read on 2026-11-25).
_REGIONS_FROM_B = ("us-east1", "europe-west1")


def find(
    given: Mapping[str, str], base: Settings, conf: Path, in_conf: Mapping[str, str], kind: Kind
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return settings by key, and the variable of each.

    `given` are the non-empty variables, `base` the values of the settings file, and `in_conf` the
    variables in the suite's configuration file `conf`.
    """
    origins = {
        key: name
        for name, variable in VARIABLES.items()
        for key in variable.settings
        if name in given
    }
    origins |= {
        name.removeprefix(ANY_SETTING): name for name in given if name.startswith(ANY_SETTING)
    }
    values = {key: _typed(key, given[name]) for key, name in origins.items()}
    if origins.get("worker") == "SKIP_SECONDARY_AZ":
        values["worker"] = False
    if "region" in values and "zones" not in values:
        values["zones"] = _zones(values["region"], base)
        origins["zones"] = origins["region"]
    if conf.is_file():
        worker = values.get("worker", base.worker) is not False
        values |= _availability_zones(values, conf, in_conf, kind, worker=worker)
    return values, origins


def _typed(key: str, raw: str) -> Any:
    """Convert a value to a settings file's form. Malformed text stays, and is refused later."""
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
    values: Mapping[str, Any], conf: Path, in_conf: Mapping[str, str], kind: Kind, *, worker: bool
) -> dict[str, Any]:
    """Return the setting `e2eConf`, or both AZ names where it is unsuitable.

    `e2eConf` would override names from the environment. With a worker it requires both names, even
    for the conformance tests, which use only one AZ.
    """
    named = {key: values.get(key) or in_conf.get(name) for key, name in _AZS.items()}
    names = {key: value for key, value in named.items() if value}
    wanted = _AZS.keys() if worker else {"primaryAz"}
    needed = wanted if kind == "e2e" else {"primaryAz"}
    would_do = names.keys() >= wanted and not _AZS.keys() & values.keys()
    if would_do or not names.keys() >= needed:
        # The validation of settings reports faults of the file.
        return {"e2eConf": str(conf)}
    return {**names, "e2eConf": ""}


def blamed(problem: Problem, origins: Mapping[str, str]) -> str:
    """Return the line of a problem, preceded by the variable that caused it."""
    origin = origins.get(problem.key.removeprefix("devstack:"))
    return f"{origin}: {problem}" if origin else str(problem)
