"""Refs: checked in real repositories with the real git, over file:// and HTTP on loopback."""

import functools
import json
import os
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from job.run.preflight import refs
from job.run.preflight.refs import needed
from tests.patience import FOREVER_S

RELEASE = "2025.2"
ABSENT = "1" * 40


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Run git in a folder, without this machine's configuration."""
    monkeypatch.setenv("HOME", str(tmp_path))
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")

    def run(folder, *arguments):
        command = ["git", "-C", folder, *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path, git):
    """Create openstack/NAME with refs; return its commits, oldest first."""

    def make(name, *names, commits=1):
        folder = tmp_path / "repositories/openstack" / name
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--initial-branch=trunk")
        for number in range(commits):
            git(folder, "commit", "--quiet", "--allow-empty", "--message", str(number))
        for ref in names:
            git(folder, "update-ref", f"refs/{ref}", "HEAD")
        return git(folder, "rev-list", "--reverse", "HEAD").split()

    return make


@pytest.fixture
def every(repository):
    """All repositories and refs that the default settings need."""
    return {
        name: repository(name, f"heads/stable/{RELEASE}")
        for name in ("devstack", "neutron", "octavia")
    }


@pytest.fixture
def check(make_settings, plain, ending, tmp_path):
    """Return the report for settings, with the test's repositories."""

    def look(base=f"file://{tmp_path}/repositories", environ=plain, **given):
        settings = make_settings(gitBase=base, ovnFromSource="false", **given)
        return refs.check(settings, environ, ending)

    return look


@pytest.fixture
def served(tmp_path):
    """The address of the repositories over HTTP."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=tmp_path / "repositories")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_the_default_configuration_needs(settings):
    assert {(each.url, each.ref) for each in needed(settings)} == {
        ("https://github.com/openstack/devstack", "stable/2025.2"),
        ("https://github.com/openstack/neutron", "stable/2025.2"),
        ("https://github.com/openstack/octavia", "stable/2025.2"),
        ("https://github.com/ovn-org/ovn.git", "branch-24.03"),
        ("https://github.com/openvswitch/ovs.git", "branch-3.3"),
    }


def test_settings_decide_what_is_needed(make_settings):
    settings = make_settings(
        horizon="true",
        octaviaDashboardRef="d1",
        ovnFromSource="false",
        gitBase="https://git.example",
        projectRefs=json.dumps(["nova=n1", "novnc=v1.3.0"]),
    )
    found = {each.url: each.ref for each in needed(settings)}

    assert found["https://git.example/openstack/octavia-dashboard"] == "d1"
    assert found["https://git.example/openstack/nova"] == "n1"
    assert found["https://github.com/novnc/novnc.git"] == "v1.3.0"
    assert not any("/ovn" in url or "/ovs" in url for url in found)


def test_a_repository_that_local_conf_replaces_is_not_asked(make_settings, tmp_path):
    extra = tmp_path / "extra"
    extra.write_text("OVN_REPO=https://git.example/ovn\n")
    urls = {each.url for each in needed(make_settings(localConfFile=str(extra)))}

    assert not any("ovn.git" in url for url in urls)
    assert any("ovs.git" in url for url in urls)


def test_refs_that_exist_pass_and_their_commits_are_noted(check, every):
    report = check()

    assert (report.problems, report.warnings) == ([], [])
    assert set(report.facts.values()) == {commits[-1] for commits in every.values()}


@pytest.mark.parametrize(
    ("kept", "name"),
    [
        ("heads/unmaintained/2025.2", "unmaintained/2025.2"),
        ("tags/2025.2-eol", "2025.2-eol"),
    ],
)
def test_a_branch_that_was_renamed_is_refused_with_its_new_name(check, repository, kept, name):
    """OpenStack renames a branch when its release is no longer maintained."""
    repository("devstack", kept)
    repository("neutron", "heads/stable/2025.2")
    repository("octavia", "heads/stable/2025.2")
    [problem] = check().problems

    assert problem.startswith("devstack:release: file:")
    assert problem.endswith(
        f"/openstack/devstack has no 'stable/2025.2'; it is '{name}' now: set devstack:devstackRef"
        " to that, or take another release"
    )


@pytest.mark.usefixtures("every")
def test_a_persons_configuration_does_not_count(check, tmp_path):
    """The nodes lack it. It may redirect to another host, or hold a person's credentials."""
    (tmp_path / ".gitconfig").write_text('[url "/nonexistent/"]\n\tinsteadOf = file://\n')

    assert check().warnings == check().problems == []


