"""Refs: check that the refs which the nodes check out exist.

OpenStack renames a branch at the end of a release's maintenance, and stack.sh would fail only after
half an hour. Repositories are queried anonymously, as by a node.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from host.ending import Ending
from host.processes import MISSING, Answer, Program, ask
from job.run.preflight.findings import Report
from stacks.concealment import conceal
from stacks.local_conf import plugins
from stacks.problems import key_of
from stacks.settings import Settings

_TIMEOUT_S = 30
_AT_ONCE = 8
_NOBODYS_HOME = "/nonexistent"
_COMMIT = re.compile(r"[0-9a-f]{40}")
# DevStack's own URLs for these; GIT_BASE does not change them.
_ELSEWHERE = {
    "ovn": "https://github.com/ovn-org/ovn.git",
    "ovs": "https://github.com/openvswitch/ovs.git",
    "novnc": "https://github.com/novnc/novnc.git",
}
# git's messages for a repository that does not exist or is not public.
_NO_REPOSITORY = re.compile(
    r"^fatal: (?:repository '.*' not found|could not read Username|Authentication failed)",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Needed:
    """A ref that the nodes check out, and its setting."""

    url: str
    ref: str
    key: str
    of_release: bool
    """Tell whether the release decides the ref, since the setting is empty."""

    @property
    def shown(self) -> str:
        """The URL without a mirror's password."""
        return conceal(self.url)


_Git = Callable[..., Answer]


def _git(environ: Mapping[str, str], ending: Ending, *arguments: str) -> Answer:
    """Run git without credentials and without prompts."""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "LC_ALL": "C"}
    # Ignore the user's .gitconfig, which may rewrite URLs, and the credentials in .netrc.
    quiet |= {"HOME": _NOBODYS_HOME, "XDG_CONFIG_HOME": _NOBODYS_HOME}
    command = ["git", "-c", "credential.helper=", *arguments]
    program = Program(command=command, environment={**environ, **quiet})
    return ask(program, ending, timeout_s=_TIMEOUT_S)


def check(settings: Settings, environ: Mapping[str, str], ending: Ending) -> Report:
    """Check the refs in each repository."""
    git = partial(_git, environ, ending)
    by_url: dict[str, list[Needed]] = defaultdict(list)
    for each in needed(settings):
        by_url[each.url].append(each)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(partial(git, "ls-remote", "--heads", "--tags"), by_url)
        listings = dict(zip(by_url, answers, strict=True))
    report = Report()
    silent: dict[str, str] = {}
    for url, answer in listings.items():
        if answer.code == MISSING:
            return Report(warnings=["git: it is not installed here; no ref was checked"])
        if not answer.code:
            for each in by_url[url]:
                report.add(_look(each, _refs(answer.output), git))
        elif _NO_REPOSITORY.search(answer.errors):
            report.problems.append(
                f"{_setting(by_url[url][0])}: there is no repository {conceal(url)} that everybody"
                " may read; mend devstack:gitBase or the ref"
            )
        else:
            silent.setdefault(_host(conceal(url)), conceal(answer.complaint))
    # A warning only: the nodes may reach a host that this machine cannot.
    report.warnings += [
        f"git: {host} cannot be asked from here ({reason}); its refs were not checked"
        for host, reason in silent.items()
    ]
    return report


def needed(settings: Settings) -> Iterator[Needed]:
    """Yield the refs that both nodes check out."""
    base = f"{settings.git_base}/openstack"
    devstack = settings.devstack_ref or f"stable/{settings.release}"
    of_release = [("devstack", f"{base}/devstack", devstack), *plugins(settings, "controller")]
    for name, url, ref in of_release:
        key = f"{name.replace('-', '_')}_ref"
        yield Needed(url=url, ref=ref, key=key, of_release=not getattr(settings, key))
    for name, ref, key in _by_name(settings):
        if f"{name.upper()}_REPO=" not in settings.local_conf_extra:
            url = _ELSEWHERE.get(name, f"{base}/{name}")
            yield Needed(url=url, ref=ref, key=key, of_release=False)


def _by_name(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield name, ref and setting of repositories that DevStack knows by name."""
    for pair in settings.project_refs:
        name, _, ref = pair.partition("=")
        yield name, ref, "project_refs"
    if settings.ovn_from_source:
        yield "ovn", settings.ovn_branch, "ovn_branch"
        yield "ovs", settings.ovs_branch, "ovs_branch"


def _look(needed: Needed, found: Mapping[str, str], git: _Git) -> Report:
    commit = found.get(f"refs/heads/{needed.ref}") or found.get(f"refs/tags/{needed.ref}")
    if not commit and needed.ref in found.values():
        commit = needed.ref
    if commit:
        return Report(facts={f"commit of {needed.ref}, {needed.shown}": commit})
    if _COMMIT.fullmatch(needed.ref) or needed.ref.startswith("refs/"):
        return _fetch(needed, git)
    return Report(problems=[_absent(needed, _remedy(needed, found))])


def _fetch(needed: Needed, git: _Git) -> Report:
    """Fetch a ref that a listing does not show: only the commit, if the server supports that."""
    with TemporaryDirectory() as folder:
        git("init", "--quiet", "--bare", folder)
        answer = git(
            f"--git-dir={folder}",
            *("fetch", "--quiet", "--depth=1", "--filter=tree:0"),
            *(needed.url, needed.ref),
        )
    if not answer.code:
        return Report()
    if "not our ref" in answer.errors or "couldn't find remote ref" in answer.errors:
        return Report(problems=[_absent(needed, "name one that it has")])
    warning = (
        f"{_setting(needed)}: whether {needed.shown} has '{needed.ref}' cannot be found out"
        f" ({conceal(answer.complaint)})"
    )
    return Report(warnings=[warning])


def _absent(needed: Needed, remedy: str) -> str:
    return f"{_setting(needed)}: {needed.shown} has no '{needed.ref}'; {remedy}"


def _refs(listing: str) -> dict[str, str]:
    """Parse commits by ref. An annotated tag is followed by a line with its commit."""
    pairs = [line.split("\t") for line in listing.splitlines()]
    return {name.removesuffix("^{}"): commit for commit, name in pairs}


def _setting(needed: Needed) -> str:
    return "devstack:release" if needed.of_release else key_of(needed.key)


def _remedy(needed: Needed, found: Mapping[str, str]) -> str:
    series = needed.ref.removeprefix("stable/")
    names = {name.split("/", 2)[2] for name in found}
    successor = next(filter(names.__contains__, (f"unmaintained/{series}", f"{series}-eol")), None)
    if successor:
        return f"it is '{successor}' now: set {key_of(needed.key)} to that, or take another release"
    return "name a branch, a tag or a whole commit that it has"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
