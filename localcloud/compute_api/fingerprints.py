"""Fingerprints: versions of labels, tags, metadata and other parts of a resource.

A client sends back the fingerprint that it read. If the content changed meanwhile, the fingerprints
differ, and the change is refused. They are computed from the content, so nothing has to be counted.
Eight bytes as base64, like the service's: gcloud decodes them and crashes on anything else.
"""

import base64
import hashlib
import json

# The service's own fingerprint for a resource without labels.
NO_LABELS = "42WmSpB8rSM="


def fingerprint(content: object) -> str:
    """Return the fingerprint of a JSON value; the order of keys does not matter."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest[:8]).decode()


def label_fingerprint(labels: dict[str, str]) -> str:
    """Return the fingerprint of labels; a resource without any has the service's."""
    return fingerprint(labels) if labels else NO_LABELS
