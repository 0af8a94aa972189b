"""Diagnosis: turn the output of a failed Pulumi command into one line with a remedy."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from host.errors import JobError, LockedError, NoRoomError, RefusedError
from job.cloud.engine.provider_messages import refusals
from job.cloud.engine.refusal import Refusal

_misconfigured = partial(JobError, kind="configuration")


@dataclass(frozen=True)
class _Case:
    pattern: str
    line: str
    error: Callable[[str], JobError] = _misconfigured


CREDENTIALS_REMEDY = (
    "run 'gcloud auth application-default login', or name a key file with"
    " GOOGLE_APPLICATION_CREDENTIALS"
)
_CASES = (
    _Case(
        r"incorrect passphrase|passphrase must be set",
        "passphrase: it is not the one that the stack was made with; set"
        " PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE to that one",
        RefusedError,
    ),
    _Case(
        r"(?:no resource plugin|download and install resource plugin)"
        r" '?(?:pulumi-resource-)?(?P<name>[\w-]+?)'? .*?at version v?(?P<version>[\d.]+\d)",
        "plugin: {name} {version} is not installed; run"
        " 'pulumi plugin install resource {name} {version}'",
    ),
    _Case(
        r"(?:unable to detect a project|project: required field is not set)",
        "project: none is named; set gcp:project in the stack's settings or GOOGLE_CLOUD_PROJECT",
        RefusedError,
    ),
    _Case(
        r"Error loading access token: (?P<reason>.*\S)",
        "gcp:accessToken: {reason}; the provider takes it (or GOOGLE_OAUTH_ACCESS_TOKEN) as a path"
        " if there is something of that name: name a readable file, or give the token itself",
        RefusedError,
    ),
    _Case(
        r"(?:error (?:loading|unmarshaling) credentials|JSON credentials are not valid)"
        r": (?P<reason>.*\S)",
        "gcp:credentials: {reason}; name a readable key file there (or in GOOGLE_CREDENTIALS), or"
        " give the key itself",
        RefusedError,
    ),
    _Case(
        r"could not find default credentials|No credentials loaded"
        r"|load application (?:default )?credentials|credentials: .*no such file",
        f"credentials: there are none for Google Cloud; {CREDENTIALS_REMEDY}",
    ),
    _Case(
        r"Error 401\b|invalid_grant|[Ii]nvalid (?:authentication )?[Cc]redentials",
        f"credentials: Google Cloud refuses them (401); {CREDENTIALS_REMEDY}",
    ),
    _Case(
        r"Error 403: Required '(?P<permission>[\w.]+)' permission for '(?P<target>[^']+)'",
        "credentials: the account lacks {permission} on {target}; give it a role that has it",
    ),
    _Case(
        r"Quota '(?P<metric>[\w.]+)' exceeded\.\s+Limit: (?P<limit>[\d.]+)"
        r"(?P<where> in \w+ [\w-]+)?",
        "quota: {metric} is limited to {limit}{where}, too little for this stack beside what is"
        " there already; free some, or ask Google Cloud for more",
        NoRoomError,
    ),
    _Case(
        r"Compute Engine API has not been used in project (?P<project>\S+)|accessNotConfigured",
        "project: its Compute Engine API is off; run 'gcloud services enable"
        " compute.googleapis.com'",
    ),
    _Case(
        r"(?:The resource 'projects/(?P<project>[^/']+)' was not found"
        r"|Permission denied on resource project (?P<denied>[\w-]+))",
        "project: {project}{denied} does not exist or is not open to this account; name another"
        " in gcp:project",
    ),
    _Case(
        # Not for quotas and organisation policies, which a role does not change.
        r"Error 403: (?P<reason>(?!.*(?:[Qq]uota|rateLimit|onstraints/|[Oo]rg\w* polic))"
        r"[^\n]*(?:permission|forbidden)[^\n]*)",
        "credentials: the account may not do this ({reason}); give it a role that may",
    ),
    _Case(
        r"the stack is currently locked by",
        "lock: another run works on this stack; wait for it to end",
        LockedError,
    ),
)
# A refused configuration: our own validation's lines, and those of Pulumi's schema.
_PROBLEM = re.compile(
    r"^\s*(?:error: )?(?:pulumi\.\w+: )?(?P<line>(?:devstack|gcp):\w+: .+; .+?)\s*$", re.MULTILINE
)
_SCHEMA = re.compile(r"configuration key '(?:devstack:)?(?P<key>\w+)' must be (?P<what>.+)")
# The heading of a resource, or an error below it. The CLI indents all lines of an error equally.
_PRINTED = re.compile(
    r"^ *(?P<type>[\w:/-]+) \((?P<name>[^()\n]+)\):$"
    r"|^(?P<indent>[ \t]*)error: (?P<text>.*\n?(?:(?P=indent)(?!error: |warning: ).*\n?)*)",
    re.MULTILINE,
)
# The engine's closing messages about the stack. They are no cause.
_STACK = "pulumi:pulumi:Stack"
_CLOSING = re.compile(
    r"(?:update|preview|destroy|refresh) failed|resource monitor has terminated.*", re.IGNORECASE
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TRACEBACK = "Traceback (most recent call last)"
_READ_ON = "the lines above have the details"


def diagnose(command: str, output: str) -> JobError:
    """Return the error that describes a failed command, from its output."""
    text = _COLOUR.sub("", output)
    problems = list(dict.fromkeys(match["line"] for match in _PROBLEM.finditer(text)))
    problems += [
        f"devstack:{match['key']}: it must be {match['what']}; docs/guide.md has every key"
        for match in _SCHEMA.finditer(text)
    ]
    if problems:
        return RefusedError("\n".join(problems))
    case = known(text)
    if case:
        if isinstance(case, LockedError):
            case.details = text
        return case
    failures = list(_failures(text))
    if not failures:
        return JobError(f"pulumi {command}: it failed: it printed no error; {_READ_ON}")
    return _told(command, min(failures, key=_Failure.rank))


@dataclass(frozen=True)
class _Failure:
    """The failure of a resource, or of "it" if the output names none."""

    name: str
    type: str
    refusal: Refusal

    def rank(self) -> tuple[bool, bool, bool]:
        """Rank: lower is nearer to the cause. A resource's failure comes first."""
        return (
            bool(_CLOSING.fullmatch(self.refusal.message)),
            self.type in {"", _STACK},
            self.refusal.is_of_zone,
        )


