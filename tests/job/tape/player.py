"""Player: a CLI that answers calls from the recording of a real engine.

Started as `player.py TAPE FOLDER ARGUMENT…`; FOLDER has the lists of calls and of refusals. A
command prints the recorded output and event log and ends with the recorded exit status; `up` and
`destroy` also repeat the engine's requests to the Compute API, one after another. The stack's name,
the API's address, the controller's external address and the times are replaced by current ones.

It has no engine, so it refuses with an error what was not recorded: another command or flag, other
settings, or an API that refuses a request. Its state does not grow step by step: the stack exists
once `up` is done. Signals do not stop `up`, which takes only a second or two.
"""

import json
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.client import HTTPConnection

# Settings that differ between equal jobs, and the job's time limit for the nodes, which the
# engine uses only where it waits for them itself.
_OWN_SETTINGS = (
    "encryptionsalt:",
    "devstack:e2eConf:",
    "devstack:gitBase:",
    "devstack:readyTimeoutS:",
    "gcp:computeCustomEndpoint:",
)
_POLL_S = 0.05
_REFUSED = 99
# Exists while the stack is up; holds the controller's external address.
_UP = Path("backend/played")


def main(file: str, folder: str, *arguments: str) -> int:
    """Play one call; return its exit status."""
    try:
        return _play(Path(file), Path(folder), arguments)
    except RefusedError as error:
        line = f"the played engine {error}"
        print(line, file=sys.stderr)
        with (Path(folder) / "refusals").open("a", encoding="utf-8") as refusals:
            refusals.write(f"{line}\n")
        return _REFUSED


class RefusedError(Exception):
    """A call, a setting or an answer that was not recorded."""


def _play(file: Path, folder: Path, arguments: tuple[str, ...]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    words = spoken(arguments)
    with (folder / "calls").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(words) + "\n")
    text = file.read_text(encoding="utf-8")
    tape = json.loads(text)
    for path in Path().glob("Pulumi.*.yaml"):
        name = path.name.split(".")[1]
        if name != tape["name"]:
            tape = json.loads(text.replace(tape["name"], name))
    call = _find(tape["calls"], words)
    address = _UP.read_text() if _UP.exists() else tape["address"]
    if "requests" in call:
        address = _change(tape, call, address)
        log = Path(arguments[arguments.index("--event-log") + 1])
        log.write_text(_today(call["log"]).replace(tape["address"], address))
    sys.stdout.write(call["stdout"].replace(tape["address"], address))
    sys.stderr.write(call["stderr"].replace(tape["address"], address))
    code: int = call["code"]
    return code


def spoken(arguments: tuple[str, ...]) -> list[str]:
    """Return a call's words without the path of its event log, which is always different."""
    words = list(arguments)
    if "--event-log" in words:
        del words[words.index("--event-log") + 1]
    return words


def _find(calls: list[dict[str, Any]], words: list[str]) -> dict[str, Any]:
    """Return the recording of this call; calls with and without a stack differ."""
    up = _UP.exists()
    found = [call for call in calls if (spoken(call["arguments"]), call["up"]) == (words, up)]
    if not found:
        raise RefusedError(f"does not know {' '.join(words)} {'with' if up else 'without'} a stack")
    return found[-1]


def _change(tape: dict[str, Any], call: dict[str, Any], address: str) -> str:
    """Repeat the engine's requests; return the controller's external address."""
    from http.client import HTTPConnection  # noqa: PLC0415 - 0.05 s, for these two alone

    [settings] = Path().glob("Pulumi.*.yaml")
    lines = _settings(settings.read_text())
    # `destroy` depends on the state only, not on the settings.
    if not _UP.exists() and lines != _settings(call["settings"][settings.name]):
        raise RefusedError(f"knows other settings than these: {lines}")
    [endpoint] = re.findall(r"computeCustomEndpoint: http://(\S+?)/", settings.read_text())
    api = HTTPConnection(endpoint)
    for method, path, recorded in call["requests"]:
        body = recorded.replace(tape["endpoint"], endpoint).replace(tape["address"], address)
        place = path.partition("?")[0]
        if place.endswith("/setLabels"):
            labelled = _ask(api, "GET", place.removesuffix("/setLabels"), "")
            body = json.dumps(json.loads(body) | {"labelFingerprint": labelled["labelFingerprint"]})
        _send(api, method, path, body)
        if method == "POST" and place.endswith("/addresses"):
            address = _ask(api, "GET", f"{place}/{json.loads(body)['name']}", "")["address"]
    if _UP.exists():
        _UP.unlink()
    else:
        _UP.write_text(address)
    return address


def _settings(text: str) -> list[str]:
    """Return the lines of a settings file that matter to the engine."""
    # The real CLI adds quotes.
    lines = (line.strip().replace("'", "") for line in text.splitlines())
    return sorted(line for line in lines if not line.startswith(_OWN_SETTINGS))


def _send(api: "HTTPConnection", method: str, path: str, body: str) -> None:
    """Send a request and wait for its operation, as the provider does."""
    operation = _ask(api, method, path, body)
    _, _, link = operation["selfLink"].partition("/compute/v1/")
    while operation["status"] != "DONE":
        time.sleep(_POLL_S)
        operation = _ask(api, "GET", f"/compute/v1/{link}", "")
    if "error" in operation:
        raise RefusedError(f"has no failure of {method} {path}: {operation['error']}")


def _ask(api: "HTTPConnection", method: str, path: str, body: str) -> dict[str, Any]:
    api.request(method, path, body, {"Authorization": "Bearer played"})
    response = api.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RefusedError(f"has no {response.status} to {method} {path}: {answer.decode()}")
    document: dict[str, Any] = json.loads(answer)
    return document


def _today(log: str) -> str:
    """Shift an event log's times so that it ends now."""
    times = [int(found) for found in re.findall(r'"timestamp":(\d+)', log)]
    late = int(time.time()) - max(times)
    return re.sub(r'"timestamp":(\d+)', lambda found: f'"timestamp":{int(found[1]) + late}', log)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
