"""Outputs: the stack outputs for the job and the E2E configuration."""

from collections.abc import Mapping
from typing import Any

import pulumi

from stacks.clouds_yaml import clouds_yaml
from stacks.credentials import Credentials
from stacks.devstack import DevStack
from stacks.e2e_variables import e2e_variables
from stacks.images import path_of
from stacks.naming import Role
from stacks.node_images import NodeImages
from stacks.roles import NodeRole
from stacks.settings import Settings


def export(devstack: DevStack) -> None:
    """Declare the stack's outputs, as listed in docs/outputs.md."""
    settings, credentials, network = devstack.settings, devstack.credentials, devstack.network
    ip_and_credentials = pulumi.Output.all(network.external_ips["controller"], credentials)
    is_public = settings.auth_url_host == "public"
    outputs: dict[str, Any] = {
        **{f"{role}_public_ip": address for role, address in network.external_ips.items()},
        **{f"{role}_private_ip": node.internal_ip for role, node in devstack.roles.items()},
        "clouds_yaml": ip_and_credentials.apply(
            lambda args: clouds_yaml(
                args[0] if is_public else settings.controller_ip, args[1].admin_password
            )
        ),
        "availability_zones": list(settings.availability_zones),
        "e2e_variables": e2e_variables(settings),
        "ssh_user": settings.ssh_user,
        "ssh_private_key": credentials.apply(lambda c: c.ssh_private_key),
        # Public keys that derive from a secret. Mark them as public.
        "known_hosts": pulumi.Output.unsecret(
            ip_and_credentials.apply(lambda args: known_hosts(devstack.roles, args[0], args[1]))
        ),
        "tunnel_cidrs": [settings.internal_cidr, settings.floating_cidr],
        "project": settings.project,
        "region": settings.region,
        "zones": {role: node.zone for role, node in devstack.roles.items()},
        "baked_images": _baked_images(settings),
        "instances": {role: node.instance for role, node in devstack.roles.items()},
        "network": settings.existing_network or settings.owner.network,
        "mtu": settings.mtu,
    }
    for name, value in outputs.items():
        pulumi.export(name, value)


def _baked_images(settings: Settings) -> dict[Role, str]:
    """Return the path of each image of a finished node that a node started from."""
    named = {role: getattr(settings, f"{role}_baked_image") for role in settings.roles}
    return {role: path_of(image) for role, image in named.items() if image}


def export_images(images: NodeImages) -> None:
    """Declare the output of a stack of images: each image as `PROJECT/NAME`, by role."""
    pulumi.export("images", images.images)


def known_hosts(roles: Mapping[Role, NodeRole], public_ip: str, credentials: Credentials) -> str:
    """Return lines for ssh's UserKnownHostsFile: each address of a node with its host key."""
    addresses = {role: node.internal_ip for role, node in roles.items()}
    addresses["controller"] = f"{public_ip},{addresses['controller']}"
    return "".join(
        f"{address} {credentials.host_keys(role)[1]}\n" for role, address in addresses.items()
    )
