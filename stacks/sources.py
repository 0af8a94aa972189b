"""Sources: configuration strings and the files that they name, as typed values of Settings."""

import dataclasses
import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from stacks import public_keys
from stacks.concealment import why_unreadable
from stacks.problems import Problem, key_of, problem

_PRIMARY_AZ = "OPENSTACK_FAILURE_DOMAIN"
_E2E_CONF_VARIABLES = {
    "primary_az": _PRIMARY_AZ,
    "secondary_az": "OPENSTACK_FAILURE_DOMAIN_ALT",
}


def setting_fields(settings: type) -> dict[str, dataclasses.Field[Any]]:
    """The fields that are configuration, by key without the namespace."""
    return {
        key_of(field.name).removeprefix("devstack:"): field
        for field in dataclasses.fields(settings)
        if "doc" in field.metadata
    }


def parse(settings: type, given: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Values by field name, and what is wrong; a wrong value is left at its default."""
    fields = setting_fields(settings)
    types = get_type_hints(settings)
    values = {field.name: field.default for field in fields.values()}
    problems = []
    for key, raw in given.items():
        if key not in fields:
            near = get_close_matches(key, fields, n=1, cutoff=0.75)
            remedy = f"did you mean '{near[0]}'?" if near else "remove it; docs/guide.md has all"
            problems.append(Problem(key=f"devstack:{key}", what="unknown key", remedy=remedy))
            continue
        name = fields[key].name
        try:
            values[name] = _convert(raw, types[name])
        except ValueError as error:
            example = json.dumps(fields[key].default)
            problems.append(problem(name, f"{raw!r} is not {error}", f"write it like {example}"))
    return values, problems


def _convert(raw: str, kind: object) -> Any:
    """The value of a configuration string; raises ValueError naming what was wanted."""
    if kind is str:
        return raw.strip()
    if kind is bool:
        if raw not in {"true", "false"}:
            raise ValueError("true or false")
        return raw == "true"
    if kind is int or kind is float:
        number = int if kind is int else float
        try:
            return number(raw)
        except ValueError:
            raise ValueError("a whole number" if kind is int else "a number") from None
    try:
        items = json.loads(raw)
    except json.JSONDecodeError:
        items = None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("a list of strings")
    return tuple(item.strip() for item in items)


def read_files(values: dict[str, Any]) -> list[Problem]:
    """Put into `values` what the files say that they name; return what is wrong with them."""
    problems: list[Problem] = []
    keys_text = _read("ssh_authorized_keys_file", values, problems)
    if keys_text is not None:
        problems += _read_keys(keys_text, values)
    values["local_conf_extra"] = _read("local_conf_file", values, problems) or ""
    e2e_conf = _read("e2e_conf", values, problems)
    if e2e_conf is not None:
        _read_availability_zones(e2e_conf, values, problems)
    return problems


def _read_keys(text: str, values: dict[str, Any]) -> list[Problem]:
    name = "ssh_authorized_keys_file"
    keys, refused = public_keys.read(text)
    values["ssh_authorized_keys"] += tuple(keys)
    path = values[name]
    if not keys and not refused:
        return [problem(name, f"no key in '{path}'", "put one a line")]
    return [problem(name, f"'{path}' {what}", remedy) for what, remedy in refused]


def _read(name: str, values: Mapping[str, Any], problems: list[Problem]) -> str | None:
    if not values[name]:
        return None
    path = Path(values[name]).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = why_unreadable(error)
        problems.append(
            problem(name, f"cannot read '{path}': {reason}", "name a readable text file")
        )
        return None


def _read_availability_zones(text: str, values: dict[str, Any], problems: list[Problem]) -> None:
    path = values["e2e_conf"]
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        problems.append(
            problem("e2e_conf", f"'{path}' is {why_unreadable(error)}", "mend the file")
        )
        return
    variables = document.get("variables") if isinstance(document, dict) else None
    # Without a worker there is no second AZ.
    needed = _E2E_CONF_VARIABLES if values["worker"] else {"primary_az": _PRIMARY_AZ}
    for name, variable in needed.items():
        value = variables.get(variable) if isinstance(variables, dict) else None
        if isinstance(value, str) and value:
            values[name] = value
        else:
            problems.append(
                problem(
                    "e2e_conf",
                    f"'{path}' has no text for variables.{variable}",
                    f"add it, or leave e2eConf empty and set {key_of(name)}",
                )
            )
