"""Network: gcp:compute/network:Network. Its differences from other types are in its fields."""

from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.schema import (
    DESCRIPTION_FOR_EVER,
    NAME,
    PROJECT,
    SELF_LINK,
    boolean,
    integer,
    output,
    string,
)


class Network(Resource):
    """A VPC network."""

    token = "gcp:compute/network:Network"  # noqa: S105 - a type's name
    noun = "Network"
    collection = "networks"
    parameter = "network"
    scope = "global"
    fields = (
        NAME,
        PROJECT,
        DESCRIPTION_FOR_EVER,
        boolean("autoCreateSubnetworks", default=True, force_new=True),
        integer("mtu", computed=True),
        string(
            "routingMode",
            api="routingConfig.routingMode",
            computed=True,
            values=("REGIONAL", "GLOBAL"),
        ),
        string(
            "networkFirewallPolicyEnforcementOrder",
            default="AFTER_CLASSIC_FIREWALL",
            values=("AFTER_CLASSIC_FIREWALL", "BEFORE_CLASSIC_FIREWALL"),
        ),
        output("gatewayIpv4", api="gatewayIPv4"),
        output("networkId", api="id"),
        SELF_LINK,
    )
