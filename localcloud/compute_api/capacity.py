"""Capacity: zones without room for instances, in each shape in which the service reports it.

The shapes differ in what a client does next. "operation" accepts the request and lets its operation
fail; "operation_with_details" does so too, with another code and more text. "insert" refuses the
request itself with 503, which pulumi-gcp retries for 20 minutes. Users report all three from Google
Cloud, so a job has to recognize each.
"""

from dataclasses import dataclass
from typing import Literal

from localcloud.compute_api import links
from localcloud.compute_api.errors import ApiError, OperationError

Shape = Literal["operation", "operation_with_details", "insert"]
SHAPES: tuple[Shape, ...] = ("operation", "operation_with_details", "insert")


@dataclass(frozen=True, kw_only=True)
class FullZone:
    """A zone that is full for one project, or (project None) for all; refuses unknown shapes."""

    zone: str
    shape: Shape = "operation"
    project: str | None = None

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"shape: {self.shape!r} is none of {', '.join(SHAPES)}")

    def at_insert(self, project: str) -> ApiError | None:
        """Return the refusal of an insert; None if the operation is to fail instead."""
        if self.shape != "insert":
            return None
        return ApiError(503, "ZONE_RESOURCE_POOL_EXHAUSTED", self._text(project))

    def in_operation(self, project: str, machine_type: str) -> OperationError | None:
        """Return the error of an insert's or start's operation; None for the shape "insert"."""
        if self.shape == "insert":
            return None
        details = self.shape == "operation_with_details"
        error = OperationError(
            503,
            "SERVICE UNAVAILABLE",
            "ZONE_RESOURCE_POOL_EXHAUSTED" + ("_WITH_DETAILS" if details else ""),
            self._text(project) + ("  '(resource type:compute)'." if details else ""),
        )
        error.details = [
            {
                "help": {
                    "links": [
                        {
                            "description": "Troubleshooting documentation",
                            "url": "https://cloud.google.com/compute/docs/resource-error",
                        }
                    ]
                }
            },
            {"localizedMessage": {"locale": "en-US", "message": self._advice(machine_type)}},
            {
                "errorInfo": {
                    "domain": "compute.googleapis.com",
                    "reason": "resource_availability",
                    "metadatas": {
                        "attachment": "",
                        "vmType": machine_type,
                        "zone": self.zone,
                        "zonesAvailable": "",
                    },
                }
            },
        ]
        return error

    def _text(self, project: str) -> str:
        zone = links.relative(f"projects/{project}/zones/{self.zone}")
        # With details, the advice is in the localized message only.
        text = f"The zone '{zone}' does not have enough resources available to fulfill the request."
        if self.shape != "operation_with_details":
            text += "  Try a different zone, or try again later."
        return text

    def _advice(self, machine_type: str) -> str:
        return (
            f"A {machine_type} VM instance is currently unavailable in the {self.zone} zone."
            " Alternatively, you can try your request again with a different VM hardware"
            " configuration or at a later time. For more information, see the troubleshooting"
            " documentation."
        )
