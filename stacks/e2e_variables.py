"""E2E variables: names of this cloud's resources in the variables of e2e_conf.yaml.

This is apart from the outputs, which import the components: the job needs these names before
anything is created, and pulumi_gcp takes seconds and 100 MB to import.
"""

from stacks.cloud_names import EXTERNAL_NETWORK, VOLUME_TYPE
from stacks.clouds_yaml import ADMIN_CLOUD, TENANT_CLOUD
from stacks.settings import Settings

PRIMARY_AZ = "OPENSTACK_FAILURE_DOMAIN"
SECONDARY_AZ = "OPENSTACK_FAILURE_DOMAIN_ALT"
AZ_VARIABLES = (PRIMARY_AZ, SECONDARY_AZ)
"""In the order of `Settings.availability_zones`."""


def e2e_variables(settings: Settings) -> dict[str, str]:
    """Return variables of e2e_conf.yaml that name resources. The environment overrides the file."""
    return {
        "OPENSTACK_CLOUD": TENANT_CLOUD,
        "OPENSTACK_CLOUD_ADMIN": ADMIN_CLOUD,
        # The suite requires a base64 text even without TLS. This encodes an empty line.
        "OPENSTACK_CLOUD_CACERT_B64": "Cg==",
        **dict(zip(AZ_VARIABLES, settings.availability_zones, strict=False)),
        "OPENSTACK_DNS_NAMESERVERS": settings.dns_nameservers[0],
        "OPENSTACK_EXTERNAL_NETWORK_NAME": EXTERNAL_NETWORK,
        "OPENSTACK_VOLUME_TYPE_ALT": VOLUME_TYPE,
        "OPENSTACK_CONTROL_PLANE_MACHINE_FLAVOR": "m1.medium",
        "OPENSTACK_NODE_MACHINE_FLAVOR": "m1.small",
        "OPENSTACK_BASTION_MACHINE_FLAVOR": "m1.tiny",
        "OPENSTACK_BASTION_MACHINE_FLAVOR_ALT": "m1.tiny.alt",
        "E2E_IMAGE_URL": f"http://{settings.controller_ip}/capo-e2e-image.tar",
    }
