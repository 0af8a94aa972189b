"""OpenStack: releases for the image, known services, refs, and numbers within limits."""

import re
from collections.abc import Iterator

from stacks.concealment import conceal_address
from stacks.devstack_services import lint, runs
from stacks.local_conf import BRANCH_VARIABLES
from stacks.platforms import PLATFORMS, RELEASES
from stacks.problems import Problem, problem
from stacks.settings import Settings

_REF = re.compile(r"[A-Za-z0-9][-._/A-Za-z0-9]*")
_PROJECT_REF = re.compile(r"[a-z][-a-z0-9]*=[A-Za-z0-9][-._/A-Za-z0-9]*")
_URL = re.compile(r"(https?|file)://[^\s\"'$`]+")
_URLS = ("git_base", "pip_index_url", "package_mirror", "amphora_image_url", "smoke_test_image_url")


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems."""
    yield from _pair(settings)
    yield from _sources(settings)
    for key in ("additional_services", "disabled_services"):
        for service, reason, remedy in lint(settings, key):
            yield problem(key, f"'{service}' {reason}", remedy)
    for key in ("glance_limit_mb", "service_timeout_s", "git_timeout_s", "cpu_allocation_ratio"):
        if not 0 < getattr(settings, key) < float("inf"):
            yield problem(key, f"{getattr(settings, key)}", "give a positive number")


def _sources(settings: Settings) -> Iterator[Problem]:
    octavia = runs(settings, "octavia")
    refs = {"octavia_ref": octavia, "octavia_dashboard_ref": octavia and settings.horizon}
    for key in ("devstack_ref", "neutron_ref", *(key for key, used in refs.items() if used)):
        value = getattr(settings, key)
        if value and not _REF.fullmatch(value):
            yield problem(key, f"'{value}' is no git ref", "give a branch, a tag or a commit")
    for key in ("ovn_branch", "ovs_branch") if settings.ovn_from_source else ():
        if not _REF.fullmatch(getattr(settings, key)):
            yield problem(key, f"'{getattr(settings, key)}' is no git ref", "give a branch")
    yield from _project_refs(settings)
    if settings.package_mirror and settings.operating_system.startswith("centos"):
        yield problem("package_mirror", "CentOS has no apt", "leave it empty")
    needed = ("git_base", "smoke_test_image_url")
    used = {"amphora_image_url": octavia, "smoke_test_image_url": settings.smoke_test}
    for key in (key for key in _URLS if used.get(key, True)):
        value = getattr(settings, key)
        if (value or key in needed) and not _URL.fullmatch(value):
            shown = conceal_address(value)
            yield problem(key, f"'{shown}' is no URL", "write it like https://host/path")


def _project_refs(settings: Settings) -> Iterator[Problem]:
    for value in settings.project_refs:
        project = value.partition("=")[0]
        if not _PROJECT_REF.fullmatch(value):
            yield problem(
                "project_refs", f"'{value}'", "write project=ref, like nova=stable/2025.2"
            )
        elif project not in BRANCH_VARIABLES:
            yield problem(
                "project_refs",
                f"DevStack takes no ref of '{project}'",
                f"name one of {', '.join(BRANCH_VARIABLES)}",
            )


def _pair(settings: Settings) -> Iterator[Problem]:
    if settings.release not in RELEASES:
        yield problem(
            "release",
            f"'{settings.release}' is not supported",
            f"use {', '.join(RELEASES)}",
        )
        return
    platform = PLATFORMS.get(settings.operating_system)
    if platform and settings.release not in platform.releases:
        fitting = ", ".join(platform.releases)
        systems = ", ".join(name for name, p in PLATFORMS.items() if settings.release in p.releases)
        yield problem(
            "release",
            f"'{settings.release}' does not run on {settings.operating_system}",
            f"use release {fitting} with it, or one of {systems} with {settings.release}",
        )
