"""Boskos on the command line: what `python -m job boskos` takes."""

import argparse
import os
import shutil
from collections.abc import Mapping

from host.errors import RefusedError
from job.cloud.boskos.command import Request
from job.cloud.boskos.lease import Pace

_DESCRIPTION = """\
Lease a project, run COMMAND, release the project. COMMAND finds it in GCP_PROJECT,
GOOGLE_CLOUD_PROJECT and the like, and in BOSKOS_RESOURCE_NAME.
"""

_EXIT_CODES = f"""\
exits with the code of COMMAND, or
  2      the options were refused, or Boskos has no resources of TYPE
  {os.EX_UNAVAILABLE}     Boskos did not answer
  {os.EX_TEMPFAIL}     no project was free
  {os.EX_NOPERM}     the lease was lost; COMMAND was ended and its project is not to be touched
  128+N  signal N ended the run

example:
  python -m job boskos run --host boskos.test-pods.svc.cluster.local --wait 600 -- \\
    bash -c 'gcloud compute instances list --project "$GCP_PROJECT"'
"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give `boskos` its subcommand."""
    subparsers = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    run_parser = subparsers.add_parser(
        "run",
        help="run a command with a leased project",
        usage="%(prog)s [--host HOST] [--type TYPE] [--wait SECONDS] [--heartbeat SECONDS]"
        " -- COMMAND [ARGUMENT ...]",
        description=_DESCRIPTION,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run_parser.add_argument("--host", help="HOST or HOST:PORT ($BOSKOS_HOST)")
    run_parser.add_argument(
        "--type", dest="kind", default="gce-project", help="of the project (%(default)s)"
    )
    run_parser.add_argument(
        "--wait",
        type=_seconds,
        default=Pace.acquire_limit_s,
        metavar="SECONDS",
        help="how long to wait for a free project; 0 tries once (%(default)g)",
    )
    run_parser.add_argument(
        "--heartbeat",
        type=_interval,
        default=Pace.heartbeat_s,
        metavar="SECONDS",
        help="from one to the next (%(default)g)",
    )
    run_parser.add_argument(
        "argv", nargs="+", metavar="COMMAND", help="what to run, and its arguments"
    )


def request(given: argparse.Namespace, environ: Mapping[str, str]) -> Request:
    """Read the command line. Raises RefusedError."""
    host = given.host or environ.get("BOSKOS_HOST")
    if not host:
        raise RefusedError("BOSKOS_HOST: not set; set it, or give --host HOST")
    if not shutil.which(given.argv[0], path=environ.get("PATH")):
        raise RefusedError(f"COMMAND: {given.argv[0]!r} is not a program on PATH")
    return Request(
        host=host,
        kind=given.kind,
        command=given.argv,
        pace=Pace(acquire_limit_s=given.wait, heartbeat_s=given.heartbeat),
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _interval(text: str) -> float:
    if not (seconds := _seconds(text)):
        raise argparse.ArgumentTypeError("0 would never pause")
    return seconds
