"""State: read the state of a stack from Pulumi."""

import json
from contextlib import suppress
from typing import Any

from host.errors import JobError
from job.cloud.engine.pulumi import Pulumi
from job.redaction import sources
from job.redaction.known import SECRETS


def is_there(pulumi: Pulumi) -> bool:
    """Tell whether the backend has the stack. Raises JobError if it does not answer."""
    answer = pulumi.ask("stack ls", "--json")
    # Pulumi Cloud prefixes names with the organization.
    names = {entry["name"].rpartition("/")[2] for entry in json.loads(answer)}
    return pulumi.stack.name in names


def resources(pulumi: Pulumi) -> list[dict[str, Any]]:
    """Return the resources in the stack's state. Raises JobError if it cannot be read."""
    deployment = export(pulumi)["deployment"] or {}
    found: list[dict[str, Any]] = deployment.get("resources") or []
    return found


def export(pulumi: Pulumi) -> dict[str, Any]:
    """Export the stack's state. Raises JobError if it cannot be read."""
    answer = pulumi.ask("stack export", "--stack", pulumi.stack.name)
    try:
        document: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        raise JobError(
            f"state: stack {pulumi.stack.name} has none that is whole: {error}"
        ) from None
    return document


def learn_settings(pulumi: Pulumi) -> None:
    """Decrypt encrypted settings and mask them from now on."""
    if '"secure"' in json.dumps(pulumi.stack.configuration, default=str):
        name = pulumi.stack.name
        answer = pulumi.ask("config", "--json", "--show-secrets", "--stack", name)
        SECRETS.learn(sources.of_decrypted(json.loads(answer)))


def learn_secrets(pulumi: Pulumi) -> None:
    """Mask the secrets in the stack's state from now on.

    An unreadable state is no error here: a teardown must go on without it.
    """
    with suppress(JobError, ValueError):
        state = pulumi.ask("stack export", "--show-secrets", "--stack", pulumi.stack.name)
        SECRETS.learn(sources.of_state(json.loads(state)))
    pulumi.ending.check()
