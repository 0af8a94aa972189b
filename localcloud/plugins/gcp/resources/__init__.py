"""Resources: the types that the stand-in carries, by token. A program with another is refused."""

from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.resources.address import Address
from localcloud.plugins.gcp.resources.firewall import Firewall
from localcloud.plugins.gcp.resources.image import Image
from localcloud.plugins.gcp.resources.instance import Instance
from localcloud.plugins.gcp.resources.network import Network
from localcloud.plugins.gcp.resources.router import Router
from localcloud.plugins.gcp.resources.router_nat import RouterNat
from localcloud.plugins.gcp.resources.subnetwork import Subnetwork

RESOURCES: dict[str, Resource] = {
    resource.token: resource
    for resource in (
        Network(),
        Subnetwork(),
        Address(),
        Firewall(),
        Router(),
        RouterNat(),
        Instance(),
        Image(),
    )
}
