"""Configuration: a stack's settings file as typed values, which nothing else in the job reads.

`read` accepts everything, since `down` and `cleanup` must work with settings that an earlier
version has accepted. A value that it cannot read is empty and not the default, which might be the
name of another stack's resources. `parse` is for whoever must know what the program will refuse
before the program runs, as a job must before it leases a project.
"""

import json
from collections.abc import Mapping
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
# As the provider finds it.
_PROJECT_VARIABLES = (
    "GOOGLE_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "GCLOUD_PROJECT",
    "CLOUDSDK_CORE_PROJECT",
)
# Each names a file; the program runs in the checkout.
_FILES = ("ssh_authorized_keys_file", "local_conf_file", "e2e_conf")
_LEASED = "to-be-leased"


@dataclass(frozen=True, kw_only=True)
class SettingsFile:
    """A settings file, as it is written for the engine and as its values are read."""

    document: Mapping[str, Any]
    settings: Settings

    @property
    def config(self) -> Config:
        """The part of the document that has the values."""
        return self.document.get("config") or {}


def read(document: Mapping[str, Any], *, stack: str, environ: Mapping[str, str]) -> SettingsFile:
    """Read what can be read, and refuse nothing."""
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
    """Validate as the program does; return the settings and everything that is wrong with them.

    Without a project, one is going to be leased. What is valid does not depend on its name.
    """
    given, encrypted = _given(config, _OWN)
    remedy = "no setting is a secret, write it as it is"
    problems = [
        Problem(key=f"{_OWN}{key}", what="it is encrypted", remedy=remedy)
        for key in sorted(encrypted)
    ]
    for name in _FILES:
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
    """Return the provider's settings by key without the namespace, those encrypted left out."""
    return _given(config, _PROVIDERS)[0]


def items(text: str) -> tuple[str, ...]:
    """Return the items of a list among the provider's settings; none of what is no list."""
    document = yaml.safe_load(text)
    return tuple(map(str, document)) if isinstance(document, list) else ()


def project_of(environ: Mapping[str, str]) -> str:
    """Return the project that the environment names, or an empty string."""
    return next(filter(None, map(environ.get, _PROJECT_VARIABLES)), "")


def _given(config: Config, namespace: str) -> tuple[dict[str, str], set[str]]:
    """Return the texts of a namespace, by key without it, and the keys that are encrypted."""
    # An older spelling, which Pulumi takes too.
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
    """Return a value as Pulumi hands it over: all but text and nothing as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
