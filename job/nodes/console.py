"""Console: read an instance's serial console from Compute Engine."""

from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud.compute import ask, connect
from job.cloud.place import Place


def read(place: Place, *, project: str, zone: str, instance: str, patience_s: float) -> str:
    """Return the console's text, of which the API keeps the last MiB. Raises JobError."""
    request = (
        connect(place)
        .instances()
        .getSerialPortOutput(project=project, zone=zone, instance=instance)
    )
    try:
        text: str = ask(request, patience_s=patience_s)["contents"]
    except HttpError as error:
        raise JobError(f"console: {instance} in {zone}: {error.reason}") from None
    return text
