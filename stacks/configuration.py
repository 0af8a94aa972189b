"""Configuration: convert and validate a stack's configuration into Settings.

Values come from the configuration and the files that it names, never from the environment. All
problems are reported together, so that one edit can correct a configuration. The job validates with
this module too, so it does without Pulumi's SDK, which takes half a second to import.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from stacks import public_keys
from stacks.concealment import why_unreadable
from stacks.e2e_variables import PRIMARY_AZ, SECONDARY_AZ
from stacks.platforms import PLATFORMS
from stacks.problems import Problem, SettingsError, key_of, problem
from stacks.settings import Settings, setting_fields
from stacks.validation import find_problems


def parse(given: Mapping[str, str], *, stack: str, project: str) -> Settings:
    """Validate raw values by key, without the namespace. Raises SettingsError."""
    values, problems = convert(given)
    problems += _read_files(values)
    settings = Settings(stack=stack, project=project, **values)
    problems += find_problems(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def warnings(settings: Settings) -> tuple[str, ...]:
    """Return a line for each value that is accepted although it may not work."""
    if settings.image or PLATFORMS[settings.operating_system].public_image_has_cloud_init:
        return ()
    warning = (
        f"devstack:image: Google's {settings.operating_system} images have no cloud-init and "
        "ignore user data; name an image that has it"
    )
    return (warning,)


def convert(given: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Return values by field name, and the problems. A malformed value keeps its default."""
    fields = setting_fields()
    types = get_type_hints(Settings)
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
    """Convert a configuration string. Raises ValueError that names the expected form."""
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


def _read_files(values: dict[str, Any]) -> Iterator[Problem]:
    """Add the contents of the named files to `values`. Yield the problems."""
    for name, add in FILES.items():
        if not values[name]:
            continue
        path = Path(values[name]).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            what = f"cannot read '{path}': {why_unreadable(error)}"
            yield problem(name, what, "name a readable text file")
        else:
            yield from add(text, values)


def _add_keys(text: str, values: dict[str, Any]) -> Iterator[Problem]:
    name = "ssh_authorized_keys_file"
    path = values[name]
    keys, refused = public_keys.read(text)
    values["ssh_authorized_keys"] += tuple(keys)
    if not keys and not refused:
        yield problem(name, f"no key in '{path}'", "put one a line")
    for what, remedy in refused:
        yield problem(name, f"'{path}' {what}", remedy)


def _add_local_conf(text: str, values: dict[str, Any]) -> tuple[()]:
    values["local_conf_extra"] = text
    return ()


def _add_availability_zones(text: str, values: dict[str, Any]) -> Iterator[Problem]:
    path = values["e2e_conf"]
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield problem("e2e_conf", f"'{path}' is {why_unreadable(error)}", "mend the file")
        return
    variables = document.get("variables") if isinstance(document, dict) else None
    needed = {"primary_az": PRIMARY_AZ}
    if values["worker"]:
        needed["secondary_az"] = SECONDARY_AZ
    for name, variable in needed.items():
        value = variables.get(variable) if isinstance(variables, dict) else None
        if isinstance(value, str) and value:
            values[name] = value
        else:
            what = f"'{path}' has no text for variables.{variable}"
            remedy = f"add it, or leave e2eConf empty and set {key_of(name)}"
            yield problem("e2e_conf", what, remedy)


FILES: dict[str, Callable[[str, dict[str, Any]], Iterable[Problem]]] = {
    "ssh_authorized_keys_file": _add_keys,
    "local_conf_file": _add_local_conf,
    "e2e_conf": _add_availability_zones,
}
"""Settings that name files, with the functions that add the contents to the values."""
