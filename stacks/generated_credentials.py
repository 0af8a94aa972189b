"""Generated credentials: made once per stack by a script, kept as secrets."""

import json
from pathlib import Path

import pulumi
from pulumi_command import local

from stacks.credentials import Credentials

_GENERATOR = Path(__file__).with_name("generate_credentials.py")


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
