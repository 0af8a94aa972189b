"""Fingerprints: base64 of eight bytes, a function of what they stand for."""

import base64
import hashlib
import json

# What the service answers for a resource without labels.
NO_LABELS = "42WmSpB8rSM="


def fingerprint(content: object) -> str:
    """Give equal content equal fingerprints."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return base64.urlsafe_b64encode(digest[:8]).decode()


def label_fingerprint(labels: dict[str, str]) -> str:
    """Fingerprint labels."""
    return fingerprint(labels) if labels else NO_LABELS
