"""Validation: find the faults of Settings, one module for each subject."""

from stacks import user_data
from stacks.credentials import Credentials
from stacks.problems import Problem, problem
from stacks.settings import Settings
from stacks.validation import (
    access,
    addresses,
    baked_images,
    local_conf_file,
    machines,
    names,
    openstack,
)


def find_problems(settings: Settings) -> list[Problem]:
    """Return all problems of the settings, in the order of the guide."""
    subjects = (names, machines, addresses, access, openstack, local_conf_file, baked_images)
    problems = [found for subject in subjects for found in subject.check(settings)]
    return problems or _find_oversize(settings)


def _find_oversize(settings: Settings) -> list[Problem]:
    """Yield problems of rendering, which needs a configuration without any other problem."""
    try:
        for role in settings.roles:
            user_data.render(settings, role, Credentials.placeholder())
    except user_data.UserDataError as error:
        return [problem("local_conf_file", str(error), "shorten the file")]
    return []
