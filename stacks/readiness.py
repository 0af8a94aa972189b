"""Readiness: let `pulumi up` wait until a node reports `ready` (docs/readiness.md)."""

from dataclasses import dataclass

import pulumi
from pulumi_command import remote
from pulumi_gcp import compute

from stacks.naming import Role

_DIAL_TIMEOUT_S = 15
# 20 minutes of silence, or 5 of refusals, for an instance to boot and start sshd.
_DIAL_ATTEMPTS = 60
# Between the node's own deadline and the engine's, so that the node can report its reason.
_GRACE_S = 120
# The subjects of devstack-status on the controller.
_SUBJECTS = {"controller": "node", "worker": "worker"}


@dataclass(frozen=True, kw_only=True)
class ReadinessArgs:
    """`host` is the controller for both roles: it also reports the worker's registration."""

    role: Role
    host: pulumi.Input[str]
    user: str
    private_key: pulumi.Input[str]
    host_key: pulumi.Input[str]
    timeout_s: int
    instance_id: pulumi.Input[str]
    """ID of the awaited instance. A new instance is awaited again."""
    ssh_rule: compute.Firewall
    """The rule that admits this machine to the controller."""


class Readiness(pulumi.ComponentResource):
    """Waits for a verdict. Any other than `ready` fails the update with the node's reason."""

    def __init__(
        self, name: str, args: ReadinessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("devstack:node:Readiness", name, None, opts)
        limit = f"{args.timeout_s + _DIAL_ATTEMPTS * _DIAL_TIMEOUT_S + _GRACE_S}s"
        remote.Command(
            name,
            connection=remote.ConnectionArgs(
                host=args.host,
                user=args.user,
                private_key=args.private_key,
                host_key=args.host_key,
                dial_error_limit=_DIAL_ATTEMPTS,
                per_dial_timeout=_DIAL_TIMEOUT_S,
            ),
            create=f"sudo /usr/local/sbin/devstack-status wait --for {_SUBJECTS[args.role]}"
            f" --timeout {args.timeout_s}",
            triggers=[args.instance_id],
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.ssh_rule],
                custom_timeouts=pulumi.CustomTimeouts(create=limit, update=limit),
            ),
        )
        self.register_outputs({})
