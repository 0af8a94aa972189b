"""The real DevStack on two machines that boot: built, tested, rebooted and tested again.

`make devstack MIRRORS=…`, as root, outside CI, since its repositories are in no package registry.
Takes about 15 minutes on two idle cores. Prints every stage and leaves facts.json and logs.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from host.folders import cache_dir
from localcloud.machines.strays import remove_strays, switch_name
from localcloud.machines.tree import ensure_tree
from tests.boot.nodes import make_credentials
from tests.devstack.cloud import Cloud, Row
from tests.devstack.site import RealSite
from tests.devstack.watch import Watch

_LOGS = ("opt/stack/logs", "var/log/devstack-node", "var/lib/devstack-node", "var/log/nova")
_ARCHIVE_S = 300
_SHUTDOWN_S = 600
"""The longest orderly shutdown seen took 256 s."""


def main() -> int:
    """Run all checks. Return 0, or raise the AssertionError of the first check that fails."""
    options = _options()
    options.artifacts.mkdir(parents=True, exist_ok=True, mode=0o700)
    cache = cache_dir(os.environ)
    remove_strays(cache)
    tree = ensure_tree(cache)
    run = Run(options.artifacts)
    prefix = f"{switch_name()}-"
    with (
        tempfile.TemporaryDirectory(prefix=prefix) as folder,
        closing(RealSite(Path(folder), tree, make_credentials(), options.mirrors)) as site,
    ):
        try:
            run.all(site)
        finally:
            run.keep(site)
    return 0


class Run:
    """One run of the checks, with the facts recorded so far."""

    def __init__(self, artifacts: Path) -> None:
        self._artifacts = artifacts
        self._began = time.monotonic()
        self.facts: dict[str, Any] = {"steps": {}}

    def all(self, site: RealSite) -> None:
        """Build the nodes, test the cloud, reboot both nodes and test it again."""
        self.facts["commits"] = site.commits
        site.controller.start()
        site.worker.start()
        cloud = Cloud(site)
        self._step("both nodes ready", lambda: Watch(site, self._say).until_ready())
        self._step("zones", lambda: self._zones(cloud))
        self._step("archives of logs without a secret", lambda: _archive_all(site))
        servers = self._step("servers", cloud.make_servers)
        assert servers["first"]["zone"] == servers["anywhere"]["zone"] == site.settings.primary_az
        assert servers["second"]["zone"] == site.settings.secondary_az
        self._step("floating addresses from outside", lambda: _ping_all(cloud, servers))
        self._step("reboot of both", lambda: _reboot_both(site))
        self._step("both nodes ready again", lambda: Watch(site, self._say).until_ready())
        self._step("zones again", lambda: self._zones(cloud))
        self._step("servers again", lambda: _start_all(cloud, servers))
        self._step("floating addresses again", lambda: _ping_all(cloud, servers))

    def keep(self, site: RealSite) -> None:
        """Leave the facts and both nodes' logs, with this run's passwords, in ARTIFACTS."""
        text = json.dumps(self.facts, indent=2) + "\n"
        (self._artifacts / "facts.json").write_text(text, encoding="utf-8")
        for machine in (site.controller, site.worker):
            target = self._artifacts / machine.name
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            shutil.copy2(machine.console, target)
            for name in _LOGS:
                if (machine.changes / name).is_dir():
                    shutil.copytree(machine.changes / name, target / name, symlinks=True)

    def _step(self, name: str, action: Callable[[], Any]) -> Any:
        self._say(name)
        began = time.monotonic()
        result = action()
        seconds = round(time.monotonic() - began, 1)
        self.facts["steps"][name] = {"seconds": seconds, "result": result}
        self._say(f"{name}: {seconds} s")
        return result

    def _zones(self, cloud: Cloud) -> dict[str, list[str]]:
        settings = cloud.settings
        zones = {kind: cloud.zones(kind) for kind in ("compute", "volume")}
        for kind, names in zones.items():
            assert names == sorted(settings.availability_zones), (kind, names)
        return zones

    def _say(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:6.0f} s  {line}", file=sys.stderr, flush=True)


def _archive_all(site: RealSite) -> dict[str, int]:
    """Collect both log archives and assert that no secret is in them; return file counts."""
    found = {}
    for machine in (site.controller, site.worker):
        site.assert_nobody_reads_a_secret(machine)
        files = site.archive(machine, _ARCHIVE_S)
        telling = {name: kept for name, text in files.items() if (kept := site.secrets_in(text))}
        assert not telling, f"{machine.name}: {sorted(telling)}"
        found[machine.name] = len(files)
    return found


def _ping_all(cloud: Cloud, servers: dict[str, Row]) -> dict[str, float]:
    return {name: cloud.ping(server["floating"]) for name, server in servers.items()}


def _start_all(cloud: Cloud, servers: dict[str, Row]) -> None:
    """Start the servers again: after a reboot of its host, Nova leaves a server shut off."""
    for name in servers:
        if cloud.ask("server", "show", name)["status"] == "SHUTOFF":
            cloud.do("server", "start", name)
        cloud.wait_for_server(name)


def _reboot_both(site: RealSite) -> None:
    machines = (site.controller, site.worker)
    for machine in machines:
        site.ssh(machine, "sudo systemctl reboot")
    for machine in machines:
        assert machine.wait_for_end(_SHUTDOWN_S), f"{machine.name} was shut down instead"
    for machine in machines:
        machine.start()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make devstack", description=__doc__)
    parser.add_argument(
        "--mirrors",
        type=Path,
        required=True,
        help="a folder of bare repositories OWNER/NAME.git, such as openstack/nova.git",
    )
    parser.add_argument("--artifacts", type=Path, required=True, help="where facts and logs go")
    options = parser.parse_args()
    if os.geteuid():
        parser.error("machines boot as root only")
    return options


if __name__ == "__main__":
    sys.exit(main())
