"""Suite: run CAPO's tests against the cloud."""

from collections.abc import Mapping
from pathlib import Path

from host.errors import JobError
from host.processes import Child, Grace, Program
from job.run.context import Context
from job.run.job_kind import Kind

SUITE: dict[Kind, str] = {"e2e": "test-e2e", "conformance": "test-conformance-fast"}
"""The target of CAPO's Makefile that runs the tests."""

# Ginkgo reports its progress when it is interrupted, but Prow may not wait for long.
_GRACE = Grace(soft_s=5, hard_s=2)


class SuiteError(JobError):
    """Tests failed although the cloud was up."""

    kind = "test"


def run(context: Context, clouds_yaml: Path, e2e_variables: Mapping[str, str]) -> None:
    """Run the suite. Raises SuiteError if it fails."""
    target = SUITE[context.kind]
    program = Program(
        command=[
            "make",
            "-C",
            str(context.job.capo),
            target,
            # make expands a dollar sign.
            f"OPENSTACK_CLOUD_YAML_FILE={str(clouds_yaml).replace('$', '$$')}",
        ],
        environment={
            **context.job.for_suite(e2e_variables),
            "OPENSTACK_CLOUD_YAML_FILE": str(clouds_yaml),
        },
    )
    with context.timeline.span("tests", f"make {target}"):
        code = Child(program, context.log.pass_on).wait(context.ending, _GRACE)
        if code:
            raise SuiteError(f"tests: 'make {target}' failed with {code}; read its output above")
