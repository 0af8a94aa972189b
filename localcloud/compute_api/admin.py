"""Admin: the controls that other processes use, under /_localcloud/. Bodies and answers are JSON.

GET  inventory                  what exists
POST latency  {KIND: seconds}   how long operations take from now on
"""

from typing import Any

from localcloud.compute_api.controls import Controls

PREFIX = "/_localcloud/"


def answer(controls: Controls, http_method: str, path: str, given: Any) -> tuple[int, Any]:
    """Carry out a control; 400 with the reason if it makes no sense."""
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
