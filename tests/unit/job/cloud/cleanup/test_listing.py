"""Command: where `cleanup` searches, what it lists, and what it deletes with --yes."""

import time

import pytest

from job.cli import main
from job.cloud.cleanup import listing
from job.cloud.cleanup.removal import Survivor
from job.cloud.cleanup.search import Leftover
from job.cloud.kinds import FIREWALLS, IMAGES, INSTANCES, NETWORKS
from stacks.naming import Owner

NETWORK = Leftover(
    kind=NETWORKS,
    path="projects/p/global/networks/capo-e2e-ci",
    owner=Owner("capo-e2e", "ci"),
    created="2026-11-25T01:02:03.000-08:00",
)
RULE = Leftover(kind=FIREWALLS, path="projects/p/global/firewalls/scanner")
IMAGE = Leftover(kind=IMAGES, path="projects/p/global/images/half")


class Cloud:
    """A fake search: its results, and the place and scope that were searched."""

    def __init__(self):
        self.found, self.strange, self.survivors = [NETWORK], [], []
        self.place = self.scope = None
        self.swept = []


@pytest.fixture
def cloud(monkeypatch):
    """Replace cleanup's search and sweep by those of a fake cloud."""
    made = Cloud()

    def leftovers(place, scope):
        made.place, made.scope = place, scope
        return made.found

    def sweep(_place, scope, *, even_kept):
        made.swept.append((scope, even_kept))
        return made.survivors

    monkeypatch.setattr(listing, "Api", lambda place, *_: place)
    monkeypatch.setattr(listing, "leftovers", leftovers)
    monkeypatch.setattr(listing, "holders", lambda *_: made.strange)
    monkeypatch.setattr(listing, "sweep", sweep)
    return made


@pytest.fixture(autouse=True)
def _environment(environ, monkeypatch):
    for name in ("PULUMI_BACKEND_URL", "DEVSTACK_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def staged(cli):
    """A stack that was staged on this machine."""
    cli.answer("stack ls", stdout='[{"name": "organization/devstack/ci"}]')
    assert main(["preview", "--stack", "ci"]) == 0
    return "ci"


def test_without_yes_it_lists_and_removes_nothing(cloud, capsys):
    cloud.found.append(IMAGE)
    cloud.strange = [RULE]
    assert main(["cleanup", "--project", "p"]) == 0

    out = capsys.readouterr().out
    assert f"{NETWORK.path}  stack ci, created 2026-11-25T01:02:03.000-08:00\n" in out
    assert f"{RULE.path}  not ours, holds our network, created" in out
    assert f"{IMAGE.path}  an image that a bake failed to make, created" in out
    assert "job: these 3 in project p would be removed with --yes\n" in out
    assert cloud.swept == []


def test_a_project_is_searched_for_all_stacks_of_a_cluster_by_marks_alone(cloud):
    main(["cleanup", "--project", "p", "--yes"])

    assert cloud.place.project == "p"
    [(scope, even_kept)] = cloud.swept
    assert (scope.cluster, scope.stack, scope.by_name, even_kept) == ("capo-e2e", "", False, False)


def test_a_project_can_be_searched_for_one_stack_in_one_region(cloud):
    flags = ["--stack", "ci", "--cluster-name", "lab", "--region", "us-east1"]
    main(["cleanup", "--project", "p", *flags])

    scope = cloud.scope
    assert (scope.cluster, scope.stack, scope.region) == ("lab", "ci", "us-east1")
    assert not scope.by_name


def test_the_settings_say_where_the_api_is(cloud, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("config: {gcp:computeCustomEndpoint: 'http://127.0.0.1:9/'}\n")
    main(["cleanup", "--project", "p", "--settings", str(settings)])

    assert (cloud.place.project, cloud.place.endpoint) == ("p", "http://127.0.0.1:9/")


def test_a_stack_without_state_is_looked_for_by_its_settings(cloud, environ, tmp_path):
    """The search leaves no files on this machine."""
    main(["cleanup", "--stack", "ci", "--yes"])

    [(scope, _)] = cloud.swept
    assert (scope.stack, scope.by_name) == ("ci", True)
    assert not (tmp_path / "state").exists()
    assert environ["DEVSTACK_STATE_DIR"] == str(tmp_path / "state")


def test_a_stack_with_state_is_taken_down(cloud, staged, monkeypatch):
    taken = []
    monkeypatch.setattr(
        "job.commands.down", lambda pulumi, budget_s: taken.append((pulumi.stack.name, budget_s))
    )
    main(["cleanup", "--stack", staged, "--yes", "--budget", "60"])

    assert taken == [("ci", 60.0)]
    assert cloud.swept == []


def kept(until):
    return Leftover(kind=INSTANCES, path="projects/p/x", owner=NETWORK.owner, kept_until=until)


def test_what_is_kept_is_listed_and_not_removed(cloud, capsys):
    cloud.found = [kept(4102444800)]
    main(["cleanup", "--project", "p", "--yes"])

    out = capsys.readouterr().out
    assert "kept until 2100-01-01T00:00:00+00:00\n" in out
    assert "job: there is nothing to remove in project p\n" in out
    assert cloud.swept == []


def test_a_time_that_is_none_is_for_ever(cloud, capsys):
    cloud.found = [kept(float("inf"))]
    main(["cleanup", "--project", "p"])

    assert "kept for ever\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("until", "flags"),
    [(4102444800, ["--kept"]), (time.time() - 1, [])],
    ids=["insisted", "expired"],
)
def test_what_is_kept_no_longer_is_removed(cloud, until, flags):
    cloud.found = [kept(until)]
    main(["cleanup", "--project", "p", "--yes", *flags])

    [(_, even_kept)] = cloud.swept
    assert even_kept == bool(flags)


def test_what_stays_is_named_and_is_a_failure(cloud, capsys):
    cloud.survivors = [Survivor(NETWORK, "compute: it is in use")]

    assert main(["cleanup", "--project", "p", "--yes"]) == 1
    out, err = capsys.readouterr()
    assert f"job: left over: {NETWORK.path}: compute: it is in use\n" in out
    assert err == "cleanup: 1 could not be removed; run it again\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "cleanup: of what? name a stack with --stack or a project with --project"),
        (["--stack", "ci", "--region", "us-east1"], "--region go with --project"),
        (["--stack", "ci", "--cluster-name", "lab"], "--region go with --project"),
        (["--stack", "nowhere"], "--stack: there is no"),
    ],
    ids=["nothing", "region", "cluster", "settings"],
)
def test_what_makes_no_sense_is_refused(flags, said, capsys):
    assert main(["cleanup", *flags]) == 2
    assert said in capsys.readouterr().err
