"""Commands: what the job can do with a stack."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from job import e2e_files, graph, stack
from job.ending import EndedError, Ending
from job.errors import JobError, RefusedError
from job.locks import release_stale
from job.pending import reconcile
from job.pulumi import Pulumi
from job.tunnel import command as tunnel
from job.versions import find_cli
from job.zones import Zones

_DESTROY_ATTEMPTS = 2


def connect(name: str, environ: Mapping[str, str], settings: Path | None, ending: Ending) -> Pulumi:
    """Find the CLI and stage the stack. Raises JobError."""
    cli = find_cli(environ)
    staged = stack.stage(name, environ, settings=settings)
    staged.mend()
    events = staged.folder / "events"
    # Those of the last run are of no use to anybody.
    shutil.rmtree(events, ignore_errors=True)
    return Pulumi(cli=cli, stack=staged, events=events, ending=ending)


def preview(pulumi: Pulumi, flags: Sequence[str]) -> None:
    """Show what `up` would change; changes nothing."""
    _select(pulumi)
    Zones(pulumi.stack).choose(_resources(pulumi))
    pulumi.run("preview", "--stack", pulumi.stack.name, *flags)


def up(pulumi: Pulumi, flags: Sequence[str]) -> None:
    """Create or update everything."""
    _select(pulumi)
    zones = Zones(pulumi.stack)
    zones.choose(_recover(pulumi))
    # Each failure takes a zone off a list.
    while not _is_up(pulumi, flags, zones):
        # What the full zone has kept of the node would be in the way.
        _recover(pulumi)


def _is_up(pulumi: Pulumi, flags: Sequence[str], zones: Zones) -> bool:
    """Try once; False if another zone is to be tried. Raises JobError for all other failures."""
    try:
        with _at_work(pulumi):
            pulumi.run("up", "--yes", "--skip-preview", "--stack", pulumi.stack.name, *flags)
    except (RefusedError, EndedError):
        raise
    except JobError:
        pulumi.ending.check()
        if not zones.move_on(pulumi.event_logs("up"), pulumi.tell):
            raise
        return False
    return True


def refresh(pulumi: Pulumi, flags: Sequence[str]) -> None:
    """Read back what the cloud holds."""
    _select(pulumi)
    Zones(pulumi.stack).choose(_recover(pulumi))
    pulumi.run("refresh", "--yes", "--skip-preview", "--stack", pulumi.stack.name, *flags)


def down(pulumi: Pulumi) -> None:
    """Destroy everything, then remove the stack. Raises JobError if something is left."""
    name = pulumi.stack.name
    if not _is_there(pulumi):
        pulumi.stack.remove()
        nothing(name)
        return
    for attempt in range(1, _DESTROY_ATTEMPTS + 1):
        _recover(pulumi)
        try:
            with _at_work(pulumi):
                _destroy(pulumi, look_first=attempt > 1)
            break
        except (RefusedError, EndedError):
            raise
        except JobError as error:
            print(error, flush=True)
            if attempt == _DESTROY_ATTEMPTS:
                raise JobError(_what_is_left(pulumi)) from error
            print("job: destroying once more", flush=True)
    pulumi.stack.remove()


def _destroy(pulumi: Pulumi, *, look_first: bool) -> None:
    flags = ["--yes", "--skip-preview", "--continue-on-error", "--remove"]
    if look_first:
        # What failed may be gone by now.
        flags.append("--refresh")
    pulumi.run("destroy", *flags, "--stack", pulumi.stack.name)


def _what_is_left(pulumi: Pulumi) -> str:
    left = [
        resource.get("id") or resource["urn"]
        for resource in _resources(pulumi)
        if resource["custom"] and not resource["type"].startswith("pulumi:")
    ]
    return f"down: left over: {', '.join(left)}; run 'down' again"


def nothing(name: str) -> None:
    """Say that there was nothing to destroy."""
    print(f"job: stack {name} does not exist; there is nothing to destroy")


def missing(name: str) -> JobError:
    """The error of what needs a stack that is there."""
    return JobError(f"--stack: {name} does not exist; run 'up' first")


def outputs(pulumi: Pulumi, *, show_secrets: bool) -> None:
    """Print the outputs as JSON, secrets masked unless they are asked for."""
    print(json.dumps(read_outputs(pulumi, show_secrets=show_secrets), indent=2))


def write_e2e_files(pulumi: Pulumi, folder: Path) -> None:
    """Write what the E2E suite reads."""
    for path in e2e_files.write(read_outputs(pulumi), folder):
        print(f"job: wrote {path}")


def open_tunnel(pulumi: Pulumi, options: tunnel.Options) -> None:
    """Hold a tunnel open in the foreground until a signal ends it."""
    with tunnel.stopped_by_signals() as stop:
        outputs = read_outputs(pulumi)
        tunnel.run(outputs, pulumi.stack.folder, options, pulumi.stack.environment, stop)


def draw_graph(pulumi: Pulumi, language: str, into: Path | None) -> None:
    """Print the resource graph, or put it into a document."""
    _require(pulumi)
    state = json.loads(pulumi.ask("stack export", "--stack", pulumi.stack.name))
    if into is None:
        print(graph.draw(state["deployment"] or {}, language))
    else:
        graph.put_into(into, graph.draw(state["deployment"] or {}, "mermaid"))
        print(f"job: drew the graph into {into}")


def read_outputs(pulumi: Pulumi, *, show_secrets: bool = True) -> dict[str, Any]:
    """The outputs. Raises JobError if there is no stack."""
    _require(pulumi)
    flags = ["--show-secrets"] if show_secrets else []
    answer = pulumi.ask("stack output", "--json", "--stack", pulumi.stack.name, *flags)
    document: dict[str, Any] = json.loads(answer)
    return document


def _select(pulumi: Pulumi) -> None:
    """Make the stack if it is not there."""
    pulumi.ask("stack select", pulumi.stack.name, "--create", "--secrets-provider", "passphrase")


def _require(pulumi: Pulumi) -> None:
    if not _is_there(pulumi):
        raise missing(pulumi.stack.name)


def _is_there(pulumi: Pulumi) -> bool:
    answer = pulumi.ask("stack ls", "--json")
    # In Pulumi's own service a name may come with its organization.
    names = {entry["name"].rpartition("/")[2] for entry in json.loads(answer)}
    return pulumi.stack.name in names


def _recover(pulumi: Pulumi) -> list[dict[str, Any]]:
    """Deal with what a killed run left: its lock, and what it was doing. The resources in state."""
    release_stale(pulumi)
    resources: list[dict[str, Any]] = reconcile(pulumi).get("resources") or []
    if pulumi.stack.unfinished.exists():
        # Google's client takes half a second to import, which only this case needs.
        from job import compute, strays  # noqa: PLC0415 - slow, and seldom needed

        known = {resource.get("id", "") for resource in resources}
        for stray in strays.remove(compute.place_of(pulumi.stack), known):
            pulumi.tell(f"deleted {stray}, which an earlier run left")
    return resources


@contextmanager
def _at_work(pulumi: Pulumi) -> Iterator[None]:
    """Mark the stack until the work is done; a mark that stays says that it was cut off."""
    pulumi.stack.unfinished.touch()
    yield
    pulumi.stack.unfinished.unlink()


def _resources(pulumi: Pulumi) -> list[dict[str, Any]]:
    state = json.loads(pulumi.ask("stack export", "--stack", pulumi.stack.name))
    resources: list[dict[str, Any]] = (state["deployment"] or {}).get("resources") or []
    return resources
