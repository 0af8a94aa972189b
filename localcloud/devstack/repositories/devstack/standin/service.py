"""Service: a stand-in for one of DevStack's units. The only argument is the unit's name.

`api` is the cloud: it keeps the services' state in a file and answers the client. Services report
to it once a second, and count as down when they have not been heard of for DOWN_S. `tcp-PORT` is an
open port. Services fail as the real ones do if what they need at their start is not there.
"""

import contextlib
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import backends
import rest

Json = dict[str, Any]

DATA = Path(os.environ["FAKE_STATE"])
HOST, SERVICE_HOST = (os.environ[name] for name in ("HOST", "SERVICE_HOST"))
_ZONE = re.search(r"storage_availability_zone = (.*)", Path("/etc/cinder/cinder.conf").read_text())
ZONE = _ZONE[1] if _ZONE else "nova"
HANG_WORDS = os.environ["HANG_WORDS"]
FAKES = Path(__file__).parent / "fakes"
BEATS: dict[str, float] = {}
"""Monotonic time of each service's last report."""
LOCK = threading.Lock()
BEAT_S = 1.0
# Ten reports, since a busy machine sends them late.
DOWN_S = 10.0
STATES = ("down", "up")
# The API for each first word of a client's command. Words that are missing are Keystone's.
NEEDS = {"compute": "compute", "flavor": "compute", "aggregate": "compute", "volume": "volume"}


def row(binary: str, host: str = HOST, zone: str = "internal") -> dict[str, str]:
    """Return a row in the form of `openstack ... service list -f json`."""
    return {"Binary": binary, "Host": host, "Zone": zone, "Status": "enabled"}


ROWS = {
    "n-cpu": {"compute": [row("nova-compute")]},
    "n-sch": {"compute": [row("nova-scheduler")]},
    "n-cond": {"compute": [row("nova-conductor")]},
    "c-sch": {"volume": [row("cinder-scheduler", zone=ZONE)]},
    "c-vol": {"volume": [row("cinder-volume", f"{HOST}@lvmdriver-1", ZONE)]},
}
AGENTS = ("OVN Controller agent", "OVN Neutron agent")


class Cloud(BaseHTTPRequestHandler):
    """The cloud's HTTP server. Services report rows here, and the client sends its words."""

    def do_GET(self) -> None:
        """Answer a request of OpenStack's own libraries (rest.py)."""
        kind = self.path.strip("/").partition("/")[0]
        if kind in {"compute", "volume"} and not serves(kind):
            self.send_error(503)
            return
        with locked():
            self.send(*rest.get(self.path, self.headers["X-Auth-Token"], self.zones))

    def do_POST(self) -> None:
        """Give a token, take a service's report, or answer the client."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "auth" in body:
            self.send(*rest.authenticate(body))
            return
        # As in the real cloud: a node with another password than the controller's is refused.
        if not backends.accepts("nova" if "rows" in body else "admin", self.headers["X-Password"]):
            self.send_error(401)
            return
        if HANG_WORDS and HANG_WORDS in " ".join(body.get("words", ())):
            threading.Event().wait()
        needed = self.needed(body)
        if needed and not serves(needed):
            self.send_error(503)
            return
        with locked():
            answer = self.beat(body["rows"]) if "rows" in body else self.ask(body["words"])
        self.send(HTTPStatus.OK, answer)

    def send(self, status: HTTPStatus, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == HTTPStatus.CREATED:
            self.send_header("X-Subject-Token", rest.TOKEN)
        self.end_headers()
        self.wfile.write(data)

    def zones(self, kind: str) -> list[Json]:
        """Return the availability zones of `--compute` or `--volume`."""
        words = ["--os-cloud", "devstack-admin", "availability", "zone", "list", kind]
        found: list[Json] = json.loads(self.ask([*words, "-f", "json"])["out"])
        return found

    @staticmethod
    def needed(body: Json) -> str:
        """Return the API that a request needs, or an empty text for Keystone."""
        if "rows" in body:
            return "volume" if "volume" in body["rows"] else "compute"
        return NEEDS.get(body["words"][2], "")

    def beat(self, rows: dict[str, list[Json]]) -> Json:
        """Replace a service's rows, and note that it has been heard of."""
        cloud = json.loads((DATA / "cloud.json").read_text())
        for kind, new in rows.items():
            cloud[kind] = [old for old in cloud[kind] if key(old) not in map(key, new)] + new
            BEATS.update({key(found): time.monotonic() for found in new})
        self.save(cloud)
        return {}

    def ask(self, words: list[str]) -> Json:
        """Run the client's words on the cloud's file. Return exit code, output and errors."""
        self.save(json.loads((DATA / "cloud.json").read_text()))
        done = subprocess.run(
            [FAKES / "openstack", *words], capture_output=True, text=True, check=False
        )
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}

    def save(self, cloud: Json) -> None:
        """Write the cloud's file with the current state of each service."""
        for kind in ("compute", "volume", "agents"):
            for found in cloud[kind]:
                up = time.monotonic() - BEATS.get(key(found), float("-inf")) < DOWN_S
                found.update({"Alive": up} if kind == "agents" else {"State": STATES[up]})
        # Atomic: tests cut a machine's power at any moment.
        new = DATA / "cloud.json.new"
        new.write_text(json.dumps(cloud))
        new.replace(DATA / "cloud.json")

    def log_message(self, *_: object) -> None:
        """Stay silent: the journal is for the services' complaints."""


