"""Pulumi CLI: find one that is new enough."""

import re
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from host.errors import JobError
from host.processes import Program, ask

_TIMEOUT_S = 30


def required_version() -> str:
    """Return the oldest usable version: that of the Python SDK, tested with no older CLI."""
    return version("pulumi")


def find_cli(environ: Mapping[str, str]) -> Path:
    """Return the `pulumi` on PATH. Raises JobError if it is missing, broken or too old."""
    remedy = f"install Pulumi {required_version()} or newer with its Python language host"
    found = shutil.which("pulumi", path=environ.get("PATH"))
    if found is None:
        raise JobError(f"pulumi: not on PATH; {remedy}", kind="configuration")
    given = cli_version(Path(found), environ)
    if given is None:
        raise JobError(f"pulumi: '{found} version' does not answer; {remedy}", kind="configuration")
    if parse(given) < parse(required_version()):
        raise JobError(f"pulumi: {found} is {given}, too old; {remedy}", kind="configuration")
    beside = Path(found).resolve().parent
    path = f"{beside}:{environ.get('PATH', '')}"
    if shutil.which("pulumi-language-python", path=path) is None:
        raise JobError(
            f"pulumi: {found} has no pulumi-language-python beside it; {remedy}",
            kind="configuration",
        )
    return Path(found)


def cli_version(cli: Path, environ: Mapping[str, str]) -> str | None:
    """Return the version of a CLI; None if it does not run."""
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    answer = ask(Program(command=[cli, "version"], environment=quiet), timeout_s=_TIMEOUT_S)
    if answer.code:
        return None
    text = answer.output.strip().removeprefix("v")
    return text if re.match(r"\d+\.\d+", text) else None


def parse(text: str) -> tuple[int, ...]:
    """Return the numbers of a version: (3, 274, 1) for 3.274.1-dev."""
    match = re.match(r"[\d.]*\d", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()
