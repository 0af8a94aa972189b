"""Configuration: the Settings of a staged stack, before the engine reads them.

The program does the same when it runs. Here a configuration is refused before anything is leased.
"""

import json
from pathlib import Path
from typing import Any

from host.errors import RefusedError
from host.folders import CHECKOUT
from job.cloud.stack import Stack, project_of
from stacks import configuration
from stacks.problems import SettingsError, key_of
from stacks.settings import Settings

# Each names a file; the program runs in the checkout.
_FILES = ("ssh_authorized_keys_file", "local_conf_file", "e2e_conf")
_LEASED = "to-be-leased"


def settings_of(stack: Stack, *, leased: bool = False) -> Settings:
    """Validate the configuration of a staged stack. Raises RefusedError with all that is wrong.

    `leased`: a project is going to be leased, so that the stack must name none.
    """
    own = f"{stack.project_name}:"
    # An older spelling, which Pulumi takes too.
    older = f"{own}config:"
    given = {
        key.removeprefix(older).removeprefix(own): value
        for key, value in stack.configuration.items()
        if key.startswith(own)
    }
    problems = [
        f"{own}{key}: it is encrypted; no setting is a secret, write it as it is"
        for key, value in given.items()
        if isinstance(value, dict) and "secure" in value
    ]
    project = stack.setting("gcp:project")
    if leased and project:
        problems.append(
            f"gcp:project: '{project}' is set although a project is leased; remove it from the"
            " stack's settings"
        )
    texts = {key: _text(value) for key, value in given.items()}
    for name in _FILES:
        key = key_of(name).removeprefix("devstack:")
        if texts.get(key):
            texts[key] = str(CHECKOUT / Path(texts[key]).expanduser())
    try:
        settings = configuration.parse(
            texts,
            stack=stack.name,
            project=_LEASED if leased else project or project_of(stack.environment),
        )
    except SettingsError as error:
        problems += [str(problem) for problem in error.problems]
    if problems:
        raise RefusedError("\n".join(problems))
    return settings


def _text(value: Any) -> str:
    """A value as Pulumi hands it over: text as it is, nothing as no text, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
