"""Main: the Compute API double as a program of its own, for a shell."""

import argparse
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path

from host.ending import EndedError, ended_by_signals
from localcloud.compute_api import admin, batch
from localcloud.compute_api.options import TEST_NET_3, Options
from localcloud.compute_api.server import ComputeApi

BANNER = "localcloud compute_api: a double of the Compute Engine API, not Google Cloud"

_EPILOG = f"""\
example:
  python -m localcloud.compute_api --port-file /tmp/port --latency instance=2 --latency default=0.5

clients:
  pulumi   gcp:computeCustomEndpoint http://127.0.0.1:PORT/compute/v1/ and
           gcp:accessToken /dev/null/any (or anything else that is not the name of a file)
  gcloud   CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=http://127.0.0.1:PORT/compute/v1/ and
           CLOUDSDK_AUTH_ACCESS_TOKEN_FILE=FILE with anything in it
Batches go to {batch.PATH}; controls of the double itself are under {admin.PREFIX}.
"""


def _latency(text: str) -> tuple[str, float]:
    key, _, seconds = text.partition("=")
    try:
        latency = key, float(seconds)
        Options.check_latency(dict([latency]))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form instance=2.0: {error}"
        ) from None
    return latency


def _loopback(text: str) -> str:
    try:
        return Options(host=text).host
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.compute_api",
        description=BANNER,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port, once it listens")
    parser.add_argument(
        "--latency",
        type=_latency,
        action="append",
        default=[],
        metavar="KIND=SECONDS",
        help="how long operations take: a kind (instance), a method (instances.delete) or default",
    )
    parser.add_argument(
        "--external-range",
        type=IPv4Network,
        default=TEST_NET_3,
        help="where external IPs are taken from (%(default)s)",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; write the port to --port-file once it listens."""
    given = _parse(arguments)
    print(BANNER, flush=True)
    options = Options(
        host=given.host,
        port=given.port,
        latency_s=dict(given.latency),
        external_range=given.external_range,
    )
    with ended_by_signals() as ending, ComputeApi(options) as api:
        print(f"listening on {api.url}", flush=True)
        if given.port_file:
            # A process that waits for the file may read it as soon as it exists, so it has to
            # appear with its contents.
            partial = given.port_file.with_suffix(".partial")
            partial.write_text(f"{api.port}\n", encoding="utf-8")
            partial.rename(given.port_file)
        with suppress(EndedError):
            ending.wait_for([])


if __name__ == "__main__":
    main()
