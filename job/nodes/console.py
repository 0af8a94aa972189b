"""Console: read an instance's serial console from Compute Engine."""

from collections.abc import Mapping
from typing import Any

from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud.compute import ask, connect
from job.cloud.place import Place
from job.nodes.ssh import Role


def read(outputs: Mapping[str, Any], place: Place, role: Role, patience_s: float) -> str:
    """Return the console's text, of which the API keeps the last MiB. Raises JobError."""
    zone, instance = outputs["zones"][role], outputs["instances"][role]
    instances = connect(place).instances()
    request = instances.getSerialPortOutput(
        project=outputs["project"], zone=zone, instance=instance
    )
    try:
        text: str = ask(request, patience_s=patience_s)["contents"]
    except HttpError as error:
        raise JobError(f"console: {instance} in {zone}: {error.reason}") from None
    return text
