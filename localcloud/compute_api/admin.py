"""Admin: the controls that other processes use, under /_localcloud/. Bodies and answers are JSON.

GET  inventory                  the existing resources
POST latency  {KIND: seconds}   the duration of operations from now on

No route of the API begins with this prefix, so no client reaches a control by mistake. A control
asks for no token: it must work while a test lets the API refuse all of them, and the double listens
on loopback only.
"""

from typing import Any

from localcloud.compute_api.controls import Controls

PREFIX = "/_localcloud/"


def answer(controls: Controls, http_method: str, path: str, given: Any) -> tuple[int, Any]:
    """Carry out a control and return status and JSON: 400 for a bad value, 404 for no control."""
    try:
        match http_method, path.removeprefix(PREFIX):
            case "GET", "inventory":
                return 200, controls.inventory()
            case "POST", "latency":
                controls.set_latency(given)
                return 200, None
    except (TypeError, ValueError) as error:
        return 400, {"error": str(error)}
    return 404, {"error": f"{http_method} {path}: no such control; see {__name__}"}
