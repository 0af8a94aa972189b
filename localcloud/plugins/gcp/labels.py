"""Labels: the program's, the provider's own, and those that others set.

`labels` has the program's. `pulumiLabels` also has the provider's own: default labels and the
attribution. `effectiveLabels` has all labels of the resource. A label that `pulumiLabels` does not
name belongs to somebody else, and is never changed or removed.
"""

from localcloud.plugins.gcp.config import Config
from localcloud.plugins.gcp.schema import Field, output
from localcloud.plugins.values import UNKNOWN, Properties, Secret, has_unknown

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}

LABELS = (
    # Of the three only effectiveLabels is sent to the API, as `labels`.
    Field(name="labels", kind="map", api="-"),
    Field(name="pulumiLabels", kind="map", api="-", derived=True),
    Field(name="effectiveLabels", kind="map", api="labels", derived=True),
    output("labelFingerprint"),
)
_SECRET = ("pulumiLabels", "effectiveLabels")


def derive(inputs: Properties, state: Properties | None, config: Config) -> Properties:
    """Return the inputs with `pulumiLabels` and `effectiveLabels`. `state` is None at creation."""
    labels = inputs.get("labels") or {}
    if has_unknown(labels):
        return {**inputs, **dict.fromkeys(_SECRET, UNKNOWN)}
    before = (state or {}).get("effectiveLabels") or {}
    managed_before = (state or {}).get("pulumiLabels") or {}
    # By default an older resource gets no attribution: that would be a change of each of them.
    attributed = config.attribute and (
        state is None or config.attribute_proactively or ATTRIBUTION.keys() <= before.keys()
    )
    # Later entries win: the program's labels over the provider's.
    managed = {**config.default_labels, **(ATTRIBUTION if attributed else {}), **labels}
    kept = {key: before[key] for key in before.keys() - managed_before.keys()}
    return {**inputs, "pulumiLabels": managed, "effectiveLabels": {**kept, **managed}}


def read(body_labels: dict[str, str], state: Properties) -> Properties:
    """Return the three properties for the labels that the API has now.

    Managed labels that somebody removed are left out, so that the next update sets them again.
    """

    def current(name: str) -> dict[str, str]:
        known = state.get(name) or {}
        return {key: body_labels[key] for key in known if key in body_labels}

    return {
        "labels": current("labels"),
        "pulumiLabels": current("pulumiLabels"),
        "effectiveLabels": dict(body_labels),
    }


def conceal(properties: Properties) -> Properties:
    """Mark the derived properties as secret, as the real plugin does: a label may be secret."""
    return {name: Secret(value) if name in _SECRET else value for name, value in properties.items()}