def _failures(text: str) -> Iterator[_Failure]:
    """Yield all failures in the order of the output."""
    name, kind = "it", ""
    for match in _PRINTED.finditer(text):
        if match["name"]:
            name, kind = match["name"], match["type"]
            continue
        for refusal in refusals(_without_traceback(match["text"])):
            yield _Failure(name, kind, refusal)


def _without_traceback(text: str) -> str:
    """Return first line and exception of a Python traceback."""
    lines = text.strip().splitlines()
    return f"{lines[0]} {lines[-1].strip()}" if _TRACEBACK in text else text


def _told(command: str, failure: _Failure) -> JobError:
    name, refusal = failure.name, failure.refusal
    text = f"pulumi {command}: {name} failed: {refusal.message}"
    if refusal.status:
        text = f"pulumi {command}: Google Cloud refuses {name} ({refusal.code}): {refusal.message}"
    remedy = "run it again later" if refusal.kind == "infrastructure" else _READ_ON
    return JobError(f"{text.rstrip('.')}; {remedy}", kind=refusal.kind)


def known(text: str) -> JobError | None:
    """Return the error for a known message, such as an API's answer, or None."""
    for case in _CASES:
        match = re.search(case.pattern, text)
        if match:
            named = {name: value or "" for name, value in match.groupdict().items()}
            error = case.error(case.line.format(**named))
            if isinstance(error, NoRoomError):
                error.metric = named["metric"]
            return error
    return None
