"""Common: names, scopes, labels, and the get and setLabels methods of all collections.

Refused are names that are not RFC 1035 labels or taken, zones and regions that the catalogue does
not have, labels outside the service's limits, and labels that were changed since the client read
them.
"""

import re

from localcloud.compute_api import catalogue, errors, links
from localcloud.compute_api.cloud import Call, Cloud, Handler
from localcloud.compute_api.errors import Json
from localcloud.compute_api.fingerprints import label_fingerprint
from localcloud.compute_api.listing import Show, as_is
from localcloud.compute_api.store import Resource

_LABEL_KEY = re.compile(r"[a-z][-_a-z0-9]{0,62}")
_LABEL_VALUE = re.compile(r"[-_a-z0-9]{0,63}")
_MOST_LABELS = 64


def new_path(cloud: Cloud, call: Call, collection: str) -> str:
    """Return the path for the resource of a request's body; refuse a bad or taken name."""
    check_scope(call)
    name = links.check_name(call.body.get("name"))
    path = links.join(call.project, call.scope, collection, name)
    cloud.store.check_free(path)
    return path


def check_scope(call: Call) -> None:
    """Refuse a zone or region that the catalogue does not have."""
    if "zone" in call.params and call.params["zone"] not in catalogue.ZONES:
        raise errors.invalid("zone", call.params["zone"], "Unknown zone.")
    if "region" in call.params and call.params["region"] not in catalogue.REGIONS:
        raise errors.invalid("region", call.params["region"], "Unknown region.")


def existing(cloud: Cloud, call: Call, collection: str, parameter: str) -> Resource:
    """Return the resource that the request's path names; refuse with 404 if there is none."""
    check_scope(call)
    name = call.params[parameter]
    return cloud.store.get(links.join(call.project, call.scope, collection, name))


def changeable(cloud: Cloud, call: Call, collection: str, parameter: str) -> Resource:
    """Return the same as existing(), but refuse a resource that is not ready."""
    return cloud.store.ready(existing(cloud, call, collection, parameter).path)


def get_of(collection: str, parameter: str, show: Show = as_is) -> Handler:
    """Return the handler of a collection's get method; `show` adds computed fields."""

    def handle(cloud: Cloud, call: Call) -> Json:
        return show(cloud, existing(cloud, call, collection, parameter).body)

    return handle


def check_labels(labels: dict[str, str]) -> dict[str, str]:
    """Return the labels; refuse more than 64 and keys or values of a wrong form."""
    if len(labels) > _MOST_LABELS:
        raise errors.invalid(
            "resource.labels", len(labels), f"At most {_MOST_LABELS} labels are allowed."
        )
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key):
            raise errors.invalid(
                "resource.labels",
                key,
                "Label keys must match the following regular expression: '[a-z][-_a-z0-9]*'"
                " and be at most 63 characters long.",
            )
        if not _LABEL_VALUE.fullmatch(value):
            raise errors.invalid(
                "resource.labels",
                value,
                "Label values must match the following regular expression: '[-_a-z0-9]*'"
                " and be at most 63 characters long.",
            )
    return labels


def put_labels(body: Json, labels: dict[str, str]) -> None:
    """Set labels and fingerprint of a representation; without labels it has no such field."""
    body.pop("labels", None)
    if labels:
        body["labels"] = dict(labels)
    body["labelFingerprint"] = label_fingerprint(labels)


def set_labels_of(collection: str) -> Handler:
    """Return the handler of a collection's setLabels method, which replaces all labels."""

    def handle(cloud: Cloud, call: Call) -> Json:
        # The path parameter is called `instance` for instances and `resource` for all others.
        parameter = "instance" if "instance" in call.params else "resource"
        resource = changeable(cloud, call, collection, parameter)
        labels = check_labels(call.body.get("labels", {}))
        if call.body.get("labelFingerprint") != resource.body["labelFingerprint"]:
            raise errors.stale_fingerprint(
                "Labels fingerprint either invalid or resource labels have changed"
            )
        # Not at the end of the operation: a second client with the same fingerprint must be
        # refused as soon as this request is accepted.
        put_labels(resource.body, labels)
        return cloud.update(call, resource, "setLabels", lambda: None, [])

    return handle
