"""Pending operations: repair the state of a killed run.

A resource whose creation was requested is only a pending operation in the state, without an ID. The
program decides all names, so the ID is known. The resource is put into the state as created; a
refresh then reads it, or drops it if the request never arrived. The CLI's own
--import-pending-creates does not do that: it forgets the operation and adopts nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.state import export
from job.cloud.kinds import IMAGES, KINDS

# Formats of the provider's resource IDs.
_IDS = {kind.token: kind.resource_id for kind in (*KINDS, IMAGES)} | {
    "gcp:compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
}
State = dict[str, Any]


def reconcile(pulumi: Pulumi, limit_s: float | None = None) -> State:
    """Adopt pending creations and clear all pending operations. Return the deployment."""
    name = pulumi.stack.name
    document = export(pulumi)
    deployment: State = document["deployment"] or {}
    pending = deployment.get("pending_operations") or []
    if not pending:
        return deployment
    pulumi.tell(f"an earlier run was killed; reading back {len(pending)} operations")
    document["deployment"] = adopted(deployment, pulumi.stack.settings.project)
    with TemporaryDirectory(dir=pulumi.stack.folder) as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        pulumi.ask("stack import", "--stack", name, "--file", str(path))
    pulumi.run("refresh", "--yes", "--skip-preview", "--stack", name, timeout_s=limit_s)
    read_back: State = export(pulumi)["deployment"] or {}
    return read_back


def adopted(deployment: State, fallback_project: str) -> State:
    """Return the deployment with pending creations turned into resources."""
    resources = list(deployment.get("resources") or [])
    live = {resource["urn"] for resource in resources if not resource.get("delete")}
    providers = {
        f"{resource['urn']}::{resource.get('id')}": resource.get("inputs", {})
        for resource in resources
    }
    for operation in deployment["pending_operations"]:
        resource = operation["resource"]
        if operation["type"] != "creating" or resource["urn"] in live:
            continue
        provider = providers.get(resource.get("provider", ""), {})
        defaults = {"project": provider.get("project") or fallback_project}
        resource_id = _id_of(resource, defaults)
        if resource_id:
            resources.append({**resource, "id": resource_id})
    return {**deployment, "resources": resources, "pending_operations": []}


def _id_of(resource: State, defaults: Mapping[str, str]) -> str | None:
    """Return the resource's ID in the cloud; None for a type that is simply created again."""
    template = _IDS.get(resource["type"])
    return template and template.format(**{**defaults, **resource["inputs"]})
