"""Inherited: filter the user's environment for the programs that we start.

Many programs read variables as options, which would silently change what we start: PIP_USER decides
where pip installs, GIT_DIR which repository git uses, PULUMI_OPTION_PARALLEL what the engine does.
One table lists the variables that are dropped, and the exceptions that a machine may need: package
indexes, certificates, proxies, a Pulumi backend. The E2E suite belongs to the user, so it gets
everything except `NOT_FOR_THE_SUITE`.

`python -I host/inherited.py COMMAND...` runs a command without these variables, for scripts that
run before the job's packages are installed. Without a command it prints their names, for make. So
this module imports nothing of ours.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Dropped variables, as shell patterns."""

    whose: str
    names: Sequence[str]
    why: str
    kept: Sequence[str] = ()
    """Exceptions, which are passed on."""

    def takes(self, name: str) -> bool:
        """Tell whether a variable is dropped."""
        return _fits(name, self.names) and not _fits(name, self.kept)


RULES = (
    Rule(
        whose="pip",
        names=("PIP_*",),
        why="they change what pip installs, and where",
        kept=(
            *("PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"),
            *("PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY"),
            *("PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_RETRIES", "PIP_*TIMEOUT"),
            *("PIP_KEYRING_PROVIDER", "PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK"),
        ),
    ),
    Rule(
        whose="Python",
        # PYTHON alone is ours.
        names=("PYTHON?*", "VIRTUAL_ENV*", "__PYVENV_LAUNCHER__"),
        why="they select other packages, or turn warnings into errors",
        kept=(
            *("PYTHONDONTWRITEBYTECODE", "PYTHONFAULTHANDLER"),
            *("PYTHONPYCACHEPREFIX", "PYTHONUNBUFFERED"),
        ),
    ),
    Rule(
        whose="git",
        names=("GIT_*",),
        why="they select another repository, configuration or account",
        kept=("GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
    ),
    Rule(
        whose="ssh and sshuttle",
        names=("SSH_AGENT_PID", "SSH_ASKPASS*", "SSH_AUTH_SOCK", "SSH_SK_*", "SSHUTTLE_ARGS"),
        why="the nodes accept the stack's own key only",
    ),
    Rule(
        whose="Pulumi",
        names=("PULUMI_*",),
        why="they are options of the engine, or the configuration of another stack",
        kept=(
            *("PULUMI_HOME", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"),
            *("PULUMI_CREDENTIALS_PATH", "PULUMI_CONFIG_PASSPHRASE*", "PULUMI_GCP_*"),
            *("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "PULUMI_SKIP_UPDATE_CHECK"),
            "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES",
        ),
    ),
    Rule(
        whose="make",
        names=("GNUMAKEFLAGS", "MAKE*FLAGS", "MAKEFILES", "MAKELEVEL", "MAKE_TERM*", "MFLAGS"),
        why="they come from a make that called us; with its `-n` nothing would run",
    ),
    Rule(
        whose="Go's compiler",
        names=(
            *("CGO_*", "GO111MODULE", "GO386", "GOAMD64", "GOARCH", "GOARM*", "GOBIN"),
            *("GOEXPERIMENT", "GOFLAGS", "GOOS", "GOWORK"),
        ),
        why="they change the built program, or build it for another machine",
    ),
    Rule(
        whose="shells and their tools",
        names=(
            *("BASH_ENV", "BASH_FUNC_*", "BASHOPTS", "CDPATH", "ENV", "GLOBIGNORE", "SHELLOPTS"),
            *("GREP_OPTIONS", "GZIP", "PERL5LIB", "PERL5OPT", "PERLLIB", "POSIXLY_CORRECT"),
            "TAR_OPTIONS",
        ),
        why="they run a program before each script, or change the meaning of a command",
    ),
    Rule(
        whose="the locale",
        names=("LANG", "LANGUAGE", "LC_*"),
        why="messages of other programs are parsed, in English",
    ),
    Rule(
        whose="the checks",
        names=("MYPYPATH", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "SHELLCHECK_OPTS"),
        why="they change the result of a check",
    ),
)
NOT_FOR_THE_SUITE = (
    Rule(whose="OpenStack's clients", names=("OS_*",), why="they select another cloud"),
    Rule(whose="Pulumi", names=("PULUMI_*",), why="they may contain a passphrase"),
    next(rule for rule in RULES if rule.whose == "make"),
)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
_NEAR = ("localhost", "127.0.0.1", "::1")


def ours(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the programs that we start.

    NO_PROXY gains the loopback addresses, which gRPC for Python would reach through a proxy.
    """
    kept = _without(RULES, environ)
    if any(name.lower() in _PROXIES for name in kept):
        spared = kept.get("no_proxy") or kept.get("NO_PROXY") or ""
        if spared != "*":
            hosts = [host for host in spared.split(",") if host]
            both = ",".join([*hosts, *(host for host in _NEAR if host not in hosts)])
            kept |= {"no_proxy": both, "NO_PROXY": both}
    return kept


def suites(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the E2E suite."""
    return _without(NOT_FOR_THE_SUITE, environ)


def leave_behind() -> dict[str, str]:
    """Reduce the environment of this process to `ours`, and return the original."""
    person = dict(os.environ)
    kept = ours(person)
    os.environ.clear()
    os.environ.update(kept)
    return person


def main(command: Sequence[str]) -> None:
    """Exec the command, or print the names of the dropped variables."""
    kept = ours(os.environ)
    if command:
        os.execvpe(command[0], list(command), kept)  # noqa: S606 - there is no shell
    print(*(name for name in os.environ if name not in kept))


def _without(rules: Sequence[Rule], environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if not any(rule.takes(name) for rule in rules)
    }


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


if __name__ == "__main__":
    main(sys.argv[1:])
