"""Podman: reject containers that a tunnel in this namespace cannot serve."""

from collections.abc import Mapping

from host.errors import RefusedError
from job.network.tunnel.namespace import Namespace

# kind's variable.
_KIND_PROVIDER = "KIND_EXPERIMENTAL_PROVIDER"
_TIMEOUT_S = 10


def refuse_podman(namespace: Namespace, environ: Mapping[str, str]) -> None:
    """Raise RefusedError for Podman, whose containers are in a namespace of their own."""
    if namespace.path is not None:
        return
    provider = environ.get(_KIND_PROVIDER)
    if provider == "podman" or (not provider and _docker_is_podman(namespace)):
        raise RefusedError(
            "tunnel: containers are Podman's, in a network namespace of their own where this tunnel"
            " does not reach; open it there, --netns PATH with the path that"
            " podman unshare --rootless-netns sh -c 'echo /proc/$$/ns/net; exec sleep infinity'"
            " prints (or, if Podman runs as root: --netns /proc/self/ns/net)"
        )


def _docker_is_podman(namespace: Namespace) -> bool:
    answer = namespace.run("docker", "version", timeout_s=_TIMEOUT_S)
    return "podman" in (answer.output + answer.errors).lower()
