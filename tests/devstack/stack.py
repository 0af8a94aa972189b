"""Stack: a stack on the real DevStack of this computer, by the commands that a person gives."""

import base64
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from host.folders import CHECKOUT
from localcloud import daemon
from localcloud.kind import Kind
from localcloud.machines.switch import in_namespace
from tests.secret_search import assert_nobody_reads

_BUILD_S = 3 * 3600
_COMMAND_S = 900
_SUITE_S = 3 * 3600
_SHUTDOWN_S = 600
"""The longest orderly shutdown seen took 256 s."""
_POLL_S = 2.0


class Stack:
    """One stack. `state` is the state folder of the job and of the cloud."""

    def __init__(self, name: str, state: Path, mirrors: Path | None, artifacts: Path) -> None:
        self.name = name
        self._kind = Kind(machines=True, devstack="real", mirrors=mirrors)
        self._state = state
        self._artifacts = artifacts
        self._settings: Path | None = None

    def up(self, settings: Mapping[str, str]) -> dict[str, Any]:
        """Create the stack with these settings. Return what it started from."""
        document = yaml.safe_load((CHECKOUT / "Pulumi.ci.yaml").read_text(encoding="utf-8"))
        document["config"] |= {f"devstack:{key}": value for key, value in settings.items()}
        self._artifacts.mkdir(parents=True, exist_ok=True)
        self._settings = self._artifacts / "settings.yaml"
        self._settings.write_text(yaml.safe_dump(document), encoding="utf-8")
        self._job("up", timeout_s=_BUILD_S)
        self._job("e2e-files", "--dir", str(self._artifacts))
        return {"images": self._outputs().get("baked_images", {})}

    def bake(self) -> None:
        """Build nodes and keep an image of each."""
        self._job("bake", timeout_s=_BUILD_S)

    def wait(self) -> None:
        """Wait until both nodes and the registration are ready."""
        self._job("wait", "--for", "all", "--timeout", str(_BUILD_S), timeout_s=_BUILD_S)

    def down(self) -> None:
        """Destroy it."""
        self._job("down")

    def end_cloud(self) -> None:
        """End the cloud, with whatever is in it."""
        self._localcloud("stop", *self._kind.options)

    def keep_logs(self) -> None:
        """Keep the logs of both nodes."""
        self._job("logs", "--dir", str(self._artifacts / "nodes"))

    def checks(self, zones: tuple[str, str], *flags: str) -> Any:
        """Run the checks from outside both nodes. Return what they found."""
        words = ("--clouds", str(self._clouds), "--zones", *zones, *flags)
        return json.loads(self._beside_nodes("tests.devstack.checks", *words))

    def suite(self, name: str) -> str:
        """Run a suite of somebody else's. Return its summary.

        Raises CalledProcessError, with the summary as its output, if a test failed.
        """
        prepare = (sys.executable, "-m", f"tests.devstack.{name}", "--prepare")
        subprocess.run(prepare, check=True, cwd=CHECKOUT, timeout=_COMMAND_S)
        words = ("--clouds", str(self._clouds), "--artifacts", str(self._artifacts / name))
        return self._beside_nodes(f"tests.devstack.{name}", *words)

    def assert_nobody_reads_a_secret(self) -> dict[str, int]:
        """Search both nodes, and the archives of their logs. Return the number of files of each."""
        found = {}
        for role, address in self._addresses().items():
            conf = self._ssh(address, "sudo cat /etc/devstack-node/local.conf").decode()
            secrets = sorted(set(re.findall(r"_PASSWORD=(\w+)", conf)))
            assert secrets
            assert_nobody_reads(
                lambda command, text, at=address: self._ssh(at, command, text, fails=True).decode(),
                secrets,
            )
            packed = base64.b64decode(self._ssh(address, "sudo devstack-logs | base64"))
            with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
                files = [file for name in archive.getnames() if (file := archive.extractfile(name))]
                texts = [file.read().decode(errors="replace") for file in files]
            telling = [s for s in secrets if any(s in t or quote(s) in t for t in texts)]
            assert not telling, f"{role}: {len(telling)} secrets are in the archive of its logs"
            found[role] = len(files)
        return found

    def reboot_both(self) -> None:
        """Reboot both nodes in an orderly way, at once, and wait until they answer again."""
        addresses = self._addresses().values()
        before = {address: self._boot_id(address) for address in addresses}
        for address in addresses:
            self._ssh(address, "sudo systemctl reboot", fails=True)
        deadline = time.monotonic() + _SHUTDOWN_S
        while any(self._boot_id(address) in {"", before[address]} for address in addresses):
            assert time.monotonic() < deadline, "the nodes did not reboot"
            time.sleep(_POLL_S)

    def _boot_id(self, address: str) -> str:
        return self._ssh(address, "cat /proc/sys/kernel/random/boot_id", fails=True).decode()

    @property
    def _clouds(self) -> Path:
        return self._artifacts / "clouds.yaml"

    def _outputs(self) -> dict[str, Any]:
        words = ("-m", "job", "outputs", "--stack", self.name, "--show-secrets")
        outputs: dict[str, Any] = json.loads(self._run((), words, _COMMAND_S))
        return outputs

    def _addresses(self) -> dict[str, str]:
        outputs = self._outputs()
        return {role: outputs[f"{role}_private_ip"] for role in ("controller", "worker")}

    def _ssh(self, address: str, command: str, text: str = "", *, fails: bool = False) -> bytes:
        """Run a command on a node, from outside both. `fails` accepts every exit status."""
        outputs = self._outputs()
        key, known = self._artifacts / "key", self._artifacts / "known_hosts"
        key.touch(mode=0o600)
        key.write_text(outputs["ssh_private_key"], encoding="utf-8")
        known.write_text(outputs["known_hosts"], encoding="utf-8")
        options = ("BatchMode=yes", "ConnectTimeout=10", f"UserKnownHostsFile={known}")
        words = [word for option in options for word in ("-o", option)]
        running = daemon.find(self._state / self._kind.name)
        assert running, "the cloud does not run"
        login = ("ssh", "-F", "none", "-i", str(key), *words, f"{outputs['ssh_user']}@{address}")
        done = subprocess.run(
            in_namespace(Path(running.beside_nodes), [*login, command]),
            capture_output=True,
            check=not fails,
            input=text.encode(),
            timeout=_COMMAND_S,
        )
        return done.stdout

    def _job(self, command: str, *flags: str, timeout_s: float = _COMMAND_S) -> None:
        """Run a command of the job and print what it says."""
        words = ("-m", "job", command, "--stack", self.name, *flags)
        self._run((), words, timeout_s, answer=sys.stderr.fileno())

    def _beside_nodes(self, module: str, *words: str) -> str:
        return self._run(("--beside-nodes",), ("-m", module, *words), _SUITE_S)

    def _run(
        self,
        where: tuple[str, ...],
        words: tuple[str, ...],
        timeout_s: float,
        answer: int = subprocess.PIPE,
    ) -> str:
        settings = ("--settings", str(self._settings)) if self._settings else ()
        options = (*self._kind.options, *where, *settings)
        command = ("run", *options, "--", sys.executable, *words)
        return self._localcloud(*command, timeout_s=timeout_s, answer=answer)

    def _localcloud(
        self, *words: str, timeout_s: float = _COMMAND_S, answer: int = subprocess.PIPE
    ) -> str:
        """Run localcloud and return its answer, unless that goes to the file `answer`."""
        done = subprocess.run(
            [sys.executable, "-m", "localcloud", *words],
            check=True,
            cwd=CHECKOUT,
            env={**os.environ, "DEVSTACK_STATE_DIR": str(self._state)},
            stdout=answer,
            text=True,
            timeout=timeout_s,
        )
        return done.stdout or ""
