"""Validation: what Settings refuses, one module a subject."""

from typing import TYPE_CHECKING

from stacks.problems import Problem
from stacks.validation import access, addresses, machines, names, openstack

if TYPE_CHECKING:
    from stacks.settings import Settings


def find_problems(settings: "Settings") -> list[Problem]:
    """Everything that is wrong with the settings, in the order of the guide."""
    subjects = (names, machines, addresses, access, openstack)
    return [problem for subject in subjects for problem in subject.check(settings)]
