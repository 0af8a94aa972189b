"""Refusal: a failure in Google Cloud's own words, and its class.

The class is set only if status, reason or message leave no doubt: a transient HTTP status, an
organisation policy, a quota, an invalid request. Everything else is `unknown`: people retry an
"outage" and do not retry a "configuration", so a wrong class costs them a run.
"""

import re
from dataclasses import dataclass

from host.errors import Kind

PASSING_STATUSES = {429, 500, 502, 503, 504}
RATE_LIMITS = {"rateLimitExceeded", "userRateLimitExceeded"}
_PASSING_REASONS = RATE_LIMITS | {"operationInProgress", "resourceNotReady"}
# Messages of failed operations and broken connections, which have no status.
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
_IMAGE = re.compile(
    r"/global/images/[\w.-]+' (?:was not found|is not ready)"
    r"|Invalid value for field 'resource\.disks\[\d+\]\.initializeParams\.sourceImage'"
    r"|Required 'compute\.images\.\w+' permission"
)
_FIELD = re.compile(r"Invalid value for field '[^']*': '(?P<value>[^']*)'\. (?P<why>.+)")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A refused request or a failed operation."""

    message: str
    """Google Cloud's message, on one line."""
    status: int = 0
    """HTTP status; 0 for a failed operation, or without an answer."""
    reason: str = ""
    """Google Cloud's reason, such as conditionNotMet, or empty."""

    @property
    def zone_is_full(self) -> bool:
        """Tell whether the zone lacks capacity."""
        return bool(_FULL.search(f"{self.reason} {self.message}"))

    @property
    def zone_lacks_it(self) -> bool:
        """Tell whether the zone lacks a machine type, CPU platform or disk type."""
        return self.status in {0, 400, 404} and bool(_LACKING.search(self.message))

    @property
    def is_of_zone(self) -> bool:
        """Tell whether another zone may succeed."""
        return self.zone_is_full or self.zone_lacks_it

    @property
    def is_of_image(self) -> bool:
        """Tell whether the boot disk's image is missing, or not open to the account."""
        return bool(_IMAGE.search(self.message))

    @property
    def kind(self) -> Kind:
        """The class of the failure; `unknown` in doubt."""
        text = f"{self.reason} {self.message}"
        passes = self.status in PASSING_STATUSES or self.reason in _PASSING_REASONS
        wrong = self.status in {401, 403} or self.reason.startswith(_WRONG_REQUEST)
        # The order matters: a full zone may answer 503, and a quota or a rate limit 403.
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
        """Remove the field and the path of a value that the message repeats."""
        match = _FIELD.match(self.message)
        if not match:
            return self.message.rstrip(".")
        name, why = match["value"].rpartition("/")[2], match["why"].rstrip(".")
        return why if name.lower() in why.lower() else f"'{name}': {why}"

    @property
    def code(self) -> str:
        """Return status and reason, as far as present."""
        return " ".join(filter(None, (str(self.status or ""), self.reason)))

    def __str__(self) -> str:
        """Return the message, preceded by status and reason."""
        return f"{self.code}: {self.message}" if self.code else self.message
