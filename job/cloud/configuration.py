"""Configuration: the job's only reader of a stack's settings file.

`read` refuses nothing, since `down` and `cleanup` must work with settings that an earlier version
accepted. An unreadable value becomes empty and not the default, which might name another stack's
resources. `parse` validates as the program will do, for callers that must know before the program
runs: a job must not lease a project for settings that will be refused.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from host.folders import CHECKOUT
from stacks import configuration
from stacks.problems import Problem, SettingsError, key_of
from stacks.settings import Settings, setting_fields

Config = Mapping[str, Any]
"""The values of a settings file, by key with the namespace."""

_OWN, _PROVIDERS = "devstack:", "gcp:"
# In the provider's order.
_PROJECT_VARIABLES = (
    "GOOGLE_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "GCLOUD_PROJECT",
    "CLOUDSDK_CORE_PROJECT",
)
_LEASED = "to-be-leased"


@dataclass(frozen=True, kw_only=True)
class SettingsFile:
    """A settings file: the document for the engine, and its typed values."""

    document: Mapping[str, Any]
    settings: Settings

    @property
    def config(self) -> Config:
        """The values in the document."""
        return self.document.get("config") or {}


def read(document: Mapping[str, Any], *, stack: str, environ: Mapping[str, str]) -> SettingsFile:
    """Read a document leniently. Unreadable values become empty."""
    config: Config = document.get("config") or {}
    given, encrypted = _given(config, _OWN)
    values, problems = configuration.convert(given)
    malformed = {problem.key.removeprefix(_OWN) for problem in problems}
    for key, setting in setting_fields().items():
        if key in encrypted | malformed:
            values[setting.name] = type(values[setting.name])()
    project = provider_settings(config).get("project") or project_of(environ)
    settings = Settings(stack=stack, project=project, **values)
    return SettingsFile(document=document, settings=settings)


def parse(config: Config, *, stack: str, project: str) -> tuple[Settings, list[Problem]]:
    """Validate as the program does. Return the settings and all problems.

    Without a project, one is leased later. The validity does not depend on its name.
    """
    given, encrypted = _given(config, _OWN)
    remedy = "no setting is a secret, write it as it is"
    problems = [
        Problem(key=f"{_OWN}{key}", what="it is encrypted", remedy=remedy)
        for key in sorted(encrypted)
    ]
    for name in configuration.FILES:
        # The program's working directory is the checkout.
        key = key_of(name).removeprefix(_OWN)
        if given.get(key):
            given[key] = str(CHECKOUT / Path(given[key]).expanduser())
    try:
        settings = configuration.parse(given, stack=stack, project=project or _LEASED)
    except SettingsError as error:
        unsound = read({"config": config}, stack=stack, environ={}).settings
        return unsound, [*problems, *error.problems]
    return replace(settings, project=project), problems


def provider_settings(config: Config) -> dict[str, str]:
    """Return the provider's unencrypted settings, by key without the namespace."""
    return _given(config, _PROVIDERS)[0]


def items(text: str) -> tuple[str, ...]:
    """Parse a list among the provider's settings. Anything else gives no items."""
    document = yaml.safe_load(text)
    return tuple(map(str, document)) if isinstance(document, list) else ()


def project_of(environ: Mapping[str, str]) -> str:
    """Return the project that the environment names, or an empty string."""
    return first_of(environ, _PROJECT_VARIABLES)


def first_of(environ: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the first of the variables that is not empty, or an empty string."""
    return next(filter(None, map(environ.get, names)), "")


def _given(config: Config, namespace: str) -> tuple[dict[str, str], set[str]]:
    """Return texts by key without the namespace, and the keys of encrypted values."""
    # Pulumi also accepts this older spelling.
    older = f"{namespace}config:"
    texts, encrypted = {}, set()
    for name, value in config.items():
        if not name.startswith(namespace):
            continue
        key = name.removeprefix(older).removeprefix(namespace)
        if isinstance(value, dict) and "secure" in value:
            encrypted.add(key)
        else:
            texts[key] = _text(value)
    return texts, encrypted


def _text(value: Any) -> str:
    """Return a value as Pulumi passes it: text as it is, null as empty, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
