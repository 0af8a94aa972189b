"""Targets: those of CAPO's Makefile that the job calls, by the kind of job."""

from job.run.kinds import Kind

PREREQUISITES: dict[Kind, tuple[str, ...]] = {
    "e2e": ("e2e-image", "e2e-prerequisites", "build-e2e-tests"),
    "conformance": ("e2e-image", "e2e-prerequisites"),
}
"""Built beside the cloud."""

SUITE: dict[Kind, str] = {"e2e": "test-e2e", "conformance": "test-conformance-fast"}
"""What runs the tests."""
