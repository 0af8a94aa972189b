"""State: what Pulumi knows of a stack."""

import json
from typing import Any

from job.pulumi import Pulumi


def is_there(pulumi: Pulumi) -> bool:
    """Whether the backend has the stack. Raises JobError if it does not say."""
    answer = pulumi.ask("stack ls", "--json")
    # In Pulumi's own service a name may come with its organization.
    names = {entry["name"].rpartition("/")[2] for entry in json.loads(answer)}
    return pulumi.stack.name in names


def resources(pulumi: Pulumi) -> list[dict[str, Any]]:
    """The resources in the stack's state. Raises JobError if it cannot be read."""
    state = json.loads(pulumi.ask("stack export", "--stack", pulumi.stack.name))
    found: list[dict[str, Any]] = (state["deployment"] or {}).get("resources") or []
    return found
