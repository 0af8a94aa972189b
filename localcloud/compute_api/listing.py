"""Listing: the answers of list and aggregatedList methods.

Items are sorted by name, as the service does without orderBy. Accepted are filter (see filters.py),
maxResults up to 500, pageToken, and orderBy for the newest first. Any other order is refused with
501, since a list in another order than asked for would mislead its reader. A page token is a
position in the list: if resources come or go between two pages, the second page may repeat or skip
some.
"""

import base64
import binascii
from collections.abc import Callable

from localcloud.compute_api import catalogue, errors, filters, links
from localcloud.compute_api.cloud import Call, Cloud
from localcloud.compute_api.errors import Json

_DEFAULT_PAGE = 500
# The collections whose aggregated lists are by zone; all others are by region.
_ZONAL = {"instances", "disks"}


def page(call: Call, kind: str, items: list[Json]) -> Json:
    """Return the page of the items that a list request asks for; an empty page has no `items`."""
    chosen, token = _cut(call, items)
    body: Json = {
        "kind": f"compute#{kind}List",
        "id": call.path,
        "selfLink": links.link(call.path),
    }
    if chosen:
        body["items"] = chosen
    if token:
        body["nextPageToken"] = token
    return body


def aggregate(call: Call, kind: str, collection: str, items: list[tuple[str, Json]]) -> Json:
    """Return the page of an aggregated list: items by scope, a warning for each empty scope.

    `items` are pairs of a scope, such as zones/us-east4-a, and a representation.
    """
    scopes = {scope for scope, _ in items}
    # The page is cut from all scopes together. Its items find their scopes again by their links.
    by_link = {item["selfLink"]: scope for scope, item in items}
    chosen, token = _cut(call, [item for _, item in items])
    everywhere = sorted(scopes | _all_scopes(collection))
    body: Json = {
        "kind": f"compute#{kind}AggregatedList",
        "id": call.path,
        "selfLink": links.link(call.path),
        "items": {},
    }
    for scope in everywhere:
        here = [item for item in chosen if by_link[item["selfLink"]] == scope]
        body["items"][scope] = {collection: here} if here else {"warning": _no_results(scope)}
    if token:
        body["nextPageToken"] = token
    return body


def _all_scopes(collection: str) -> set[str]:
    if collection in _ZONAL:
        return {f"zones/{zone}" for zone in catalogue.ZONES}
    return {f"regions/{region}" for region in catalogue.REGIONS}


def _no_results(scope: str) -> Json:
    return {
        "code": "NO_RESULTS_ON_PAGE",
        "message": f"There are no results for scope '{scope}' on this page.",
        "data": [{"key": "scope", "value": scope}],
    }


def _cut(call: Call, items: list[Json]) -> tuple[list[Json], str | None]:
    predicate = filters.parse(call.query.get("filter", ""))
    found = [item for item in items if predicate(item)]
    match call.query.get("orderBy", ""):
        case "":
            found.sort(key=lambda item: str(item.get("name")))
        case "creationTimestamp desc":
            # IDs grow, so they order what was created in the same millisecond.
            found.sort(key=lambda item: (item["creationTimestamp"], int(item["id"])), reverse=True)
        case other:
            raise errors.lacking(f"The order {other!r} of a list")
    start = _read_token(call.query.get("pageToken", ""))
    size = _size(call.query.get("maxResults"))
    token = _write_token(start + size) if start + size < len(found) else None
    return found[start : start + size], token


def _size(value: str | None) -> int:
    if value is None:
        return _DEFAULT_PAGE
    if not value.isdigit() or int(value) > _DEFAULT_PAGE:
        raise errors.invalid(
            "maxResults", value, f"Value must be between 0 and {_DEFAULT_PAGE}, inclusive."
        )
    return int(value) or _DEFAULT_PAGE  # 0 is allowed and stands for the default


def _write_token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _read_token(token: str) -> int:
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        return int(text.removeprefix("from:"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise errors.invalid("pageToken", token, "Invalid page token.") from None


Show = Callable[[Cloud, Json], Json]


def as_is(_cloud: Cloud, body: Json) -> Json:
    """Return a representation as it is stored; the `show` of most collections."""
    return body


def list_of(collection: str, kind: str, show: Show = as_is) -> Callable[[Cloud, Call], Json]:
    """Return the handler of a collection's list method; `show` adds computed fields."""

    def handle(cloud: Cloud, call: Call) -> Json:
        found = cloud.store.select(collection, call.project, call.scope)
        return page(call, kind, [show(cloud, resource.body) for resource in found])

    return handle


def aggregated(collection: str, kind: str, show: Show = as_is) -> Callable[[Cloud, Call], Json]:
    """Return the handler of a collection's aggregatedList method; `show` adds computed fields."""

    def handle(cloud: Cloud, call: Call) -> Json:
        found = cloud.store.select(collection, call.project)
        items = [(resource.scope, show(cloud, resource.body)) for resource in found]
        return aggregate(call, kind, collection, items)

    return handle
