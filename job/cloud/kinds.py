"""Kinds: the kinds of Compute Engine resources that cleanup and adoption handle.

These are the kinds that the program creates, and foreign ones that block their deletion.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A REST collection of the Compute API."""

    collection: str
    parameter: str
    """The API's parameter for one resource."""
    place: Literal["global", "regions/{region}", "zones/{zone}"]
    stage: int
    """Order of deletion: lower stages first, one stage in parallel."""
    bears_marks: bool = True
    """Tell whether they can have labels or a description."""

    @property
    def in_scopes(self) -> bool:
        """Tell whether they are zonal or regional and have an aggregated list."""
        return self.place != "global"

    @property
    def token(self) -> str:
        """The type in Pulumi's state."""
        return f"gcp:compute/{self.parameter}:{self.parameter.capitalize()}"

    @property
    def resource_id(self) -> str:
        """The template of the provider's resource IDs."""
        return f"projects/{{project}}/{self.place}/{self.collection}/{{name}}"


INSTANCES = Kind(collection="instances", parameter="instance", place="zones/{zone}", stage=0)
ROUTERS = Kind(collection="routers", parameter="router", place="regions/{region}", stage=0)
FIREWALLS = Kind(collection="firewalls", parameter="firewall", place="global", stage=0)
# The program creates none, but foreign ones may lead to our network.
ROUTES = Kind(collection="routes", parameter="route", place="global", stage=0)
DISKS = Kind(collection="disks", parameter="disk", place="zones/{zone}", stage=1, bears_marks=False)
ADDRESSES = Kind(collection="addresses", parameter="address", place="regions/{region}", stage=1)
SUBNETWORKS = Kind(
    collection="subnetworks", parameter="subnetwork", place="regions/{region}", stage=2
)
NETWORKS = Kind(collection="networks", parameter="network", place="global", stage=3)
# Images outlive the stack that made them, so cleanup looks only for those that failed.
IMAGES = Kind(collection="images", parameter="image", place="global", stage=0)
KINDS = (INSTANCES, ROUTERS, FIREWALLS, ROUTES, DISKS, ADDRESSES, SUBNETWORKS, NETWORKS)
