"""Common: what the collections share."""

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
    """Give the path of the resource that a body wants to create; refuse a bad or taken name."""
    check_scope(call)
    name = links.check_name(call.body.get("name"))
    path = links.join(call.project, call.scope, collection, name)
    cloud.store.check_free(path)
    return path


def check_scope(call: Call) -> None:
    """Refuse a zone or region that does not exist."""
    if "zone" in call.params and call.params["zone"] not in catalogue.ZONES:
        raise errors.invalid("zone", call.params["zone"], "Unknown zone.")
    if "region" in call.params and call.params["region"] not in catalogue.REGIONS:
        raise errors.invalid("region", call.params["region"], "Unknown region.")


def existing(cloud: Cloud, call: Call, collection: str, parameter: str) -> Resource:
    """Find the resource that the request's path names."""
    check_scope(call)
    name = call.params[parameter]
    return cloud.store.get(links.join(call.project, call.scope, collection, name))


def changeable(cloud: Cloud, call: Call, collection: str, parameter: str) -> Resource:
    """Find the resource that the request's path names; refuse it while it is not ready."""
    return cloud.store.ready(existing(cloud, call, collection, parameter).path)


def get_of(collection: str, parameter: str, show: Show = as_is) -> Handler:
    """Make the get method of a collection."""

    def handle(cloud: Cloud, call: Call) -> Json:
        return show(cloud, existing(cloud, call, collection, parameter).body)

    return handle


def check_labels(labels: dict[str, str]) -> dict[str, str]:
    """Return labels or refuse them."""
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
    """Set the labels of a representation, and their fingerprint."""
    body.pop("labels", None)
    if labels:
        body["labels"] = dict(labels)
    body["labelFingerprint"] = label_fingerprint(labels)


def set_labels_of(collection: str) -> Handler:
    """Make the setLabels method of a collection."""

    def handle(cloud: Cloud, call: Call) -> Json:
        parameter = "instance" if "instance" in call.params else "resource"
        resource = changeable(cloud, call, collection, parameter)
        labels = check_labels(call.body.get("labels", {}))
        if call.body.get("labelFingerprint") != resource.body["labelFingerprint"]:
            raise errors.stale_fingerprint(
                "Labels fingerprint either invalid or resource labels have changed"
            )
        # A second client with the same fingerprint must be refused while this one is under way.
        put_labels(resource.body, labels)
        return cloud.update(call, resource, "setLabels", lambda: None, [])

    return handle
