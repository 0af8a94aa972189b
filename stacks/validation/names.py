"""Names: valid projects, prefixes, labels, zones and AZs."""

import re
from collections.abc import Iterator

from stacks.problems import Problem, problem
from stacks.settings import Settings

# Compute Engine's rule for resource names (RFC 1035), 63 characters at most.
_RESOURCE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_RESOURCE_NAME_LIMIT = 63
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_LABEL_KEY = re.compile(r"[a-z][-_a-z0-9]{0,62}")
_LABEL_VALUE = re.compile(r"[-_a-z0-9]{1,63}")
_LABEL_LIMIT = 64
# Nova rejects ':' in an AZ, and the suite passes names through YAML, shell and URLs.
_AZ = re.compile(r"[A-Za-z0-9][-._A-Za-z0-9]{0,254}")
_AZ_RESERVED = {"nova": "Nova's default AZ", "internal": "the AZ of Nova's own services"}


def check(settings: Settings) -> Iterator[Problem]:
    """Yield the problems."""
    if not settings.project:
        yield Problem(
            key="gcp:project",
            what="no Google Cloud project",
            remedy="set gcp:project in the stack's settings, or GOOGLE_CLOUD_PROJECT",
        )
    yield from _prefix(settings)
    yield from _labels(settings)
    yield from _places(settings)
    yield from _availability_zones(settings)


def _prefix(settings: Settings) -> Iterator[Problem]:
    prefix = settings.owner.network
    longest = max(len(name) for names in settings.owner.names().values() for name in names)
    if not _RESOURCE_NAME.fullmatch(prefix):
        yield problem(
            "cluster_name",
            f"'{prefix}' (cluster name, '-', stack name) is no name for a Compute Engine resource",
            "use lower-case letters, digits and '-' in both, a letter first",
        )
    if longest > _RESOURCE_NAME_LIMIT:
        limit = _RESOURCE_NAME_LIMIT - longest + len(prefix)
        yield problem(
            "cluster_name",
            f"'{prefix}' has {len(prefix)} characters",
            f"shorten cluster or stack name to {limit} with the '-' between them",
        )


def _labels(settings: Settings) -> Iterator[Problem]:
    remedy = "write key=value in lower-case letters, digits, '-' and '_', no empty value"
    seen = set()
    for label in settings.labels:
        key, _, value = label.partition("=")
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            yield problem("labels", f"'{label}' is no label", remedy)
        if key in seen or key.startswith("devstack-"):
            yield problem("labels", f"'{key}' is taken", "give each label a key of its own")
        seen.add(key)
    if len(settings.labels) + 2 > _LABEL_LIMIT:
        yield problem(
            "labels", f"{len(settings.labels)} labels", f"give {_LABEL_LIMIT - 2} at most"
        )


def _places(settings: Settings) -> Iterator[Problem]:
    if not _REGION.fullmatch(settings.region):
        yield problem("region", f"'{settings.region}' is no region", "write it like us-east4")
        return
    zone = re.compile(re.escape(settings.region) + "-[a-z]")
    remedy = f"name zones of {settings.region}, like {settings.region}-a"
    pinned = {f"{role}_zone": getattr(settings, f"{role}_zone") for role in settings.roles}
    if not settings.zones and not all(pinned.values()):
        yield problem("zones", "no zone", remedy)
    named = [*(("zones", name) for name in settings.zones), *pinned.items()]
    for key, name in named:
        if (name or key == "zones") and not zone.fullmatch(name):
            yield problem(key, f"'{name}' is no zone of region {settings.region}", remedy)


def _availability_zones(settings: Settings) -> Iterator[Problem]:
    keys = ("primary_az", "secondary_az")
    for key, name in zip(keys, settings.availability_zones, strict=False):
        if not _AZ.fullmatch(name):
            yield problem(
                key,
                f"'{name}' is no AZ name",
                "use letters, digits, '-', '_' and '.', like testaz1",
            )
        elif name in _AZ_RESERVED:
            yield problem(key, f"'{name}' is {_AZ_RESERVED[name]}", "choose another name")
    if settings.worker and settings.primary_az == settings.secondary_az:
        yield problem(
            "secondary_az",
            f"'{settings.secondary_az}' is the primary AZ too",
            "give the two AZs two names",
        )
