"""Containers: Podman is recognized before anything is started."""

from pathlib import Path

import pytest

from host.errors import RefusedError
from job.network.tunnel.namespace import Namespace
from job.network.tunnel.podman import refuse_podman


def test_podman_behind_the_name_of_docker_is_refused_with_the_way_that_works(programs, namespace):
    programs.put("docker", 'print("Client:       Podman Engine\\nVersion:      5.4.0")')
    with pytest.raises(
        RefusedError, match=r"network namespace of their own.*--netns PATH"
    ) as error:
        refuse_podman(namespace, {})
    assert "\n" not in str(error.value)


def test_kinds_own_switch_is_heeded(programs, namespace):
    with pytest.raises(RefusedError):
        refuse_podman(namespace, {"KIND_EXPERIMENTAL_PROVIDER": "podman"})
    assert not (programs.folder / "calls").exists()


def test_podman_is_no_matter_inside_its_namespace(namespace):
    inside = Namespace(path=Path("/proc/self/ns/net"), environment=namespace.environment)
    refuse_podman(inside, {"KIND_EXPERIMENTAL_PROVIDER": "podman"})


@pytest.mark.parametrize("body", ['print("Docker Engine")', "sys.exit(1)", None])
def test_docker_or_none_at_all_is_fine(programs, namespace, body):
    if body is None:
        (programs.folder / "docker").unlink()
    else:
        programs.put("docker", body)
    refuse_podman(namespace, {})