def serves(needed: str) -> bool:
    """Tell whether stack.sh has come far enough for this API to answer."""
    return (DATA / f"serves-{needed}").exists()


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Lock the cloud's file against other threads, and against nova-manage, another process."""
    with LOCK, (DATA / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def key(found: Json) -> str:
    """Return a text that is unique for each service."""
    return f"{found.get('Binary') or found['Agent Type']} {found['Host']}"


def rows_of(name: str) -> Json:
    """Return a service's rows for this host."""
    if name != "ovn":
        return ROWS[name]
    # OVN's agents have Open vSwitch's name for the chassis, which is not always the host's name.
    host = Path("/run/chassis").read_text().strip()
    return {"agents": [{"Agent Type": kind, "Host": host} for kind in AGENTS]}


def send(rows: Json) -> None:
    """Report rows to the cloud. Raises OSError if it does not answer or refuses."""
    headers = {"X-Password": os.environ["SERVICE_PASSWORD"]}
    url = f"http://{SERVICE_HOST}/identity"
    request = urllib.request.Request(url, json.dumps({"rows": rows}).encode(), headers)
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 (as above)


def beat(name: str) -> None:
    """Report the service for ever. Like the real ones, some end if their first report fails.

    n-cpu needs Keystone at each start; c-vol needs the database only at the first one of all.
    """
    started = False
    while True:
        try:
            send(rows_of(name))
            started = True
        except OSError as error:
            print(f"{name}: {error}", flush=True)
            if name == "c-vol" and not (started or (DATA / "ran-c-vol").exists()):
                sys.exit("(1049, \"Unknown database 'cinder'\")")
            if name == "n-cpu" and not started:
                sys.exit("DiscoveryFailure: Could not find versioned identity endpoints")
        if started:
            (DATA / f"ran-{name}").touch()
        time.sleep(BEAT_S)


def listen(port: int) -> None:
    """Keep a port open: accept every connection and close it."""
    server = socket.create_server(("", port))
    while True:
        server.accept()[0].close()


def monitor() -> None:
    """Be Octavia's health manager, whose unit stays active even if it cannot listen."""
    try:
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        heard.bind(("192.168.0.2", 5555))
    except OSError as error:
        print(f"o-hm: {error}", flush=True)
    threading.Event().wait()


name = sys.argv[1]
if name == "api":
    ThreadingHTTPServer(("127.0.0.1", 8774), Cloud).serve_forever()
elif name.startswith("tcp-"):
    listen(int(name.removeprefix("tcp-")))
elif name == "o-hm":
    monitor()
elif name == "ovn" or name in ROWS:
    beat(name)
else:
    # A node only asks whether the other units are active.
    threading.Event().wait()
