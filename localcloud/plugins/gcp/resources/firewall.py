"""Firewall: gcp:compute/firewall:Firewall.

Accepts rules that either allow or deny. Refuses a rule with both or neither, and an ingress rule
without a source, as the real plugin does before it sends anything.
"""

from collections.abc import Iterator

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
from localcloud.plugins.provider import Failure
from localcloud.plugins.values import Properties

_RULE = (
    string("protocol", api="IPProtocol", required=True),
    Field(name="ports", kind="list"),
)
_SOURCES = ("sourceRanges", "sourceTags", "sourceServiceAccounts")


class Firewall(Resource):
    """A firewall rule of a network."""

    token = "gcp:compute/firewall:Firewall"  # noqa: S105 - a type's name
    noun = "Firewall"
    collection = "firewalls"
    parameter = "firewall"
    scope = "global"
    fields = (
        NAME,
        PROJECT,
        string("network", required=True, link="global/networks", same=same_link),
        string("description"),
        string("direction", computed=True, force_new=True, values=("INGRESS", "EGRESS")),
        integer("priority", default=1000),
        boolean("disabled"),
        Field(name="allows", kind="object_set", api="allowed", fields=_RULE),
        Field(name="denies", kind="object_set", api="denied", fields=_RULE),
        Field(name="sourceRanges", kind="set"),
        Field(name="destinationRanges", kind="set", computed=True),
        Field(name="sourceTags", kind="set"),
        Field(name="targetTags", kind="set"),
        Field(name="sourceServiceAccounts", kind="set"),
        Field(name="targetServiceAccounts", kind="set"),
        CREATED,
        SELF_LINK,
    )

    def validate(self, inputs: Properties) -> Iterator[Failure]:
        if ("allows" in inputs) == ("denies" in inputs):
            yield Failure("", "exactly one of `allows`, `denies` must be specified")
        ingress = inputs.get("direction", "INGRESS") == "INGRESS"
        if ingress and not any(name in inputs for name in _SOURCES):
            yield Failure(
                "",
                "one of source_tags, source_ranges, or source_service_accounts must be defined",
            )
