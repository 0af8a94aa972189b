"""Router: gcp:compute/router:Router. Its NAT configurations are another type (router_nat.py)."""

from localcloud.plugins.gcp.links import same_link
from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.schema import (
    CREATED,
    NAME,
    PROJECT,
    SELF_LINK,
    Field,
    boolean,
    integer,
    string,
)

_BGP = (
    integer("asn", required=True),
    string("advertiseMode", default="DEFAULT", values=("DEFAULT", "CUSTOM")),
    Field(name="advertisedGroups", kind="list"),
    integer("keepaliveInterval", default=20),
)


class Router(Resource):
    """A Cloud Router."""

    token = "gcp:compute/router:Router"  # noqa: S105 - a type's name
    noun = "Router"
    collection = "routers"
    parameter = "router"
    scope = "region"
    fields = (
        NAME,
        PROJECT,
        string("description"),
        string("region", api="-", computed=True, force_new=True, same=same_link),
        string("network", required=True, force_new=True, link="global/networks", same=same_link),
        Field(name="bgp", kind="object", fields=_BGP),
        boolean("encryptedInterconnectRouter", force_new=True),
        CREATED,
        SELF_LINK,
    )
