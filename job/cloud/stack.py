"""Stack: a staged copy of a stack's project and settings, outside the checkout.

Pulumi writes files beside its project file, and the checkout may be read-only. So the CLI works in
a folder of the stack, whose project file refers to the program in the checkout.
"""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from host.errors import RefusedError
from host.folders import CHECKOUT, state_dir
from job.cloud import configuration
from job.cloud.configuration import Config, SettingsFile
from job.cloud.engine import backend
from job.redaction import sources
from job.redaction.known import SECRETS
from stacks.concealment import why_unreadable
from stacks.settings import Settings

# The stack's name is part of the instances' names.
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,30}[a-z0-9])?")
_PASSPHRASE_VARIABLES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
# Parameters of the encryption of secrets, which Pulumi writes into the settings file.
_ENCRYPTION_KEYS = ("secretsprovider", "encryptedkey", "encryptionsalt")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A staged stack."""

    name: str
    project_name: str
    """Name of the Pulumi project."""
    folder: Path
    backend_url: str
    environment: dict[str, str]
    """Environment of the CLI: the user's, with backend and passphrase."""
    configuration: Config
    """The raw configuration, for values that are no fields of `settings`."""
    settings: Settings
    """Typed settings, validated only in a job. In other commands the program validates them."""

    @property
    def settings_path(self) -> Path:
        """The staged settings file, which the engine reads and writes."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def keeps_its_own_state(self) -> bool:
        """Tell whether the state is in the stack's folder rather than in a user's backend."""
        return self.backend_url == _own_backend(self.folder)

    @property
    def unfinished(self) -> Path:
        """A file that exists during a run, and after an interrupted one."""
        return self.folder / "unfinished"

    def in_project(self, project: str) -> "Stack":
        """Use a project that was leased after the staging."""
        self.override({"gcp:project": project})
        return replace(self, settings=replace(self.settings, project=project))

    def override(self, config: Mapping[str, str]) -> None:
        """Set values in the staged file only, until the next staging."""
        document = _mapping(self.settings_path)
        document["config"] = {**(document.get("config") or {}), **config}
        _write(self.settings_path, document)

    def mend(self) -> None:
        """Delete empty files of a killed CLI, with which every later one would fail (EOF).

        The file backend creates these files before it fills them, and does not require them.
        """
        if self.keeps_its_own_state:
            for attributes in (self.folder / "backend").rglob("*.attrs"):
                if not attributes.stat().st_size:
                    attributes.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the stack's folder."""
        shutil.rmtree(self.folder)


def exists(name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a stack was staged on this machine, or may be in a user's backend."""
    return _folder(name, environ).is_dir() or bool(environ.get("PULUMI_BACKEND_URL"))


def stage(
    name: str,
    environ: Mapping[str, str],
    *,
    settings: Path | SettingsFile | None = None,
    checkout: Path = CHECKOUT,
) -> Stack:
    """Update the staged copy from the checkout. Raises RefusedError."""
    folder = _folder(name, environ)
    if not isinstance(settings, SettingsFile):
        document = _document(name, folder, environ, settings, checkout)
        settings = configuration.read(document, stack=name, environ=environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    project = _mapping(checkout / "Pulumi.yaml")
    project["main"] = str(checkout)
    options: dict[str, str] = project["runtime"]["options"]
    options.pop("virtualenv", None)
    if sys.prefix != sys.base_prefix:
        # The program uses the job's packages.
        options["virtualenv"] = sys.prefix
    staged = folder / f"Pulumi.{name}.yaml"
    kept = _mapping(staged) if staged.exists() else {}
    encryption = {key: kept[key] for key in _ENCRYPTION_KEYS if key in kept}
    _write(folder / "Pulumi.yaml", project)
    _write(staged, {**encryption, **settings.document})
    backend_url = environ.get("PULUMI_BACKEND_URL") or _own_backend(folder)
    if backend_url == _own_backend(folder):
        (folder / "backend").mkdir(exist_ok=True)
    environment = {**environ, "PULUMI_BACKEND_URL": backend_url}
    if "virtualenv" in options:
        # Language hosts without this option use the Python on PATH.
        path = environ.get("PATH", os.defpath)
        environment["PATH"] = f"{Path(sys.prefix, 'bin')}{os.pathsep}{path}"
    if not any(variable in environ for variable in _PASSPHRASE_VARIABLES):
        environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase(folder))
    SECRETS.learn(sources.of_environment(environment))
    SECRETS.learn(sources.of_settings(settings.config, project.get("config") or {}))
    return Stack(
        name=name,
        project_name=project["name"],
        folder=folder,
        backend_url=backend_url,
        environment=environment,
        configuration=settings.config,
        settings=settings.settings,
    )


def _folder(name: str, environ: Mapping[str, str]) -> Path:
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f"--stack: {name!r} is no name; use at most 32 of a-z, 0-9 and -, a letter first"
        )
    return state_dir(environ) / "stacks" / name


def _own_backend(folder: Path) -> str:
    return backend.url_of(folder / "backend")


def _document(
    name: str,
    folder: Path,
    environ: Mapping[str, str],
    settings: Path | None,
    checkout: Path,
) -> dict[str, Any]:
    """Return the named settings file, else the checkout's, else the last staged one."""
    if settings is None and environ.get("DEVSTACK_SETTINGS"):
        settings = Path(environ["DEVSTACK_SETTINGS"])
    file_name = f"Pulumi.{name}.yaml"
    if settings is not None:
        return _mapping(settings)
    for path in (checkout / file_name, folder / file_name):
        if path.exists():
            return _mapping(path)
    raise RefusedError(
        f"--stack: there is no {checkout / file_name}; write one like Pulumi.ci.yaml,"
        " or name a file with --settings"
    )


def _mapping(path: Path) -> dict[str, Any]:
    try:
        # libyaml: the project file with all its settings takes a tenth of the time.
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RefusedError(f"{path}: it cannot be read: {why_unreadable(error)}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise RefusedError(f"{path}: it is not a mapping; write it like Pulumi.ci.yaml")
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a file atomically."""
    partial = path.with_suffix(".partial")
    partial.write_text(yaml.safe_dump(dict(document), sort_keys=False), encoding="utf-8")
    partial.rename(path)


def _passphrase(folder: Path) -> Path:
    """Return the file of the stack's passphrase, which is generated once."""
    path = folder / "passphrase"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path
