"""Admin: the controls over HTTP, under /_localcloud/. Bodies and answers are JSON.

GET    inventory?project=P              what exists
GET    requests?project=P&method=M      requests so far
GET    operations?project=P             operations so far, and their longest chain
GET    faults                           faults that did not happen yet
POST   faults                           queue a fault: the fields of faults.Fault
DELETE faults                           forget all faults
POST   deny        {method, allow?}     403 for a method
POST   projects    {project, status}    404 or 403 for a project; status null ends it
POST   tokens      {token, status}      401 or 403 for a token; status null ends it
POST   rate-limit  {seconds}            403 rateLimitExceeded for everything
POST   full-zones  {zone, shape?, zones_available?, project?}
DELETE full-zones?zone=Z                room again
POST   lacks       {zone, name, project?}  a machine type, disk type or CPU platform it lacks
DELETE lacks?zone=Z                     everything again
POST   images      {project, family, name}
POST   quotas      {project, metric, limit, region?}
POST   latency     {KIND: seconds, ...}
POST   remove      {path}               delete a resource behind everybody's back
POST   labels      {path, labels}       add labels behind everybody's back
POST   serial-output {path, text}
"""

from collections.abc import Callable
from typing import Any

from localcloud.compute_api.capacity import FullZone
from localcloud.compute_api.controls import Controls
from localcloud.compute_api.errors import ApiError
from localcloud.compute_api.faults import Fault
from localcloud.compute_api.offers import Lack

PREFIX = "/_localcloud/"

Route = Callable[[Controls, dict[str, Any]], Any]

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "inventory"): lambda controls, given: controls.inventory(**given),
    ("GET", "requests"): lambda controls, given: controls.requests(**given),
    ("GET", "operations"): lambda controls, given: controls.operations(**given),
    ("GET", "faults"): lambda controls, _: controls.remaining_faults(),
    ("POST", "faults"): lambda controls, given: controls.add_fault(Fault(**given)),
    ("DELETE", "faults"): lambda controls, _: controls.clear_faults(),
    ("POST", "deny"): lambda controls, given: controls.deny(**given),
    ("POST", "projects"): lambda controls, given: controls.refuse_project(**given),
    ("POST", "tokens"): lambda controls, given: controls.refuse_token(**given),
    ("POST", "rate-limit"): lambda controls, given: controls.rate_limit(**given),
    ("POST", "full-zones"): lambda controls, given: controls.fill_zone(_full_zone(given)),
    ("DELETE", "full-zones"): lambda controls, given: controls.empty_zone(**given),
    ("POST", "lacks"): lambda controls, given: controls.withdraw(Lack(**given)),
    ("DELETE", "lacks"): lambda controls, given: controls.restore_offers(**given),
    ("POST", "images"): lambda controls, given: controls.publish_image(**given),
    ("POST", "quotas"): lambda controls, given: controls.set_quota(**given),
    ("POST", "latency"): lambda controls, given: controls.set_latency(given),
    ("POST", "remove"): lambda controls, given: controls.remove(**given),
    ("POST", "labels"): lambda controls, given: controls.add_labels(**given),
    ("POST", "serial-output"): lambda controls, given: controls.write_serial_output(**given),
}


def _full_zone(given: dict[str, Any]) -> FullZone:
    return FullZone(**(given | {"zones_available": tuple(given.get("zones_available", ()))}))


def answer(
    controls: Controls, http_method: str, path: str, given: dict[str, Any]
) -> tuple[int, Any]:
    """Carry out a control; 400 with the reason if it makes no sense."""
    route = ROUTES.get((http_method, path.removeprefix(PREFIX)))
    if route is None:
        return 404, {"error": f"{http_method} {path}: no such control; see {__name__}"}
    try:
        return 200, route(controls, given)
    except ApiError as error:
        return error.code, error.body()
    except (TypeError, ValueError) as error:
        return 400, {"error": str(error)}
