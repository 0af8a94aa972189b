"""Job: the order of the phases, from checkout to teardown. Each phase has its own module."""

import traceback
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from host.ending import Ending, ended_by_signals
from host.errors import JobError
from job import commands
from job.cloud import e2e_files
from job.cloud.boskos import lease
from job.cloud.boskos.client import Boskos, LostError, owner
from job.cloud.engine.pulumi import Pulumi
from job.nodes import ssh
from job.redaction.artifacts import Artifacts
from job.reports.timeline import Timeline
from job.run import engine_logs, publishing
from job.run.context import Context
from job.run.environment import reading
from job.run.job_kind import Kind
from job.run.log import Log
from job.run.phases import first_checks, suite, teardown, upload
from job.run.phases.open_tunnel import Tunnel
from job.run.phases.prerequisites import Prerequisites
from job.run.phases.watched_nodes import Images, Nodes, SilentError, UnfitImageError

_LOST = LostError("boskos: the lease was lost; the project is not touched any more")


def run(kind: Kind, capo: Path, environ: Mapping[str, str]) -> None:
    """Run a whole job. Raises JobError after the teardown if it failed."""
    job = reading.read(environ, capo, kind)
    artifacts = Artifacts(job.artifacts)
    with (
        closing(Log(artifacts)) as log,
        TemporaryDirectory(prefix="devstack-job-") as folder,
        ended_by_signals() as ending,
        closing(Ending()) as last,
    ):
        context = Context(
            kind=kind,
            job=job,
            artifacts=artifacts,
            log=log,
            timeline=Timeline(artifacts),
            ending=ending,
            last=last,
            folder=Path(folder),
        )
        failure: JobError | None = None
        try:
            _whole(context)
        except JobError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a defect of ours must not hide the report
            log.say(traceback.format_exc())
            failure = JobError(f"job: a defect of its own: {error!r}")
        publishing.write(context, failure)
        if failure:
            raise failure


def _whole(context: Context) -> None:
    job = context.job
    timer = context.end_after(job.deadline_s) if job.deadline_s else None
    try:
        for warning in job.warnings:
            context.log.say(f"warning: {warning}")
        with context.timeline.span("job", "preflight"):
            staged = _stage(context)
            first_checks.before_lease(context, staged)
        with _in_project(context, staged) as pulumi, teardown.afterwards(context, pulumi):
            _build_and_test(context, pulumi)
    finally:
        if timer:
            timer.cancel()


@contextmanager
def _in_project(context: Context, pulumi: Pulumi) -> Iterator[Pulumi]:
    """Yield the environment's project, or one that is leased during the block."""
    job = context.job
    if not job.leases:
        yield pulumi
        return
    with ExitStack() as stack:
        with context.timeline.span("job", "boskos"):
            leased = stack.enter_context(
                lease.hold(
                    Boskos(host=job.boskos_host, owner=owner(job.variables)),
                    job.boskos_kind,
                    pace=lease.Pace(acquire_limit_s=job.boskos_wait_s, heartbeat_s=job.heartbeat_s),
                    holder=lease.Holder(
                        pause=context.ending.wait,
                        on_lost=lambda: context.lose(_LOST),
                        say=context.log.say,
                    ),
                )
            )
        yield replace(pulumi, stack=pulumi.stack.in_project(leased.name))


def _stage(context: Context) -> Pulumi:
    """Stage the stack with the job's settings, and return its engine."""
    job = context.job
    pulumi = commands.connect(job.stack, job.variables, job.settings_file, context.ending)
    return replace(
        pulumi,
        say=context.log.pass_on,
        events=context.events,
        ended=partial(engine_logs.keep, context),
        grace=teardown.GRACE,
    )


def _build_and_test(context: Context, pulumi: Pulumi) -> None:
    span = context.timeline.span
    with span("job", "project"):
        first_checks.of_project(context, pulumi)
    with closing(Prerequisites(context)) as prerequisites:
        with span("job", "up"):
            commands.up(pulumi, [])
        left = context.job.replacements
        while True:
            try:
                return _test(context, pulumi, prerequisites)
            except UnfitImageError as unfit:
                if pulumi.stack.settings.baked_images == "require":
                    raise
                # Bounded: the new node starts from no image.
                _replace(context, pulumi, unfit, built=[unfit.role])
            except SilentError as silent:
                if not left:
                    raise
                left -= 1
                _replace(context, pulumi, silent)


def _test(context: Context, pulumi: Pulumi, prerequisites: Prerequisites) -> None:
    """Run the tests as soon as the cloud is usable."""
    span = context.timeline.span
    outputs = commands.read_outputs(pulumi)
    context.log.say(_where(outputs))
    access = ssh.nodes(outputs, pulumi.stack.folder)
    with _watched(context, pulumi, outputs, access) as nodes:
        prerequisites.wait()
        if context.kind == "e2e":
            with span("job", "upload"):
                upload.run(context, access["controller"], prerequisites.archive)
        with span("job", "controller ready"):
            nodes.wait_for_controller(pulumi.stack.settings.ready_timeout_s)
        clouds_yaml, _ = e2e_files.write(outputs, pulumi.stack.folder)
        nodes.tests_begin()
        with span("job", "tests"):
            suite.run(context, clouds_yaml, outputs["e2e_variables"])


def _replace(
    context: Context,
    pulumi: Pulumi,
    why: SilentError | UnfitImageError,
    built: Collection[ssh.Role] = (),
) -> None:
    """Replace a node. With the controller, replace the worker too, which depends on it."""
    context.ending.withdraw(why)
    roles: list[ssh.Role] = [why.role]
    if why.role == "controller" and commands.read_outputs(pulumi).get("worker_private_ip"):
        roles.append("worker")
    how = f"; {why.role} starts from no image this time" if built else ""
    context.log.say(f"{why}; replacing {' and '.join(roles)}{how}")
    with context.timeline.span("job", f"replace {' and '.join(roles)}{_of_image(why)}"):
        commands.replace(pulumi, roles, built)


def _of_image(why: SilentError | UnfitImageError) -> str:
    """Return what the report says of an image that was of no use."""
    return f", image {why.image.rpartition('/')[2]}" if isinstance(why, UnfitImageError) else ""


@contextmanager
def _watched(
    context: Context,
    pulumi: Pulumi,
    outputs: Mapping[str, Any],
    access: Mapping[ssh.Role, ssh.Access],
) -> Iterator[Nodes]:
    with ExitStack() as stack:
        images = Images(
            paths=outputs["baked_images"],
            timeout_s=pulumi.stack.settings.baked_ready_timeout_s,
        )
        nodes = stack.enter_context(closing(Nodes(context, access, images)))
        if context.job.tunnel != "none":
            tunnel = stack.enter_context(closing(Tunnel(context, pulumi.stack.folder, outputs)))
            tunnel.wait()
        yield nodes


def _where(outputs: Mapping[str, Any]) -> str:
    zones = ", ".join(f"{role} in {zone}" for role, zone in outputs["zones"].items())
    images = ", ".join(f"{role} from {image}" for role, image in outputs["baked_images"].items())
    return f"cloud: {zones}; controller at {outputs['controller_public_ip']}" + (
        f"; {images}" if images else ""
    )
