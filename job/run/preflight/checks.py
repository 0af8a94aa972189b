"""Checks: run all checks before a project is leased, then those of the project.

They run in parallel, each within a time limit. A failing check never hides another one's findings.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

from host.ending import Ending
from host.errors import JobError
from job.cloud import compute
from job.cloud.credentials import UnjudgedError
from job.cloud.place import Place
from job.run.preflight import baked_images, cgroups, identity, images, overlaps, quotas, refs, tools
from job.run.preflight.findings import Report
from stacks import configuration
from stacks.devstack_services import runs
from stacks.settings import Settings

_LOOK_S = 0.1


def before_lease(
    settings: Settings,
    environ: Mapping[str, str],
    place: Place,
    ending: Ending,
    *,
    for_tests: Sequence[Callable[[], Report]] | None,
) -> Report:
    """Run the checks that need no project. Of `place`, only the access to the API is used.

    `for_tests` are the caller's additional checks; None if the suite will not run. Raises the
    reason if the run is told to end.
    """
    checks: list[Callable[[], Report]] = [
        partial(identity.usable, place),
        partial(tools.check, environ, ending),
        partial(refs.check, settings, environ, ending),
        partial(images.check, _image_urls(settings), ending.wait),
    ]
    if for_tests is not None:
        checks += [
            partial(tools.check_for_tests, environ, ending),
            partial(overlaps.check, settings, environ, ending),
            cgroups.check,
            *for_tests,
        ]
    report = Report(warnings=list(configuration.warnings(settings)))
    for each in _all(checks, ending):
        report.add(each)
    return report


def of_project(settings: Settings, place: Place, ending: Ending, *, present: bool) -> Report:
    """Check access to the project, its quotas, and access to baked images.

    `present`: the stack already has resources there, which count as used.
    """
    get = partial(compute.ask, sleep=ending.wait)
    try:
        client = compute.connect(place)
    except UnjudgedError:
        return Report(warnings=["project: neither it nor its quotas can be looked at from here"])
    except JobError as error:
        return Report(problems=[str(error)])
    try:
        project = identity.project(client, place, get)
        region = quotas.region(client, settings, get)
        images = baked_images.check(client, settings, get)
    except JobError as error:
        ending.check()
        return Report.of(error)
    report = quotas.compare(settings, project, region, present=present)
    report.add(images)
    return report


def _image_urls(settings: Settings) -> dict[str, str]:
    """Return the URLs that the nodes will download, by setting."""
    smoke = settings.smoke_test_image_url if settings.smoke_test else ""
    amphora = settings.amphora_image_url if runs(settings, "octavia") else ""
    wanted = {
        "devstack:amphoraImageUrl": amphora,
        "devstack:smokeTestImageUrl": smoke,
    }
    return {key: url for key, url in wanted.items() if url}


def _all(checks: Sequence[Callable[[], Report]], ending: Ending) -> list[Report]:
    """Yield each check's report, in order. A check that raised yields a problem."""
    pool = ThreadPoolExecutor(len(checks))
    try:
        futures = [pool.submit(_found, check) for check in checks]
        while wait(futures, timeout=_LOOK_S).not_done:
            ending.check()
        ending.check()
        return [future.result() for future in futures]
    finally:
        # Do not wait: a check that still waits for a server times out soon and changes nothing.
        pool.shutdown(wait=False, cancel_futures=True)


def _found(check: Callable[[], Report]) -> Report:
    try:
        return check()
    except JobError as error:
        return Report.of(error)
