"""Actions: the parameters and answers of each Boskos path, with the real server's texts.

A wrong method is refused with 405, and a request without one of the required parameters with 400.
The ranch's refusals bring their own status. As on the real server, an unknown path is answered with
200 and an empty text. `tests/contract/boskos` runs the same tests on the double and on the real
server, since the job recognizes some refusals by their text alone.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud import go_duration
from localcloud.boskos.ranch import Ranch, RefusalError

Given = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Action:
    required: tuple[str, ...]
    carry_out: Callable[[Ranch, Given, bytes], str]
    failed: str = ""
    """Text before the reason of a refusal, with the request's parameters in braces."""
    method: str = "POST"


def answer(ranch: Ranch, path: str, method: str, given: Given, body: bytes) -> tuple[int, str]:
    """Carry out a request and return its status and text; an empty parameter counts as missing."""
    action = _ACTIONS.get(path)
    if action is None:
        return 200, ""  # the real server answers every other path so
    if method != action.method:
        return 405, f"{path} only accepts {action.method}."
    # request_id alone is optional: without it, a client waits outside the queue.
    given = {name: given.get(name, "") for name in (*action.required, "request_id")}
    if not all(given[name] for name in action.required):
        values = ", ".join(f"{name}: {given[name]}" for name in action.required)
        return 400, f"{values}, all of them must be set in the request."
    try:
        return 200, action.carry_out(ranch, given, body)
    except RefusalError as error:
        return error.status, f"{action.failed.format(**given)}{error}"
    except ValueError as error:
        return 400, str(error)


def _acquire(ranch: Ranch, given: Given, _body: bytes) -> str:
    return json.dumps(
        ranch.acquire(
            given["type"], given["state"], given["dest"], given["owner"], given["request_id"]
        ).show()
    )


def _acquire_by_state(ranch: Ranch, given: Given, _body: bytes) -> str:
    names = given["names"].split(",")
    leased = ranch.acquire_by_state(given["state"], given["dest"], given["owner"], names)
    return json.dumps([each.show() for each in leased])


def _release(ranch: Ranch, given: Given, _body: bytes) -> str:
    ranch.release(given["name"], given["dest"], given["owner"])
    return ""


def _update(ranch: Ranch, given: Given, body: bytes) -> str:
    ranch.update(given["name"], given["state"], given["owner"], _user_data(body))
    return ""


def _reset(ranch: Ranch, given: Given, _body: bytes) -> str:
    expire_s = go_duration.seconds(given["expire"])
    return json.dumps(ranch.reset(given["type"], given["state"], expire_s, given["dest"]))


def _metric(ranch: Ranch, given: Given, _body: bytes) -> str:
    return json.dumps(ranch.metric(given["type"]))


def _user_data(body: bytes) -> dict[str, str]:
    text = body.decode(errors="replace").strip()
    # The real server decodes the first JSON value of the body and ignores the rest; null means {}.
    data: Any = json.JSONDecoder().raw_decode(text)[0] if text else {}
    data = {} if data is None else data
    if not isinstance(data, dict) or not all(isinstance(each, str) for each in data.values()):
        raise ValueError("user data is not an object of strings")
    return data


_ACTIONS = {
    "/acquire": _Action(
        required=("type", "state", "dest", "owner"), carry_out=_acquire, failed="Acquire failed: "
    ),
    "/acquirebystate": _Action(
        required=("state", "dest", "owner", "names"),
        carry_out=_acquire_by_state,
        failed="AcquireByState: ",
    ),
    "/release": _Action(
        required=("name", "dest", "owner"),
        carry_out=_release,
        failed="Done failed: {name} - {dest} (from {owner}): ",
    ),
    "/reset": _Action(required=("type", "state", "expire", "dest"), carry_out=_reset),
    "/update": _Action(
        required=("name", "owner", "state"),
        carry_out=_update,
        failed="Update failed: {name} - {state} ({owner}): ",
    ),
    "/metric": _Action(required=("type",), carry_out=_metric, method="GET"),
}
