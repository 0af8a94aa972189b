"""Plugins: install localcloud's stand-ins where the engine looks for provider plugins.

They go into a PULUMI_HOME of localcloud's own: in the user's they would shadow the real ones.
"""

import hashlib
import io
import shlex
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from host.folders import CHECKOUT
from host.processes import Program, ask
from localcloud.errors import LocalcloudError
from localcloud.locks import exclusive

# The plugin's version is the SDK's: it is what the program asks the engine for.
SDK_OF_PLUGIN = {"gcp": "pulumi-gcp", "command": "pulumi-command"}
_TIMEOUT_S = 60

# By path and not by PYTHONPATH, which the commands that a plugin runs would inherit.
_LAUNCHER = """\
#!/bin/sh
exec {python} -c 'import runpy, sys
sys.path[0] = sys.argv.pop(1)
runpy.run_module("localcloud.plugins.{name}", run_name="__main__", alter_sys=True)' {checkout} "$@"
"""


def ensure_installed(
    cli: Path, cache: Path, environ: Mapping[str, str], python: Path | None = None
) -> Path:
    """Return the PULUMI_HOME of the stand-ins, and install them if it does not exist.

    `python` starts them; without it this process's interpreter does.
    """
    # They name the checkout and the interpreter, so each pair has a PULUMI_HOME.
    versions = {name: version(sdk) for name, sdk in SDK_OF_PLUGIN.items()}
    launchers = {name: _launcher(name, python or Path(sys.executable)) for name in versions}
    key = hashlib.sha256(repr((versions, launchers)).encode()).hexdigest()[:16]
    home = cache / "engine" / f"home-{key}"
    if home.is_dir():
        return home
    with exclusive(cache / "engine" / "plugins.lock", "it installs the plugins"):
        if not home.is_dir():
            unfinished = Path(tempfile.mkdtemp(prefix="installing-", dir=home.parent))
            for name, launcher in launchers.items():
                _install(cli, name, versions[name], launcher, {**environ, **_home(unfinished)})
            unfinished.rename(home)
    return home


def _home(folder: Path) -> dict[str, str]:
    return {"PULUMI_HOME": str(folder), "PULUMI_SKIP_UPDATE_CHECK": "true"}


def _launcher(name: str, python: Path) -> str:
    return _LAUNCHER.format(
        name=name, python=shlex.quote(str(python)), checkout=shlex.quote(str(CHECKOUT))
    )


def _install(
    cli: Path, name: str, plugin_version: str, launcher: str, environ: Mapping[str, str]
) -> None:
    """Install a plugin from an archive like the one that the CLI would have downloaded."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / f"{name}.tar.gz"
        _pack(f"pulumi-resource-{name}", launcher, archive)
        words = ("plugin", "install", "resource", name, plugin_version, "--file", archive)
        program = Program(command=[cli, *map(str, words)], environment=environ)
        answer = ask(program, timeout_s=_TIMEOUT_S)
    if answer.code:
        reason = " ".join((answer.errors + answer.output).split())
        shutil.rmtree(environ["PULUMI_HOME"], ignore_errors=True)
        raise LocalcloudError(f"plugins: {name} {plugin_version} was not installed: {reason}")


def _pack(name: str, text: str, archive: Path) -> None:
    """Write an archive with one executable."""
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = 0o755, len(text.encode())
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(entry, io.BytesIO(text.encode()))
