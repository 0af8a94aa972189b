"""Outputs: what the job and the E2E configuration read of a stack; nothing else exports."""

from typing import Any

import pulumi

from stacks.clouds_yaml import clouds_yaml
from stacks.credentials import Credentials
from stacks.devstack import DevStack
from stacks.e2e_variables import e2e_variables
from stacks.settings import Settings


def export(devstack: DevStack) -> None:
    """Declare the stack's outputs, as listed in docs/outputs.md."""
    settings, credentials, network = devstack.settings, devstack.credentials, devstack.network
    public_ip = network.external_ips["controller"]
    instances = {"controller": settings.controller_hostname}
    if settings.worker:
        instances["worker"] = settings.worker_hostname
    outputs: dict[str, Any] = {
        "controller_public_ip": public_ip,
        "controller_private_ip": settings.controller_ip,
        "clouds_yaml": pulumi.Output.all(public_ip, credentials).apply(
            lambda args: clouds_yaml(
                args[0] if settings.auth_url_host == "public" else settings.controller_ip,
                args[1].admin_password,
            )
        ),
        "availability_zones": list(settings.availability_zones),
        "e2e_variables": e2e_variables(settings),
        "ssh_user": settings.ssh_user,
        "ssh_private_key": credentials.apply(lambda c: c.ssh_private_key),
        # Public halves, but made from a secret: say that they may be seen.
        "known_hosts": pulumi.Output.unsecret(
            pulumi.Output.all(public_ip, credentials).apply(
                lambda args: known_hosts(settings, args[0], args[1])
            )
        ),
        "tunnel_cidrs": [settings.internal_cidr, settings.floating_cidr],
        "project": settings.project,
        "region": settings.region,
        "zones": dict(devstack.zones),
        "instances": instances,
        "network": settings.existing_network or settings.name_prefix,
        "mtu": settings.mtu,
    }
    if settings.worker:
        outputs["worker_private_ip"] = settings.worker_ip
    if "worker" in network.external_ips:
        outputs["worker_public_ip"] = network.external_ips["worker"]
    for name, value in outputs.items():
        pulumi.export(name, value)


def known_hosts(settings: Settings, public_ip: str, credentials: Credentials) -> str:
    """Lines for ssh's UserKnownHostsFile: each address of a node with the key we gave it."""
    lines = [
        f"{public_ip},{settings.controller_ip} {credentials.controller_host_key_public}",
    ]
    if settings.worker:
        lines.append(f"{settings.worker_ip} {credentials.worker_host_key_public}")
    return "".join(f"{line}\n" for line in lines)
