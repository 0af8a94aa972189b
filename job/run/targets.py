"""Targets: the targets of CAPO's Makefile that the job calls, by kind of job."""

from job.run.kinds import Kind

PREREQUISITES: dict[Kind, tuple[str, ...]] = {
    "e2e": ("e2e-image", "e2e-prerequisites", "build-e2e-tests"),
    "conformance": ("e2e-image", "e2e-prerequisites"),
}
"""Targets that are built while the cloud comes up."""

SUITE: dict[Kind, str] = {"e2e": "test-e2e", "conformance": "test-conformance-fast"}
"""The target that runs the tests."""
