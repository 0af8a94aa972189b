"""Labels: those of the program, those that the provider adds, and those that others set.

`labels` is what the program says; `pulumiLabels` adds the provider's own; `effectiveLabels` is all
that the resource has. Only what `pulumiLabels` names is ever changed or removed.
"""

from localcloud.plugins.gcp.config import Config
from localcloud.plugins.gcp.schema import Field, output
from localcloud.plugins.values import UNKNOWN, Properties, Secret, has_unknown

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}

LABELS = (
    # The effective ones go to the API.
    Field(name="labels", kind="map", api="-"),
    Field(name="pulumiLabels", kind="map", api="-", derived=True),
    Field(name="effectiveLabels", kind="map", api="labels", derived=True),
    output("labelFingerprint"),
)
_SECRET = ("pulumiLabels", "effectiveLabels")


def derive(inputs: Properties, state: Properties | None, config: Config) -> Properties:
    """Add what the derived properties are to be."""
    labels = inputs.get("labels") or {}
    if has_unknown(labels):
        return {**inputs, **dict.fromkeys(_SECRET, UNKNOWN)}
    before = (state or {}).get("effectiveLabels") or {}
    managed_before = (state or {}).get("pulumiLabels") or {}
    attributed = config.attribute and (
        state is None or config.attribute_proactively or ATTRIBUTION.keys() <= before.keys()
    )
    managed = {**config.default_labels, **(ATTRIBUTION if attributed else {}), **labels}
    kept = {key: before[key] for key in before.keys() - managed_before.keys()}
    return {**inputs, "pulumiLabels": managed, "effectiveLabels": {**kept, **managed}}


def read(body_labels: dict[str, str], state: Properties) -> Properties:
    """Give the three properties as they are now: of the managed ones, what is left of them."""

    def current(name: str) -> dict[str, str]:
        known = state.get(name) or {}
        return {key: body_labels[key] for key in known if key in body_labels}

    return {
        "labels": current("labels"),
        "pulumiLabels": current("pulumiLabels"),
        "effectiveLabels": dict(body_labels),
    }


def conceal(properties: Properties) -> Properties:
    """Mark the derived ones as secret, as the real plugin does: an input may have been one."""
    return {name: Secret(value) if name in _SECRET else value for name, value in properties.items()}
