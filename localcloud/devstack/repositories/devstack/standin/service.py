"""Service: a stand-in for one of DevStack's units, named by the only argument."""

import contextlib
import fcntl
import json
import os
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

import rest

Json = dict[str, Any]

DATA = Path(os.environ["FAKE_STATE"])
HOST, SERVICE_HOST, ZONE = (os.environ[name] for name in ("HOST", "SERVICE_HOST", "ZONE"))
HANG_WORDS = os.environ["HANG_WORDS"]
FAKES = Path(__file__).parent / "fakes"
BEATS: dict[str, float] = {}
"""When each service was last heard of."""
LOCK = threading.Lock()
BEAT_S = 1.0
# A busy machine beats late.
DOWN_S = 10.0
STATES = ("down", "up")
NEEDS = {"compute": "compute", "flavor": "compute", "aggregate": "compute", "volume": "volume"}


def row(binary: str, host: str = HOST, zone: str = "internal") -> dict[str, str]:
    """A line of a list of services."""
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
    """The cloud: rows of services that are up while they are heard of, and the client's words."""

    def do_GET(self) -> None:
        """Answer a library of OpenStack's."""
        kind = self.path.strip("/").partition("/")[0]
        if kind in {"compute", "volume"} and not serves(kind):
            self.send_error(503)
            return
        with locked():
            self.send(*rest.get(self.path, self.headers["X-Auth-Token"], self.zones))

    def do_POST(self) -> None:
        """Answer one question, give a token, or hear of one service."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "auth" in body:
            self.send(*rest.authenticate(body))
            return
        kind = "SERVICE_PASSWORD" if "rows" in body else "ADMIN_PASSWORD"
        if self.headers["X-Password"] != os.environ[kind]:
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
        """Send an answer."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == HTTPStatus.CREATED:
            self.send_header("X-Subject-Token", rest.TOKEN)
        self.end_headers()
        self.wfile.write(data)

    def zones(self, kind: str) -> list[Json]:
        """The availability zones of `--compute` or `--volume`."""
        words = ["--os-cloud", "devstack-admin", "availability", "zone", "list", kind]
        found: list[Json] = json.loads(self.ask([*words, "-f", "json"])["out"])
        return found

    @staticmethod
    def needed(body: Json) -> str:
        """The API that must be there for it; empty for Keystone's own."""
        if "rows" in body:
            return "volume" if "volume" in body["rows"] else "compute"
        return NEEDS.get(body["words"][2], "")

    def beat(self, rows: dict[str, list[Json]]) -> Json:
        """Put a service's rows in the place of its old ones."""
        cloud = json.loads((DATA / "cloud.json").read_text())
        for kind, new in rows.items():
            cloud[kind] = [old for old in cloud[kind] if key(old) not in map(key, new)] + new
            BEATS.update({key(found): time.monotonic() for found in new})
        self.save(cloud)
        return {}

    def ask(self, words: list[str]) -> Json:
        """What the client would print."""
        self.save(json.loads((DATA / "cloud.json").read_text()))
        done = subprocess.run(
            [FAKES / "openstack", *words], capture_output=True, text=True, check=False
        )
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}

    def save(self, cloud: Json) -> None:
        """Write the cloud's state with who is up."""
        for kind in ("compute", "volume", "agents"):
            for found in cloud[kind]:
                up = time.monotonic() - BEATS.get(key(found), float("-inf")) < DOWN_S
                found.update({"Alive": up} if kind == "agents" else {"State": STATES[up]})
        # Atomic: a power failure may come at any moment.
        new = DATA / "cloud.json.new"
        new.write_text(json.dumps(cloud))
        new.replace(DATA / "cloud.json")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serves(needed: str) -> bool:
    """Whether stack.sh has come so far that this API answers."""
    return (DATA / f"serves-{needed}").exists()


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Have the cloud's file to oneself, in this process and before nova-manage."""
    with LOCK, (DATA / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def key(found: Json) -> str:
    """What tells a service from others."""
    return f"{found.get('Binary') or found['Agent Type']} {found['Host']}"


def rows_of(name: str) -> Json:
    """What the cloud is told of a service here; a chassis has the name that Open vSwitch knows."""
    if name != "ovn":
        return ROWS[name]
    host = Path("/run/chassis").read_text().strip()
    return {"agents": [{"Agent Type": kind, "Host": host} for kind in AGENTS]}


def send(rows: Json) -> None:
    """Tell the cloud of the services that run here."""
    headers = {"X-Password": os.environ["SERVICE_PASSWORD"]}
    url = f"http://{SERVICE_HOST}/identity"
    request = urllib.request.Request(url, json.dumps({"rows": rows}).encode(), headers)
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 (as above)


def beat(name: str) -> None:
    """Say that the service is there; some end at once without what they need at their start."""
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
    """Accept and close: a port that is open."""
    server = socket.create_server(("", port))
    while True:
        server.accept()[0].close()


def monitor() -> None:
    """Octavia's health manager: active, whether it could listen or not."""
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
    threading.Event().wait()
