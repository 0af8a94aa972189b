"""Console: what an instance wrote to its serial port, as Compute Engine recorded it."""

from googleapiclient.errors import HttpError

from host.errors import JobError
from job.cloud.compute import Place, ask, connect


def read(place: Place, *, project: str, zone: str, instance: str, patience_s: float) -> str:
    """The text, of which the API keeps the last MiB. Raises JobError."""
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
