"""Commands: the commands on a stack."""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from host.ending import EndedError, Ending
from host.errors import JobError, NoRoomError, RefusedError
from host.pulumi_cli import find_cli
from job.cloud import e2e_files, reservations, stack
from job.cloud.baked_images import BakedImages
from job.cloud.cleanup.recovery import at_work, recover
from job.cloud.configuration import SettingsFile
from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.state import is_there, learn_secrets, learn_settings, resources
from job.cloud.place import place_of
from job.cloud.zones import INSTANCE, Zones
from job.network.tunnel.holding import hold
from job.network.tunnel.options import Options
from job.network.tunnel.supervisor import Holder
from job.nodes import logs, wait
from job.nodes.ssh import Role
from job.redaction import sources
from job.redaction.known import SECRETS
from job.redaction.printing import print_as_it_is


def connect(
    name: str, environ: Mapping[str, str], settings: Path | SettingsFile | None, ending: Ending
) -> Pulumi:
    """Find the CLI and stage the stack. Raises JobError."""
    cli = find_cli(environ)
    staged = stack.stage(name, environ, settings=settings)
    staged.mend()
    events = staged.folder / "events"
    # Nobody needs the logs of the last command.
    shutil.rmtree(events, ignore_errors=True)
    return Pulumi(cli=cli, stack=staged, events=events, ending=ending)


def preview(pulumi: Pulumi, flags: Sequence[str]) -> None:
    """Show the changes that `up` would make."""
    _select(pulumi)
    known = resources(pulumi)
    Zones(pulumi.stack).choose(known)
    BakedImages(pulumi).choose(known)
    spared = reservations.spared(pulumi.stack.settings, known)
    pulumi.run("preview", "--stack", pulumi.stack.name, *spared, *flags)


def up(pulumi: Pulumi, flags: Sequence[str], built: Collection[Role] = ()) -> None:
    """Create or update everything. The nodes in `built` start from no baked image."""
    _select(pulumi)
    zones, images = Zones(pulumi.stack), BakedImages(pulumi)
    known = recover(pulumi)
    zones.choose(known)
    images.choose(known, built)
    flags = [*reservations.spared(pulumi.stack.settings, known), *flags]
    # Bounded: each failure removes a zone from a list, or the image of a node.
    while not _is_up(pulumi, flags, zones, images):
        # Remains of the node in the full zone would block the next attempt.
        recover(pulumi)


def replace(pulumi: Pulumi, roles: Collection[str], built: Collection[Role] = ()) -> None:
    """Replace the instances of these nodes. Those in `built` start from no baked image."""
    _require(pulumi)
    urns = {
        resource["urn"].rpartition("::")[2]: resource["urn"]
        for resource in resources(pulumi)
        if resource["type"] == INSTANCE
    }
    if absent := sorted(set(roles) - urns.keys()):
        raise JobError(f"stack {pulumi.stack.name} has no {' and no '.join(absent)}; run 'up'")
    up(pulumi, [f"--replace={urns[role]}" for role in sorted(roles)], built)


def _is_up(pulumi: Pulumi, flags: Sequence[str], zones: Zones, images: BakedImages) -> bool:
    """Run `up` once. Return False if it is worth another attempt, changed. Raises JobError."""
    try:
        with at_work(pulumi):
            pulumi.run("up", "--yes", "--skip-preview", "--stack", pulumi.stack.name, *flags)
    except (RefusedError, EndedError):
        raise
    except NoRoomError as error:
        raise _explained(pulumi, error) from None
    except JobError:
        pulumi.ending.check()
        logs, tell = pulumi.event_logs("up"), pulumi.tell
        if not zones.move_on(logs, tell) and not images.move_on(logs, tell):
            raise
        return False
    return True


def _explained(pulumi: Pulumi, error: NoRoomError) -> NoRoomError:
    """Add the stack's need of the exhausted quota, which the API does not report."""
    from job.run.preflight import quotas  # noqa: PLC0415 - 0.2 s of Google's client, for a failure alone

    amount = quotas.needed(pulumi.stack.settings, error.metric)
    return NoRoomError(f"{error}; this stack needs {amount} of it") if amount else error


def refresh(pulumi: Pulumi, flags: Sequence[str]) -> None:
    """Update the state from the cloud."""
    _select(pulumi)
    Zones(pulumi.stack).choose(recover(pulumi))
    pulumi.run("refresh", "--yes", "--skip-preview", "--stack", pulumi.stack.name, *flags)


def down(pulumi: Pulumi, budget_s: float) -> None:
    """Destroy everything, then remove the stack. Raises JobError if something is left."""
    from job.cloud.cleanup import destroy  # noqa: PLC0415 - 0.2 s of Google's client

    destroy.tear_down(pulumi, budget_s)


def missing(name: str) -> JobError:
    """Return the error for a missing stack."""
    return JobError(f"--stack: {name} does not exist; run 'up' first")


def outputs(pulumi: Pulumi, *, show_secrets: bool) -> None:
    """Print the outputs as JSON, with masked secrets unless they are asked for."""
    text = json.dumps(read_outputs(pulumi, show_secrets=show_secrets), indent=2)
    (print_as_it_is if show_secrets else print)(text)


def write_e2e_files(pulumi: Pulumi, folder: Path) -> None:
    """Write clouds.yaml and e2e.env."""
    for path in e2e_files.write(read_outputs(pulumi), folder):
        print(f"job: wrote {path}")


def open_tunnel(pulumi: Pulumi, options: Options, environ: Mapping[str, str]) -> None:
    """Keep a tunnel open in the foreground until a signal, which is no failure."""
    holder = Holder(ending=pulumi.ending, say=partial(print, flush=True))
    with suppress(EndedError):
        hold(read_outputs(pulumi), pulumi.stack.folder, options, environ, holder)


def wait_for_nodes(pulumi: Pulumi, options: wait.Options) -> None:
    """Follow the nodes until they are ready."""
    wait.run(read_outputs(pulumi), pulumi.stack.folder, options, pulumi.ending)


def collect_logs(pulumi: Pulumi, into: Path, cap_s: float) -> None:
    """Collect the nodes' diagnostics."""
    outputs, ending = read_outputs(pulumi), pulumi.ending
    learn_secrets(pulumi)
    place = place_of(pulumi.stack)
    logs.collect(outputs, place, pulumi.stack.folder, into, cap_s, print, ending.wait)


def read_outputs(pulumi: Pulumi, *, show_secrets: bool = True) -> dict[str, Any]:
    """Return the stack's outputs. Raises JobError if there is no stack."""
    _require(pulumi)
    flags = ["--show-secrets"] if show_secrets else []
    answer = pulumi.ask("stack output", "--json", "--stack", pulumi.stack.name, *flags)
    document: dict[str, Any] = json.loads(answer)
    SECRETS.learn(sources.of_outputs(document))
    return document


def _select(pulumi: Pulumi) -> None:
    """Create the stack in the backend if it does not exist."""
    pulumi.ask("stack select", pulumi.stack.name, "--create", "--secrets-provider", "passphrase")
    learn_settings(pulumi)


def _require(pulumi: Pulumi) -> None:
    if not is_there(pulumi):
        raise missing(pulumi.stack.name)
