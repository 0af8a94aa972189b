"""Checks: all that are made before a project is leased, and those of the project.

They run side by side, and what one finds never hides what another would. Each is bounded in time.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING

from host.ending import Ending
from host.errors import JobError
from job.cloud import compute
from job.cloud.compute import Place
from job.cloud.credentials import UnjudgedError
from job.run.preflight import cgroups, identity, images, overlaps, quotas, refs, tools
from job.run.preflight.findings import Report
from stacks.devstack_services import runs

if TYPE_CHECKING:
    from stacks.settings import Settings

_LOOK_S = 0.1


def before_lease(
    settings: "Settings",
    environ: Mapping[str, str],
    place: Place,
    ending: Ending,
    *,
    for_tests: Sequence[Callable[[], Report]] | None,
) -> Report:
    """What needs no project; of `place`, how its API is reached.

    `for_tests` are the caller's own checks for the suite; None if the suite will not run. Raises
    the reason if the run is to end meanwhile.
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
    report = Report(warnings=list(settings.warnings))
    for each in _all(checks, ending):
        report.add(each)
    return report


def of_project(settings: "Settings", place: Place, ending: Ending, *, present: bool) -> Report:
    """Whether we may work in the project, and whether its quotas suffice.

    `present`: the stack has resources there already, which count as used.
    """
    get = partial(compute.ask, sleep=ending.wait)
    try:
        client = compute.connect(place)
    except UnjudgedError:
        return Report(warnings=["project: neither it nor its quotas can be looked at from here"])
    except JobError as error:
        return Report(problems=[str(error)])
    try:
        project, report = identity.project(client, place, get)
        if report.problems:
            return report
        region, report = quotas.region(client, settings, get)
        if report.problems:
            return report
    except JobError as error:
        ending.check()
        return Report.of(error)
    return quotas.compare(settings, project, region, present=present)


def _image_urls(settings: "Settings") -> dict[str, str]:
    """What the nodes will fetch, by the key that names it."""
    smoke = settings.smoke_test_image_url if settings.smoke_test else ""
    amphora = settings.amphora_image_url if runs(settings, "octavia") else ""
    wanted = {
        "devstack:amphoraImageUrl": amphora,
        "devstack:smokeTestImageUrl": smoke,
    }
    return {key: url for key, url in wanted.items() if url}


def _all(checks: Sequence[Callable[[], Report]], ending: Ending) -> list[Report]:
    """What each found, in order; one that could not be made has a problem."""
    pool = ThreadPoolExecutor(len(checks))
    try:
        futures = [pool.submit(_found, check) for check in checks]
        while wait(futures, timeout=_LOOK_S).not_done:
            ending.check()
        ending.check()
        return [future.result() for future in futures]
    finally:
        # Those that wait for a server end by themselves, soon, and change nothing.
        pool.shutdown(wait=False, cancel_futures=True)


def _found(check: Callable[[], Report]) -> Report:
    try:
        return check()
    except JobError as error:
        return Report.of(error)
