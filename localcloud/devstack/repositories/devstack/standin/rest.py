"""REST: the stand-in cloud's answers to OpenStack's own libraries: versions, tokens, zones.

It accepts requests for Keystone's version, for a token by password, and for the availability zones
of Nova and Cinder. Every other path is a 404 that says so; a wrong password or token is a 401.
"""

import os
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import backends

Json = dict[str, Any]
Answer = tuple[HTTPStatus, Json]

HOST = f"http://{os.environ['SERVICE_HOST']}"
# One token for everybody, until the process ends.
TOKEN = uuid.uuid4().hex
USERS = ("admin", "demo")
ENDPOINTS = {
    "identity": f"{HOST}/identity",
    "compute": f"{HOST}/compute/v2.1",
    "block-storage": f"{HOST}/volume/v3",
}
ZONES = {
    "/compute/v2.1/os-availability-zone": "--compute",
    "/volume/v3/os-availability-zone": "--volume",
}


def get(path: str, token: str | None, zones: Callable[[str], list[Json]]) -> Answer:
    """Return status and body for a GET. `zones` lists the zones of `--compute` or `--volume`.

    Apache strips /identity from Keystone's paths.
    """
    if path in {"", "/"}:
        return HTTPStatus.MULTIPLE_CHOICES, {"versions": {"values": [version()]}}
    if path in {"/v3", "/v3/"}:
        return HTTPStatus.OK, {"version": version()}
    if path not in ZONES:
        return failure(HTTPStatus.NOT_FOUND, f"{path}: this stand-in does not have it")
    if token != TOKEN:
        return failure(HTTPStatus.UNAUTHORIZED, "The request you have made requires a token.")
    found = [
        {"zoneName": zone["Zone Name"], "zoneState": {"available": True}, "hosts": None}
        for zone in zones(ZONES[path])
    ]
    return HTTPStatus.OK, {"availabilityZoneInfo": found}


def authenticate(body: Json) -> Answer:
    """Return status and body for a token request. The token itself is a header, X-Subject-Token."""
    user = body["auth"]["identity"]["password"]["user"]
    if user["name"] not in USERS or not backends.accepts(user["name"], user["password"]):
        return failure(HTTPStatus.UNAUTHORIZED, "The request you have made requires a password.")
    domain = {"id": "default", "name": "Default"}
    catalog = [
        {
            "type": kind,
            "name": kind,
            "id": kind,
            "endpoints": [
                {"id": kind, "interface": "public", "region": "RegionOne", "url": url}
                | {"region_id": "RegionOne"}
            ],
        }
        for kind, url in ENDPOINTS.items()
    ]
    token = {
        "methods": ["password"],
        "user": {"id": user["name"], "name": user["name"], "domain": domain},
        "project": {"id": user["name"], "name": user["name"], "domain": domain},
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2999-01-01T00:00:00.000000Z",
        "roles": [{"id": "member", "name": "member"}],
        "catalog": catalog,
    }
    return HTTPStatus.CREATED, {"token": token}


def failure(status: HTTPStatus, message: str) -> Answer:
    """Return an error in the form of OpenStack's services."""
    return status, {"error": {"code": status, "title": status.phrase, "message": message}}


def version() -> Json:
    """Return the document of Keystone's only version."""
    link = {"rel": "self", "href": f"{ENDPOINTS['identity']}/v3/"}
    return {"id": "v3.14", "status": "stable", "links": [link], "media-types": []}
