"""Main: the Boskos double as a program of its own, for a shell."""

import argparse
from contextlib import suppress

from host.ending import EndedError, ended_by_signals
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import SystemClock

BANNER = "localcloud boskos: a double of Boskos; its projects exist on no cloud"

_EPILOG = """\
example:
  python -m localcloud.boskos --port 8080 --project one --project two
  BOSKOS_HOST=127.0.0.1:8080 scripts/ci-e2e.sh ../capo
  curl 'http://127.0.0.1:8080/metric?type=gce-project'
"""


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.boskos",
        description=BANNER,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--type", default="gce-project", help="of the projects (%(default)s)")
    parser.add_argument(
        "--project", action="append", metavar="NAME", help="one to lend; may be repeated"
    )
    parser.add_argument(
        "--reap-after",
        type=float,
        default=1800.0,
        metavar="SECONDS",
        help="without a heartbeat (%(default)g)",
    )
    parser.add_argument(
        "--clean-after",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="until a released one is free again (%(default)g)",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; print the value for BOSKOS_HOST."""
    given = _parse(arguments)
    ranch = Ranch(
        [Resource(name=name, type=given.type) for name in given.project or ["local-project"]],
        SystemClock(),
        reap_after_s=given.reap_after,
        clean_after_s=given.clean_after,
    )
    print(BANNER, flush=True)
    with ended_by_signals() as ending, BoskosServer(ranch, port=given.port) as server:
        print(f"BOSKOS_HOST={server.host}", flush=True)
        with suppress(EndedError):
            ending.wait_for([])


if __name__ == "__main__":
    main()
