"""Refusal: one failure in Google Cloud's own words, and the class that they decide.

A refusal has a class only where Google Cloud's words leave no doubt: an HTTP status or a reason
that passes, an organisation's policy, a quota, a request that is wrong in itself. Everything else
is `unknown`, since a person who is told "outage" tries again, and one who is told "configuration"
does not.
"""

import re
from dataclasses import dataclass

from host.errors import Kind

PASSING_STATUSES = {429, 500, 502, 503, 504}
RATE_LIMITS = {"rateLimitExceeded", "userRateLimitExceeded"}
_PASSING_REASONS = RATE_LIMITS | {"operationInProgress", "resourceNotReady"}
# What a failed operation, or a connection that broke, says in place of a status.
_PASSING_TEXT = re.compile(
    r"internal error|try again later|please try again|temporarily unavailable"
    r"|connection (?:refused|reset)|TLS handshake timeout|i/o timeout|unexpected EOF",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"quotaExceeded|QUOTA_EXCEEDED|Quota '[^']*' exceeded")
_POLICY = re.compile(
    r"\b(?:constraints|customConstraints)/|\borg(?:anization)? polic", re.IGNORECASE
)
_WRONG_REQUEST = ("invalid", "required", "badRequest", "unsupported", "parse", "fieldSizeTooLarge")
_FULL = re.compile(
    r"ZONE_RESOURCE_POOL_EXHAUSTED|(?:does not have|currently not) enough resources available"
)
_LACKING = re.compile(
    r"(?:does not exist|unavailable|not available|not supported|not found|cannot be found)"
    r" in (?:the )?(?:requested |selected |specified )?zone"
    r"|/zones/[\w-]+/(?:machineTypes|diskTypes|acceleratorTypes)/[\w.-]+' was not found"
    r"|The referenced (?:machineType|diskType|acceleratorType) resource cannot be found"
)
_FIELD = re.compile(r"Invalid value for field '[^']*': '(?P<value>[^']*)'\. (?P<why>.+)")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One request that was refused, or one operation that failed."""

    message: str
    """Google Cloud's own, on one line."""
    status: int = 0
    """Of HTTP; 0 for a failed operation, or where no answer came."""
    reason: str = ""
    """Google Cloud's word, such as conditionNotMet, where it gave one."""

    @property
    def zone_is_full(self) -> bool:
        """Whether the zone has no room, so that another zone may have."""
        return bool(_FULL.search(f"{self.reason} {self.message}"))

    @property
    def zone_lacks_it(self) -> bool:
        """Whether the zone lacks a machine type or the like that another zone may have."""
        return self.status in {0, 400, 404} and bool(_LACKING.search(self.message))

    @property
    def is_of_zone(self) -> bool:
        """Whether another zone may do."""
        return self.zone_is_full or self.zone_lacks_it

    @property
    def kind(self) -> Kind:
        """The class of the failure; `unknown` unless Google Cloud's words decide it."""
        text = f"{self.reason} {self.message}"
        passes = self.status in PASSING_STATUSES or self.reason in _PASSING_REASONS
        wrong = self.status in {401, 403} or self.reason.startswith(_WRONG_REQUEST)
        # The first that holds: a full zone may be a 503, and a quota or a rate limit a 403.
        decisions: tuple[tuple[bool, Kind], ...] = (
            (bool(_POLICY.search(text)) or self.zone_lacks_it, "configuration"),
            (self.zone_is_full, "capacity"),
            (passes, "infrastructure"),
            (bool(_QUOTA.search(text)), "capacity"),
            (wrong, "configuration"),
            (not self.status and bool(_PASSING_TEXT.search(text)), "infrastructure"),
        )
        return next((kind for holds, kind in decisions if holds), "unknown")

    @property
    def gist(self) -> str:
        """The message without the field and the path of a value that it repeats."""
        match = _FIELD.match(self.message)
        if not match:
            return self.message.rstrip(".")
        name, why = match["value"].rpartition("/")[2], match["why"].rstrip(".")
        return why if name.lower() in why.lower() else f"'{name}': {why}"

    @property
    def code(self) -> str:
        """Status and reason, as far as there are any."""
        return " ".join(filter(None, (str(self.status or ""), self.reason)))

    def __str__(self) -> str:
        """The message, with status and reason in front."""
        return f"{self.code}: {self.message}" if self.code else self.message
