"""Operations: get and wait of zone, region and global operations."""

from localcloud.compute_api import errors, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.operations import Operation

# Seconds after which the service answers a wait request, whatever the operation's status is.
LONGEST_WAIT_S = 120.0


def _find(cloud: Cloud, call: Call) -> Operation:
    path = links.join(call.project, call.scope, "operations", call.params["operation"])
    operation = cloud.operations.find(path)
    if operation is None:
        raise errors.not_found(path)
    return operation


def get(cloud: Cloud, call: Call) -> Json:
    return _find(cloud, call).body()


def wait(cloud: Cloud, call: Call) -> Json:
    """Return an operation as soon as it is DONE, or after two minutes in its present status."""
    operation = _find(cloud, call)

    def done() -> bool:
        cloud.operations.advance()
        return operation.status == "DONE"

    remaining_s = operation.ends - cloud.clock.now()
    # Waiting on the condition releases the lock, so other requests are served meanwhile.
    cloud.changed.wait_for(done, timeout=max(0.0, min(remaining_s, LONGEST_WAIT_S)))
    return operation.body()


METHODS = {
    f"{kind}Operations.{verb}": handler
    for kind in ("zone", "region", "global")
    for verb, handler in (("get", get), ("wait", wait))
}
