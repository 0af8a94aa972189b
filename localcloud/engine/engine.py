"""Engine: the one that this machine has, or else the one that localcloud builds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from host.errors import JobError
from host.folders import cache_dir
from host.pulumi_cli import find_cli
from localcloud.console import say
from localcloud.engine.build import ensure_built
from localcloud.engine.plugins import ensure_installed


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A Pulumi CLI that works, and what a process that runs it needs in its environment."""

    cli: Path
    environment: dict[str, str]
    real_plugins: bool
    """Whether the provider plugins are Pulumi's own."""


def ensure(environ: Mapping[str, str] = os.environ) -> Engine:
    """Find or make an engine. Raises LocalcloudError with one line that says what to do."""
    cache = cache_dir(environ)
    user_cli = _user_cli(cache, environ)
    if user_cli is not None:
        # Its plugins and its PULUMI_HOME are the user's own business.
        return Engine(cli=user_cli, environment={}, real_plugins=True)
    built = ensure_built(cache, environ)
    home = ensure_installed(built / "pulumi", cache, environ)
    return Engine(
        cli=built / "pulumi",
        environment={
            "PATH": os.pathsep.join([str(built), environ.get("PATH", os.defpath)]),
            "PULUMI_HOME": str(home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # What is not there is an error at once, and not a download that fails later.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        },
        real_plugins=False,
    )


def _user_cli(cache: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the `pulumi` on PATH if it is suitable and not one that localcloud built."""
    found = which("pulumi", path=environ.get("PATH"))
    if found is None or Path(found).resolve().is_relative_to(cache.resolve()):
        return None
    try:
        return find_cli(environ)
    except JobError as unsuitable:
        say(f"{unsuitable}; using localcloud's own engine")
        return None
