"""Holding: keep a stack's tunnel open until its holder ends it. Needs root.

Everything that enters a network namespace or changes its rules is a separate program, so the
calling process keeps its namespace and its environment.
"""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from host.errors import JobError
from job.network.tunnel import record, redirection
from job.network.tunnel.bridge import container_on
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.options import Options
from job.network.tunnel.remote_python import wait_for_python
from job.network.tunnel.sshuttle import environment, find_program
from job.network.tunnel.supervisor import Holder, Supervisor
from job.nodes.ssh import Access, require

_WEB = 80


def hold(
    outputs: Mapping[str, Any],
    folder: Path,
    options: Options,
    environ: Mapping[str, str],
    holder: Holder,
) -> None:
    """Hold the tunnel open. Raises the holder's reason at its end, else JobError."""
    require(outputs, "controller_private_ip", "tunnel_cidrs")
    access = Access.write(outputs, folder)
    cidrs = [str(ip_network(cidr)) for cidr in outputs["tunnel_cidrs"]]
    deadline = time.monotonic() + options.ready_s
    namespace = Namespace(path=options.netns, environment=environment(environ))
    record.take_over(folder / "tunnel.json", namespace, holder.say)
    program, version = find_program(namespace)
    method = redirection.choose(namespace)
    target = options.probe or (outputs["controller_private_ip"], _WEB)
    holder.say(f"tunnel: sshuttle {version}, method {method.name}, to {', '.join(cidrs)}")
    state = record.Record(
        supervisor=os.getpid(),
        method=method.name,
        netns=str(options.netns or ""),
        probe=f"{target[0]}:{target[1]}",
    )
    try:
        wait_for_python(access, namespace, deadline, holder)
        with _container(options, namespace) as container:
            Supervisor(
                access=access,
                cidrs=cidrs,
                program=program,
                method=method,
                namespace=namespace,
                target=target,
                container=container,
                options=options,
                record=state,
                folder=folder,
                holder=holder,
            ).supervise(deadline)
    except JobError as error:
        if error is holder.ending.reason:
            holder.say(f"tunnel: ended; restarts: {state.restarts}")
        raise


def _container(options: Options, namespace: Namespace) -> AbstractContextManager[Namespace | None]:
    """Return the namespace of the additional first probe, if there is to be one."""
    if options.probe_bridge:
        return container_on(options.probe_bridge, namespace)
    path = options.probe_from
    return nullcontext(replace(namespace, path=path) if path else None)
