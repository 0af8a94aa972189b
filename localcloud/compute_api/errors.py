"""Errors: the refusals of Compute Engine, one constructor for each reason.

ApiError is the answer to a request; OperationError is the end of an operation that was accepted.
A constructor returns the error, and its caller raises it or gives it to an operation.
Statuses, reasons and texts are those that clients of the real service report, double spaces and odd
quotes included: clients and users compare them as text.
"""

from typing import Any

Json = dict[str, Any]

# The service quotes the expression in this form when it refuses a name.
NAME_REGEX = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """The refusal of a request: an HTTP status, a reason and Google's JSON body."""

    def __init__(self, code: int, reason: str, message: str, **extra: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.extra = extra
        self.details: list[Json] = []

    def body(self) -> Json:
        """Return the JSON of the answer: {"error": {"code", "message", "errors", ...}}."""
        entry = {"message": self.message, "domain": "global", "reason": self.reason, **self.extra}
        error: Json = {"code": self.code, "message": self.message, "errors": [entry]}
        # Google's API front end adds a canonical status to its refusals; Compute Engine's own rules
        # answer without one.
        if self.details or self.code in {401, 403, 501, 503} or self.reason == "badRequest":
            error["status"] = _STATUS.get(self.code, "UNKNOWN")
        if self.details:
            error["details"] = self.details
        return {"error": error}


class OperationError(Exception):
    """The failure of an operation whose request was accepted."""

    def __init__(self, http_status: int, http_message: str, code: str, message: str) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.http_message = http_message
        self.code = code
        self.message = message
        self.details: list[Json] = []

    def entry(self) -> Json:
        """Return the entry for the error.errors list of the operation."""
        entry: Json = {"code": self.code, "message": self.message}
        if self.details:
            entry["errorDetails"] = self.details
        return entry


def invalid(field: str, value: object, why: str) -> ApiError:
    """Refuse a field's value; `why` is a sentence."""
    return ApiError(400, "invalid", f"Invalid value for field '{field}': '{value}'. {why}")


def invalid_name(field: str, value: object) -> ApiError:
    """Refuse a name that is not an RFC 1035 label."""
    return invalid(field, value, f"Must be a match of regex '{NAME_REGEX}'")


def required(field: str) -> ApiError:
    """Refuse a body without a field that it must have."""
    return ApiError(400, "required", f"Required field '{field}' not specified")


def invalid_usage(what: str) -> ApiError:
    """Refuse a request that is well formed but contradicts itself or the resource."""
    return ApiError(400, "invalidResourceUsage", f"Invalid resource usage: '{what}'.")


def too_large(field: str, limit: int, size: int) -> ApiError:
    """Refuse a text that is longer than its field may be."""
    return ApiError(
        413,
        "fieldSizeTooLarge",
        f"Value for field '{field}' is too large: maximum size {limit} character(s); actual size"
        f" {size}.",
    )


def not_found(path: str) -> ApiError:
    """Refuse a path without a resource."""
    return ApiError(404, "notFound", f"The resource '{path}' was not found")


def already_exists(path: str) -> ApiError:
    """Refuse to create a resource whose path is taken."""
    return ApiError(409, "alreadyExists", f"The resource '{path}' already exists")


def not_ready(path: str) -> ApiError:
    """Refuse to use a resource that is still being created or deleted."""
    return ApiError(400, "resourceNotReady", f"The resource '{path}' is not ready")


def in_use(noun: str, path: str, user: str) -> ApiError:
    """Refuse to delete what another resource refers to."""
    return ApiError(400, "resourceInUseByAnotherResource", _in_use_text(noun, path, user))


def in_use_operation(noun: str, path: str, user: str) -> OperationError:
    """End a deletion that was accepted although another resource refers to its target."""
    return OperationError(
        400,
        "BAD REQUEST",
        "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
        _in_use_text(noun, path, user),
    )


def _in_use_text(noun: str, path: str, user: str) -> str:
    return f"The {noun} resource '{path}' is already being used by '{user}'"


def ip_in_use(address: str, *, reserving: bool = False) -> OperationError:
    """End the creation of an instance (400) or a reservation (409) of an IP in use."""
    status, reason = (409, "CONFLICT") if reserving else (400, "BAD REQUEST")
    text = f"IP '{address}' is already being used by another resource."
    return OperationError(status, reason, "IP_IN_USE_BY_ANOTHER_RESOURCE", text)


def quota_text(metric: str, limit: float, where: str) -> str:
    """Return the sentence that names the quota; `where` is "globally" or "in region R"."""
    return f"Quota '{metric}' exceeded.  Limit: {limit:.1f} {where}."


def quota_exceeded(metric: str, limit: float, where: str) -> ApiError:
    """Refuse a request that would exceed a quota."""
    return ApiError(403, "quotaExceeded", quota_text(metric, limit, where))


def quota_exceeded_operation(metric: str, limit: float, region: str | None) -> OperationError:
    """End an operation that would exceed a quota of a region, or (None) of the project."""
    where = f"in region {region}" if region else "globally"
    error = OperationError(403, "FORBIDDEN", "QUOTA_EXCEEDED", quota_text(metric, limit, where))
    scope = "region" if region else "project"
    error.details = [
        {
            "quotaInfo": {
                "metricName": f"compute.googleapis.com/{metric.lower()}",
                "limitName": f"{metric.replace('_', '-')}-per-project-{scope}",
                "dimensions": {"region": region} if region else {},
                "limit": limit,
            }
        }
    ]
    return error


def rate_limit_exceeded() -> ApiError:
    """Refuse a request of a client that made too many in a short time.

    The status is 403, as for a lack of permission; a client that retries has to look at the reason.
    """
    return ApiError(
        403,
        "rateLimitExceeded",
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service"
        " 'compute.googleapis.com'.",
        domain="usageLimits",
    )


def stale_fingerprint(message: str) -> ApiError:
    """Refuse a change that was computed from an older version of the resource, with 412."""
    return ApiError(412, "conditionNotMet", message, location="If-Match", locationType="header")


def unauthenticated() -> ApiError:
    """Refuse a request without acceptable credentials."""
    return ApiError(
        401,
        "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
        " cookie or other valid authentication credential. See"
        " https://developers.google.com/identity/sign-in/web/devconsole-project.",
        location="Authorization",
        locationType="header",
    )


def forbidden(permission: str, path: str) -> ApiError:
    """Refuse a request for which the caller lacks a permission."""
    return ApiError(403, "forbidden", f"Required '{permission}' permission for '{path}'")


def lacking(what: str) -> ApiError:
    """Refuse what the real service can do and the double cannot, with 501."""
    return ApiError(
        501, "notImplemented", f"{what} is not implemented by localcloud's double of Compute Engine"
    )


def bad_payload(field: str, message: str) -> ApiError:
    """Refuse JSON that does not fit the method's schema, as the API's front end does."""
    error = ApiError(400, "badRequest", message)
    error.details = [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": message}],
        }
    ]
    return error
