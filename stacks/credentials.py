"""Credentials: passwords, key pair and host keys, generated once per stack, kept as secrets."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

import pulumi
from pulumi_command import local

from stacks.naming import Role

_GENERATOR = Path(__file__).with_name("generate_credentials.py")


@dataclass(frozen=True, kw_only=True, repr=False)
class Credentials:
    """Secrets of a stack, left out of repr. Keys are in OpenSSH's formats."""

    admin_password: str
    database_password: str
    rabbit_password: str
    service_password: str
    ssh_private_key: str
    ssh_public_key: str
    controller_host_key: str
    controller_host_key_public: str
    worker_host_key: str
    worker_host_key_public: str

    def host_keys(self, role: Role) -> tuple[str, str]:
        """Return a node's private and public host key."""
        return getattr(self, f"{role}_host_key"), getattr(self, f"{role}_host_key_public")

    @classmethod
    def placeholder(cls) -> "Credentials":
        """Placeholders of real length, to measure the size of rendered documents."""
        lengths = {"password": 32, "key": 400, "public": 81}
        return cls(**{f.name: "x" * lengths[f.name.rpartition("_")[2]] for f in fields(cls)})


class GeneratedCredentials(pulumi.ComponentResource):
    """Credentials that never change during the life of a stack."""

    credentials: pulumi.Output[Credentials]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("devstack:node:Credentials", name, None, opts)
        generator = local.Command(
            name,
            # On standard input, since the plugin's working directory is not known.
            create="python3 -",
            stdin=_GENERATOR.read_text(encoding="utf-8"),
            logging=local.Logging.NONE,
            opts=pulumi.ResourceOptions(
                parent=self,
                additional_secret_outputs=["stdout"],
                # An update would run the command again and make keys that the nodes do not know.
                ignore_changes=["create", "stdin"],
            ),
        )
        self.credentials = pulumi.Output.secret(
            generator.stdout.apply(lambda text: Credentials(**json.loads(text)))
        )
        self.register_outputs({})
