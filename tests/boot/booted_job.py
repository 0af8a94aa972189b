"""Booted job: run a job's commands in its network namespace, on a cloud whose machines boot."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from host.folders import CHECKOUT
from localcloud.engine.engine import ensure
from localcloud.machines.booted_cloud import BootedCloud
from tests.patience import PATIENCE_S

STACK = "machines"


class BootedJob:
    """One stack on a booted cloud; its state is in a folder of the test."""

    def __init__(self, cloud: BootedCloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.staged = folder / "state" / "stacks" / STACK
        self.environment = {
            **os.environ,
            **ensure().environment,
            "DEVSTACK_STATE_DIR": str(folder / "state"),
            "DEVSTACK_SETTINGS": str(cloud.settings(folder)),
        }

    def run(self, *words: str, timeout_s: float = 2 * PATIENCE_S, **variables: str) -> str:
        """Run a command in the job's namespace and return its output; fail the test if it fails."""
        done = subprocess.run(
            self.cloud.command(*words),
            capture_output=True,
            check=False,
            cwd=CHECKOUT,
            env={**self.environment, **variables},
            text=True,
            timeout=timeout_s,
        )
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def job(self, command: str, *flags: str) -> str:
        """Run `python -m job` on the stack and return its output."""
        return self.run(sys.executable, "-m", "job", command, "--stack", STACK, *flags)

    def pulumi(self, *words: str) -> str:
        """Run the Pulumi CLI on the stack and return its output."""
        backend = f"file://{self.staged / 'backend'}"
        return self.run(
            *("pulumi", "--cwd", str(self.staged), *words, "--stack", STACK),
            PULUMI_BACKEND_URL=backend,
            PULUMI_CONFIG_PASSPHRASE_FILE=str(self.staged / "passphrase"),
        )

    def ssh(self, address: str, command: str) -> bytes:
        """Run a command on a node, with its host key checked. Assumes a tunnel's files."""
        options = ("StrictHostKeyChecking=yes", "BatchMode=yes", "ConnectTimeout=10")
        words = [word for option in options for word in ("-o", option)]
        files = ["-i", self.staged / "ssh_key", "-o", f"UserKnownHostsFile={self._known_hosts}"]
        return subprocess.run(
            self.cloud.command("ssh", "-F", "none", *map(str, files), *words, address, command),
            capture_output=True,
            check=True,
            timeout=PATIENCE_S,
        ).stdout

    @property
    def _known_hosts(self) -> Path:
        return self.staged / "known_hosts"

    @contextlib.contextmanager
    def tunnel(self) -> Iterator[None]:
        """Hold the stack's tunnel open while the block runs."""
        log = self.folder / "tunnel.log"
        words = (sys.executable, "-m", "job", "tunnel", "--stack", STACK)
        with log.open("w") as output:
            process = subprocess.Popen(
                self.cloud.command(*words),
                cwd=CHECKOUT,
                env=self.environment,
                stderr=subprocess.STDOUT,
                stdout=output,
            )
        try:
            deadline = time.monotonic() + PATIENCE_S
            while "tunnel: ready" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)
