"""Connection: reach a cloud by a clouds.yaml, and by nothing else of this machine's."""

from pathlib import Path

import openstack
from openstack.config import OpenStackConfig

from host.errors import RefusedError


def connect(clouds: Path, cloud: str) -> openstack.connection.Connection:
    """Return a connection to a cloud of a clouds.yaml. It asks nothing yet.

    Raises RefusedError if the file has no such cloud.
    """
    if not clouds.is_file():
        raise RefusedError(f"--clouds: there is no file {clouds}; `make e2e-files` writes one")
    config = OpenStackConfig(
        config_files=[str(clouds)], secure_files=[], load_envvars=False, load_yaml_config=True
    )
    names = config.get_cloud_names()
    if cloud not in names:
        raise RefusedError(f"--cloud: {clouds} has no '{cloud}', only {', '.join(names)}")
    return openstack.connection.Connection(config=config.get_one(cloud))
