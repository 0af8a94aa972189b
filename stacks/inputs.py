"""Inputs: the configuration of the running stack, as the engine passes it."""

import pulumi
import pulumi_gcp

from stacks import configuration
from stacks.problems import SettingsError
from stacks.settings import Settings


def load() -> Settings:
    """Read and validate the configuration, with its warnings in the log.

    Raises pulumi.RunError, which Pulumi shows without a traceback: the program is not at fault.
    """
    config = pulumi.Config()
    prefix = f"{config.name}:"
    given = {
        key.removeprefix(prefix): config.require(key.removeprefix(prefix))
        for key in {**pulumi.runtime.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
        if key.startswith(prefix)
    }
    project = pulumi_gcp.config.project or ""
    try:
        settings = configuration.parse(given, stack=pulumi.get_stack(), project=project)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    for warning in configuration.warnings(settings):
        pulumi.log.warn(warning)
    return settings
