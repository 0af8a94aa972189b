"""Provider: command:local:Command and command:remote:Command, as pulumi-command has them.

Programs depend on these facts of the real plugin:

- The outputs are the inputs, stdout and stderr.
- An update runs `update`, or `create` if there is no `update`.
- A preview runs nothing.
- A resource whose first command fails is not in state.
- Read returns the state unchanged.
"""

import secrets
from types import ModuleType

from localcloud.plugins.command import diff, inputs, local
from localcloud.plugins.provider import (
    Call,
    Checked,
    Difference,
    Found,
    Provider,
    require_known,
)
from localcloud.plugins.values import UNKNOWN, Properties, public

_OUTPUTS = ("stdout", "stderr")
_KINDS = (inputs.LOCAL, inputs.REMOTE)


class CommandProvider(Provider):
    """A provider of commands. It has no configuration."""

    name = "command"
    package = "pulumi-command"
    accept_secrets = True

    def check(self, call: Call, news: Properties) -> Checked:
        require_known(call.type, _KINDS)
        return inputs.check(call.type, news)

    def diff(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Difference:
        """Compare the inputs alone. A command's outputs have no wanted value."""
        del call, state
        return Difference(diff.changed(old_inputs, news))

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        outputs: Properties = dict.fromkeys(_OUTPUTS, UNKNOWN if call.preview else "")
        if not call.preview and "create" in inputs:
            outputs = _run(call, "create", inputs, {})
        # The form of the real plugin's IDs: the logical name and 8 random hexadecimal digits.
        return f"{call.name}{secrets.token_hex(4)}", {**inputs, **outputs}

    def read(self, call: Call, state: Properties, inputs: Properties) -> Found | None:
        """Return the state unchanged: nobody can look up the effect of a command."""
        return Found(call.resource_id, state, inputs)

    def update(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Properties:
        outputs = {name: state[name] for name in _OUTPUTS if name in state}
        command = "update" if "update" in news else "create"
        # A preview without changes keeps the outputs, so it shows no changes of dependents either.
        if call.preview and diff.changed(old_inputs, news):
            outputs = dict.fromkeys(_OUTPUTS, UNKNOWN)
        elif not call.preview and command in news:
            outputs = _run(call, command, news, outputs)
        return {**news, **outputs}

    def delete(self, call: Call, state: Properties) -> None:
        """Run the `delete` command in state, if it has one. The engine passes no inputs here."""
        if "delete" in state:
            _run(call, "delete", state, {name: state.get(name, "") for name in _OUTPUTS})


def _run(call: Call, which: str, properties: Properties, outputs: Properties) -> Properties:
    """Run `create`, `update` or `delete` and return its outputs.

    `outputs` of the run before are passed in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.
    """
    plain = public(properties)
    previous = {}
    if plain.get("addPreviousOutputInEnv", True):
        previous = {
            f"PULUMI_COMMAND_{name.upper()}": text for name, text in public(outputs).items() if text
        }
    result: Properties = _runner(call.type).run(call, plain[which], plain, previous)
    return result


def _runner(kind: str) -> ModuleType:
    if kind == inputs.LOCAL:
        return local
    from localcloud.plugins.command import remote  # noqa: PLC0415 - as slow as all the rest

    return remote
