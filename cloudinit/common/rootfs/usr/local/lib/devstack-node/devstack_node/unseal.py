"""Unseal: give an image's files the secrets of this instance. Steps of `devstack-unseal`."""

from __future__ import annotations

import argparse
from functools import partial

from devstack_node import environment, marker, node, placeholders, secret_values


def main(arguments: list[str]) -> int:
    """Run one step of unsealing."""
    parser = argparse.ArgumentParser(prog="devstack-node unseal")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("take", help="claim the image for this instance, once")
    steps.add_parser("files", help="replace the placeholders in files")
    steps.add_parser("value", help="print a secret").add_argument("name")
    options = parser.parse_args(arguments)
    if options.step == "take":
        marker.take(environment.read())
    elif options.step == "files":
        _reveal_files()
    else:
        print(secret_values.all_values()[options.name])
    return 0


def _reveal_files() -> None:
    values = secret_values.all_values()
    for path in marker.hidden():
        try:
            placeholders.rewrite(path, partial(placeholders.reveal, values=values))
        except OSError as error:
            raise RuntimeError(f"{path}: {error.strerror}; make the image anew") from None
        node.say(f"secrets in {path}")
