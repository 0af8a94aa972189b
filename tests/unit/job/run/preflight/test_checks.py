"""Checks: all run at once, report independently, and stop when the run ends."""

import threading

import pytest

from host.errors import JobError, RefusedError
from job.run.preflight import checks
from job.run.preflight.findings import Report
from stacks import configuration
from tests.patience import FOREVER_S, PATIENCE_S

PARTS = (
    (checks.identity, "usable"),
    (checks.tools, "check"),
    (checks.refs, "check"),
    (checks.images, "check"),
    (checks.tools, "check_for_tests"),
    (checks.overlaps, "check"),
    (checks.cgroups, "check"),
)


@pytest.fixture
def found(monkeypatch):
    """Set the result of each check, by its index in PARTS."""

    def tell(**by_number):
        for number, (module, name) in enumerate(PARTS):
            outcome = by_number.get(f"n{number}", Report())

            def check(*_args, outcome=outcome, **_options):
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome() if callable(outcome) else outcome

            monkeypatch.setattr(module, name, check)

    return tell


@pytest.fixture
def before_lease(settings, place, ending):
    return lambda **options: checks.before_lease(
        settings, {}, place, ending, **({"for_tests": ()} | options)
    )


def test_everything_is_told_in_a_fixed_order(found, before_lease):
    """A check that fails with an error does not hide the others."""
    found(
        n0=JobError("credentials: none"),
        n2=Report(problems=["refs"], warnings=["w2"], facts={"a": 1}),
        n5=Report(problems=["overlap"], warnings=["w5"], facts={"b": 2}),
    )
    report = before_lease()

    assert report.problems == ["credentials: none", "refs", "overlap"]
    assert report.warnings == ["w2", "w5"]
    assert report.facts == {"a": 1, "b": 2}
    with pytest.raises(RefusedError) as raised:
        report.raise_for_problems()
    assert str(raised.value).splitlines() == report.problems
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (["infrastructure"], "infrastructure"),
        (["unknown", "infrastructure"], "unknown"),
        (["infrastructure", "configuration"], "configuration"),
        (["configuration", "infrastructure"], "configuration"),
    ],
)
def test_an_outage_is_a_configuration_only_beside_one(found, before_lease, kinds, kind):
    """A second run may succeed unless the configuration is wrong, too."""
    reports = [Report.of(JobError(f"no {number}", kind=each)) for number, each in enumerate(kinds)]
    found(**{f"n{number}": report for number, report in enumerate(reports, start=2)})
    with pytest.raises(RefusedError) as raised:
        before_lease().raise_for_problems()

    assert raised.value.kind == kind


def test_no_problem_no_error(found, before_lease):
    found()
    before_lease().raise_for_problems()


def test_the_suites_needs_are_left_out_without_it(found, before_lease):
    found(n4=Report(problems=["no docker"]), n5=Report(problems=["overlap"]))

    assert before_lease(for_tests=None).problems == []


def test_checks_of_the_callers_are_made_with_the_suites(found, before_lease):
    found()
    own = Report(problems=["no target"])

    assert before_lease(for_tests=[lambda: own]).problems == ["no target"]


def test_the_configurations_own_warnings_are_told(found, make_settings, place, ending):
    found()
    settings = make_settings(operatingSystem="debian-12")
    report = checks.before_lease(settings, {}, place, ending, for_tests=None)

    assert report.warnings == list(configuration.warnings(settings)) != []


def test_they_run_side_by_side(found, before_lease):
    """Each check waits until all others have started."""
    barrier = threading.Barrier(len(PARTS), timeout=PATIENCE_S)

    def meet():
        barrier.wait()
        return Report()

    found(**{f"n{number}": meet for number in range(len(PARTS))})

    assert before_lease().problems == []


def test_a_run_that_ends_does_not_wait_for_them(found, before_lease, ending):
    over = threading.Event()

    def slow():
        ending.ask(JobError("ended"))
        over.wait(FOREVER_S)
        return Report()

    found(n2=slow)
    with pytest.raises(JobError, match="ended"):
        before_lease()
    over.set()


def test_a_bug_in_a_check_is_not_hidden(found, before_lease):
    found(n1=ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        before_lease()


def test_an_image_that_devstack_builds_is_not_looked_for(
    monkeypatch, found, make_settings, place, ending
):
    found()
    asked = []
    monkeypatch.setattr(checks.images, "check", lambda urls, _: asked.append(urls) or Report())
    checks.before_lease(make_settings(amphoraImageUrl=""), {}, place, ending, for_tests=None)

    assert asked == [{}]


def test_the_image_of_load_balancers_is_not_looked_for_without_them(make_settings):
    octavia = '["octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da"]'

    assert checks._image_urls(make_settings(disabledServices=octavia)) == {}
    assert "devstack:amphoraImageUrl" in checks._image_urls(make_settings())


def test_the_image_of_a_smoke_test_is_looked_for_if_there_is_to_be_one(make_settings):
    assert "devstack:smokeTestImageUrl" in checks._image_urls(make_settings(smokeTest="true"))
    assert "devstack:smokeTestImageUrl" not in checks._image_urls(make_settings())


def of_project(settings, place, ending):
    return checks.of_project(settings, place, ending, present=False)


def test_a_project_is_looked_at_as_a_whole(api, settings, place, ending):
    api.set_quota("capo", "NETWORKS", 0)
    api.set_quota("capo", "N2_CPUS", 20, "us-east4")
    lines = of_project(settings, place, ending).problems

    assert [line.partition(":")[0] for line in lines] == ["quota NETWORKS", "quota N2_CPUS"]


def test_a_project_that_is_closed_is_told_once(api, settings, place, ending):
    api.refuse_project("capo", 403)

    assert len(of_project(settings, place, ending).problems) == 1
    assert "compute.regions.get" not in {each["method"] for each in api.requests("capo")}


def test_an_api_that_is_limiting_us_when_the_run_ends_is_not_waited_for(
    api, settings, place, ending
):
    api.rate_limit(60)
    ending.ask(JobError("ended"))

    with pytest.raises(JobError, match=r"^ended$"):
        of_project(settings, place, ending)
