"""Seal: make this node's files fit for an image. `devstack-seal` runs these steps.

What was secret here is kept in one file, only for root, until the node is sealed: a second run,
after a failure in the middle, must know what to look for even if the files no longer say it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from typing import TYPE_CHECKING, Any

from devstack_node import (
    environment,
    files,
    marker,
    node,
    placeholders,
    records,
    secret_values,
    trees,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = node.STATE_DIRECTORY / "sealing.secrets"
"""The secrets of this node while it is being sealed. devstack-logs collects only JSON from here."""

_SHORTEST = 8
"""A shorter secret would be found in texts that do not mean it."""
_KEYS = (
    *("etc/keystone/fernet-keys/*", "etc/keystone/credential-keys/*"),
    *("etc/octavia/certs/private/*", "etc/octavia/.ssh/octavia_ssh_key"),
    *("var/lib/rabbitmq/.erlang.cookie", "etc/ssh/ssh_host_*_key"),
    *("etc/ssl/private/ssl-cert-snakeoil.key", "etc/pki/tls/private/localhost.key"),
    *("var/lib/mysql/*-key.pem", "var/lib/mysql/private_key.pem"),
)
_HOST_KEYS = "etc/ssh/ssh_host_*"


def main(arguments: list[str]) -> int:
    """Run one step of sealing."""
    parser = argparse.ArgumentParser(prog="devstack-node seal")
    steps = {"check": _check, "collect": _collect, "hide": _hide, "search": _search, "mark": _mark}
    parser.add_argument("step", choices=steps)
    steps[parser.parse_args(arguments).step]()
    return 0


def passwords() -> dict[str, str]:
    """Return the four passwords of local.conf as they were when sealing began."""
    known: dict[str, str] = _read()["secrets"]
    return known


def _check() -> None:
    """Refuse a node that is not ready, unless an earlier seal has begun on it."""
    state = records.read("node") or {"verdict": "missing", "stage": ""}
    if state["verdict"] != "ready" and not state["stage"].startswith(marker.SEAL_STAGE):
        raise RuntimeError(f"the node is {state['verdict']}, not ready; seal a finished node only")


def _collect() -> None:
    """Write down the secrets of this node, once."""
    if SECRETS.exists():
        return
    known = secret_values.passwords()
    if len(set(known.values())) < len(known):
        raise RuntimeError("two passwords of local.conf are equal; bake with different ones")
    for name, value in known.items():
        if len(value) < _SHORTEST:
            raise RuntimeError(
                f"{name} has less than {_SHORTEST} characters; bake with a longer one"
            )
    found = {"secrets": known, "others": [*_option_values(), *_key_lines()]}
    with os.fdopen(os.open(SECRETS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(found, file)
        file.flush()
        os.fsync(file.fileno())


def _option_values() -> Iterator[str]:
    """Yield the secrets of the services' options, if DevStack's source does not have them too."""
    names = "|".join(secret_values.SECRET_OPTIONS)
    option = re.compile(rf"(?m)^[ \t]*(?:{names})[ \t]*=[ \t]*(\S.*?)\s*$")
    for path in _services_files():
        for value in option.findall(files.text(path)):
            if len(value) >= _SHORTEST and value not in secret_values.WELL_KNOWN:
                yield value


def _key_lines() -> Iterator[str]:
    """Yield a line of each key, from its middle: the first line is the same for all keys."""
    for pattern in _KEYS:
        for path in sorted(node.ROOT.glob(pattern)):
            lines = files.text(path).splitlines()
            headings = [i for i, line in enumerate(lines) if line.endswith("PRIVATE KEY-----")]
            begin, end = headings[:2] if len(headings) > 1 else (-1, len(lines))
            key = lines[begin + 1 : end]
            if key:
                yield key[len(key) // 2]


def _services_files() -> Iterator[Path]:
    for path in trees.texts():
        if path.suffix in (".conf", ".ini") and (node.ROOT / "etc") in path.parents:
            yield path


def _hide() -> None:
    """Put placeholders in the place of secrets, and of settings that another stack has not."""
    known = passwords()
    options = {**secret_values.SECRET_OPTIONS, **secret_values.SETTING_OPTIONS}
    services = set(_services_files())
    for path in trees.texts():
        if path in (SECRETS, *node.LOCAL_CONFS):
            continue

        def change(content: bytes, path: Path = path) -> bytes:
            if path in services:
                content = placeholders.hide_options(content, options)
            return placeholders.hide(content, known)

        if placeholders.rewrite(path, change):
            node.say(f"placeholders in {path}")


def _search() -> None:
    """Fail if a secret is left in any file of this node."""
    found = _read()
    needles = [text.encode() for text in (*found["secrets"].values(), *found["others"])]
    # Host keys go last, since they serve the connection by which this runs.
    without = [SECRETS, *node.ROOT.glob(_HOST_KEYS)]
    left = [str(path) for path in trees.holding(needles, without)]
    if left:
        raise RuntimeError(f"a secret is left in {', '.join(sorted(left))}")


def _mark() -> None:
    """Write the marker, which says what the image is, and print it."""
    hidden = [path for path in trees.texts() if placeholders.are_in(path.read_bytes())]
    nothing: dict[str, Any] = {}
    commits = files.attempt(_commits, nothing, [])
    print(json.dumps(marker.write(environment.read(), hidden, commits)))


def _commits() -> dict[str, Any]:
    path = node.STATE_DIRECTORY / "commits.json"
    return files.json_object(files.text(path), path, {})


def _read() -> dict[str, Any]:
    return files.json_object(files.text(SECRETS), SECRETS, {"secrets": dict, "others": list})
