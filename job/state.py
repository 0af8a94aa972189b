"""State: what Pulumi knows of a stack."""

import json
from typing import Any

from job.errors import JobError
from job.pulumi import Pulumi


def is_there(pulumi: Pulumi) -> bool:
    """Whether the backend has the stack. Raises JobError if it does not say."""
    answer = pulumi.ask("stack ls", "--json")
    # In Pulumi's own service a name may come with its organization.
    names = {entry["name"].rpartition("/")[2] for entry in json.loads(answer)}
    return pulumi.stack.name in names


def resources(pulumi: Pulumi) -> list[dict[str, Any]]:
    """The resources in the stack's state. Raises JobError if it cannot be read."""
    deployment = export(pulumi)["deployment"] or {}
    found: list[dict[str, Any]] = deployment.get("resources") or []
    return found


def export(pulumi: Pulumi) -> dict[str, Any]:
    """The stack's state as a document. Raises JobError if it cannot be read."""
    answer = pulumi.ask("stack export", "--stack", pulumi.stack.name)
    try:
        document: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        raise JobError(
            f"state: stack {pulumi.stack.name} has none that is whole: {error}"
        ) from None
    return document
