"""Provider: command:local:Command and command:remote:Command, as pulumi-command has them.

Facts of the real plugin that programs depend on: the outputs are the inputs, stdout and stderr; an
update runs `update`, or else `create`; nothing runs in a preview; a failed command leaves nothing
in state; Read finds what state says.
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
    """Runs commands; it has no configuration."""

    name = "command"
    package = "pulumi-command"
    accept_secrets = True

    def check(self, call: Call, news: Properties) -> Checked:
        """See Provider."""
        require_known(call.type, _KINDS)
        return inputs.check(call.type, news)

    def diff(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Difference:
        """See Provider."""
        del call, state
        return Difference(diff.changed(old_inputs, news))

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """See Provider."""
        outputs: Properties = dict.fromkeys(_OUTPUTS, UNKNOWN if call.preview else "")
        if not call.preview and "create" in inputs:
            outputs = _run(call, "create", inputs, {})
        return f"{call.name}{secrets.token_hex(4)}", {**inputs, **outputs}

    def read(self, call: Call, state: Properties, inputs: Properties) -> Found | None:
        """See Provider: what a command did cannot be looked up."""
        return Found(call.resource_id, state, inputs)

    def update(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Properties:
        """See Provider."""
        outputs = {name: state[name] for name in _OUTPUTS if name in state}
        command = "update" if "update" in news else "create"
        if call.preview and diff.changed(old_inputs, news):
            outputs = dict.fromkeys(_OUTPUTS, UNKNOWN)
        elif not call.preview and command in news:
            outputs = _run(call, command, news, outputs)
        return {**news, **outputs}

    def delete(self, call: Call, state: Properties) -> None:
        """See Provider."""
        if "delete" in state:
            _run(call, "delete", state, {name: state.get(name, "") for name in _OUTPUTS})


def _run(call: Call, which: str, properties: Properties, outputs: Properties) -> Properties:
    """Run one of the three commands; `outputs` are those of the run before."""
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
