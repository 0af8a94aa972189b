"""Bake: `python -m job bake`, from nothing to an image of each node.

The nodes are a stack as any other, with credentials of their own, and go away however the bake
ends. Their images are another stack, whose state is forgotten at the end while the images stay.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex

from host import locks
from host.ending import Ending
from host.errors import JobError, LockedError, RefusedError
from job import commands
from job.bake import pruning, sealing
from job.bake.commits import Commits, as_setting
from job.bake.options import Options
from job.cloud import configuration
from job.cloud.boskos import lease
from job.cloud.boskos.client import Boskos, LostError, owner
from job.cloud.cleanup import destroy
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.engine import state
from job.cloud.engine.pulumi import Pulumi
from job.cloud.kinds import INSTANCES
from job.cloud.place import place_of
from job.nodes import ssh, wait
from stacks.naming import ROLES
from stacks.problems import key_of

_STACK_OF_IMAGES = "{}-images"
# An image of 500 GiB, of which a tenth is written, takes a few minutes.
_IMAGES_S = 3600.0
_SILENCE_S = 900.0
_LONGEST_NAME = 25
_BOSKOS_KIND = "gce-project"
# The settings are those of jobs that start from images.
_FROM_NOTHING = {
    key_of("baked_images"): "never",
    **{key_of(f"{role}_baked_image"): "" for role in ROLES},
}


def run(pulumi: Pulumi, options: Options, environ: Mapping[str, str]) -> None:
    """Bake both nodes. Raises JobError after the nodes are gone."""
    if len(pulumi.stack.name) > _LONGEST_NAME:
        raise RefusedError(
            f"--stack: {pulumi.stack.name!r} is too long for a bake, whose second stack is"
            f" {_STACK_OF_IMAGES.format(pulumi.stack.name)}; use at most {_LONGEST_NAME} characters"
        )
    _refuse_encrypted(pulumi)
    with (
        _alone(pulumi),
        closing(Ending()) as last,
        _in_project(_built_anew(pulumi), environ, last) as ready,
    ):
        _bake(ready, _Teardown(last, options.budget_s), environ)
        _prune(ready, options.keep)


def _bake(pulumi: Pulumi, teardown: "_Teardown", environ: Mapping[str, str]) -> None:
    with teardown.of(pulumi):
        commands.up(pulumi, [])
        commands.wait_for_nodes(pulumi, _patience(pulumi))
        outputs = commands.read_outputs(pulumi)
        commits = sealing.seal(ssh.nodes(outputs, pulumi.stack.folder), pulumi.ending)
        api = Api(place_of(pulumi.stack), Budget(_IMAGES_S, pulumi.ending), pulumi.tell)
        instances = {
            role: INSTANCES.resource_id.format(
                project=outputs["project"], zone=outputs["zones"][role], name=name
            )
            for role, name in outputs["instances"].items()
        }
        sealing.stop(api, list(instances.values()))
        images = _images(pulumi, outputs["zones"], commits, environ)
        with teardown.of(images):
            commands.up(images, [])
            for name in commands.read_outputs(images)["images"].values():
                pulumi.tell(f"image {name}")


@contextmanager
def _alone(pulumi: Pulumi) -> Iterator[None]:
    """Refuse a second bake of the stack, and a stack that exists.

    The engine's lock does not do, because it is free while the nodes are built.
    """
    lock = locks.take(pulumi.stack.folder.with_suffix(".bake"))
    if lock is None:
        raise LockedError(f"bake: stack {pulumi.stack.name} is being baked; use another name")
    with lock:
        _refuse_present(pulumi)
        yield


@contextmanager
def _in_project(pulumi: Pulumi, environ: Mapping[str, str], last: Ending) -> Iterator[Pulumi]:
    """Yield the project of the settings, or else one that is leased during the block.

    `last` ends the teardown: a lost project may belong to another job.
    """
    host = environ.get("BOSKOS_HOST", "")
    if pulumi.stack.settings.project or not host:
        yield pulumi
        return
    if not pulumi.stack.settings.baked_image_project:
        raise RefusedError(
            "devstack:bakedImageProject: images in a leased project would go with the lease; name"
            " the project in which they are kept"
        )

    def lose() -> None:
        for ending in (last, pulumi.ending):
            ending.ask(LostError("boskos: the lease was lost; the project is not touched any more"))

    boskos = Boskos(host=host, owner=owner(environ))
    holder = lease.Holder(pause=pulumi.ending.wait, on_lost=lose, say=pulumi.tell)
    with lease.hold(boskos, _BOSKOS_KIND, pace=lease.Pace(), holder=holder) as leased:
        yield replace(pulumi, stack=pulumi.stack.in_project(leased.name))


def _refuse_present(pulumi: Pulumi) -> None:
    """Refuse a stack that has resources. Its nodes would be sealed and destroyed."""
    if state.is_there(pulumi) and state.resources(pulumi):
        raise RefusedError(
            f"bake: stack {pulumi.stack.name} exists, and a bake would destroy it; run 'down' first"
            " or use another name"
        )


def _refuse_encrypted(pulumi: Pulumi) -> None:
    """Refuse encrypted settings: each stack has a key of its own."""
    for key, value in pulumi.stack.configuration.items():
        if isinstance(value, dict) and "secure" in value:
            raise RefusedError(
                f"{key}: it is encrypted for stack {pulumi.stack.name}, and the stack of the images"
                " cannot read it; give it by the environment, as the provider's documentation says"
            )


def _built_anew(pulumi: Pulumi) -> Pulumi:
    """Return the stack with nodes that start from no image."""
    pulumi.stack.override(_FROM_NOTHING)
    settings = replace(pulumi.stack.settings, baked_images="never")
    return replace(pulumi, stack=replace(pulumi.stack, settings=settings))


def _patience(pulumi: Pulumi) -> wait.Options:
    limit_s = pulumi.stack.settings.ready_timeout_s
    return wait.Options(wanted="all", timeout_s=limit_s, silence_s=_SILENCE_S)


@dataclass(frozen=True)
class _Teardown:
    """The end of a stack, within a time limit. Only `last` stops it, and not a signal."""

    last: Ending
    budget_s: float

    @contextmanager
    def of(self, pulumi: Pulumi) -> Iterator[None]:
        """Destroy the stack after the block, however it ends. Raises the block's error first."""
        failure: BaseException | None = None
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - whatever it is, the cloud goes first
            failure = error
        try:
            self.last.check()
            destroy.tear_down(replace(pulumi, ending=self.last), self.budget_s)
        except JobError as error:
            if failure is None:
                raise
            pulumi.tell(str(error))
        if failure:
            raise failure


def _images(
    pulumi: Pulumi, zones: Mapping[str, str], commits: Commits, environ: Mapping[str, str]
) -> Pulumi:
    """Return the stack of the images, which is not there yet."""
    name = _STACK_OF_IMAGES.format(pulumi.stack.name)
    own = {
        **_FROM_NOTHING,
        "gcp:project": pulumi.stack.settings.project,
        key_of("baked_from"): pulumi.stack.name,
        key_of("baked_at"): f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}",
        key_of("baked_commits"): as_setting(commits),
        **{key_of(f"{role}_zone"): zone for role, zone in zones.items()},
    }
    document = {"config": {**pulumi.stack.configuration, **own}}
    settings = configuration.read(document, stack=name, environ=environ)
    return commands.connect(name, environ, settings, pulumi.ending)


def _prune(pulumi: Pulumi, keep: int) -> None:
    settings, budget = pulumi.stack.settings, Budget(_IMAGES_S, pulumi.ending)
    here = place_of(pulumi.stack)
    there = replace(here, project=settings.baked_image_project or here.project)
    apis = {place.project: Api(place, budget, pulumi.tell) for place in (there, here)}
    pruning.prune(apis[there.project], apis.values(), settings.cluster_name, keep)