@pytest.mark.usefixtures("every")
def test_all_missing_refs_are_told_by_their_settings(check):
    report = check(neutronRef="nowhere", octaviaRef="neither")

    assert [line.partition(": ")[0] for line in report.problems] == [
        "devstack:neutronRef",
        "devstack:octaviaRef",
    ]
    assert "has no 'nowhere'; name a branch, a tag or a whole commit" in report.problems[0]


def test_tags_pass(check, every, git, tmp_path):
    folder = tmp_path / "repositories/openstack/devstack"
    git(folder, "tag", "--annotate", "--message", "m", "1.0")
    report = check(devstackRef="1.0")

    assert report.problems == []
    assert every["devstack"][-1] in report.facts.values()


@pytest.mark.usefixtures("every")
def test_a_commit_that_no_ref_shows_is_fetched(check, repository):
    commits = repository("nova", commits=3)
    report = check(projectRefs=json.dumps([f"nova={commits[0]}"]))

    assert (report.problems, report.warnings) == ([], [])


@pytest.mark.usefixtures("every")
def test_a_commit_that_is_not_there_is_refused(check):
    [problem] = check(devstackRef=ABSENT).problems

    assert problem.startswith("devstack:devstackRef: ")
    assert f"has no '{ABSENT}'" in problem


@pytest.mark.usefixtures("every")
def test_a_commit_that_cannot_be_asked_for_only_warns(check, git, served, tmp_path):
    """Some servers do not serve commits that no ref names."""
    for folder in (tmp_path / "repositories/openstack").iterdir():
        git(folder, "update-server-info")
        folder.rename(folder.with_name(f"{folder.name}-work"))
        (folder.with_name(f"{folder.name}-work") / ".git").rename(folder)
    report = check(base=served, devstackRef=ABSENT)

    assert report.problems == []
    assert "cannot be found out" in report.warnings[0]


def test_a_repository_that_is_not_there_is_refused(check, served):
    report = check(base=served)

    assert len(report.problems) == 3
    assert report.problems[0] == (
        f"devstack:release: there is no repository {served}/openstack/devstack that everybody may"
        " read; mend devstack:gitBase or the ref"
    )


def test_a_repository_that_asks_for_a_password_is_refused(check, web):
    """GitHub asks for one if the repository does not exist, and the nodes have none."""
    for name in ("devstack", "neutron", "octavia"):
        web.answers[f"/openstack/{name}/info/refs?service=git-upload-pack"] = [401]
    report = check(base=web.url)

    assert report.warnings == []
    assert [line.rpartition(" that everybody")[0] for line in report.problems] == [
        f"devstack:release: there is no repository {web.url}/openstack/{name}"
        for name in ("devstack", "neutron", "octavia")
    ]


def test_a_host_that_is_silent_is_one_warning(check):
    """The nodes may reach hosts that this machine cannot."""
    report = check(base="http://127.0.0.1:1")

    assert report.problems == []
    [warning] = report.warnings
    assert warning.startswith("git: http://127.0.0.1:1 cannot be asked from here (fatal: ")


def test_a_repository_of_another_machine_only_warns(check):
    report = check(base="file:///nonexistent")

    assert report.problems == []
    assert len(report.warnings) == 1


def test_without_git_there_is_one_warning(check, tmp_path):
    report = check(environ={"PATH": str(tmp_path)})

    assert report.problems == []
    assert report.warnings == ["git: it is not installed here; no ref was checked"]


def test_a_git_that_hangs_is_ended_in_time(check, program, monkeypatch):
    monkeypatch.setattr(refs, "_TIMEOUT_S", 0.5)
    report = check(environ={"PATH": str(program("git", f"exec /bin/sleep {FOREVER_S}"))})

    assert "no answer after" in report.warnings[0]


def test_nobody_is_asked_for_a_password(check, program, tmp_path):
    """A job has no person at its terminal, and a node no credentials."""
    folder = program("git", f"/usr/bin/env >> {tmp_path}/seen; echo $@ >> {tmp_path}/seen; exit 1")
    check(environ={"PATH": str(folder), "GIT_ASKPASS": "/bin/dialog"})
    seen = (tmp_path / "seen").read_text()

    assert "GIT_TERMINAL_PROMPT=0" in seen
    assert "GIT_ASKPASS=\n" in seen
    assert "-c credential.helper= ls-remote" in seen
    assert os.environ.get("GIT_ASKPASS") != "/bin/dialog"
