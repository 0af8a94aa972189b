"""Diagnosis: real output of Pulumi becomes one line with a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import RefusedError
from job.cloud.engine.diagnosis import diagnose
from tests.unit.job.cloud.engine.provider_errors import (
    PRINTED,
    as_list,
    as_logged,
    on_terminal,
    one_line,
)

INSTANCE, STACK = "gcp:compute:Instance (controller)", "pulumi:pulumi:Stack (devstack-ci)"
POLICY = one_line(
    412,
    "Constraint constraints/compute.vmExternalIpAccess violated for project 12345. Add instance"
    " projects/p/zones/us-east4-a/instances/x to the constraint to use external IP with it.",
    "conditionNotMet",
)
FULL = (
    "The zone 'projects/p/zones/us-east4-a' does not have enough resources available to fulfill the"
    " request.  Try a different zone, or try again later."
)
SETTINGS = """\
    pulumi:pulumi:Stack devstack-ci running error: devstack:nosuch: unknown key; remove it
Diagnostics:
  pulumi:pulumi:Stack (devstack-ci):
    error: devstack:nosuch: unknown key; remove it
    devstack:mtu: 9000 bytes; choose 1300 to 8896
    error: an unhandled error occurred: program exited with non-zero exit code: 1
"""


def test_a_refused_configuration_is_one_line_a_problem():
    error = diagnose("up", SETTINGS)

    assert isinstance(error, RefusedError)
    assert str(error).splitlines() == [
        "devstack:nosuch: unknown key; remove it",
        "devstack:mtu: 9000 bytes; choose 1300 to 8896",
    ]


@pytest.mark.parametrize("key", ["mtu", "devstack:mtu"])
def test_a_value_of_the_wrong_type_is_named_by_its_whole_key(key):
    output = (
        f"error: validating stack config: Stack 'ci' with configuration key '{key}'"
        " must be of type 'integer'\n"
    )
    error = diagnose("up", output)

    assert str(error).startswith("devstack:mtu: it must be of type 'integer'; ")
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("output", "line", "exit_code"),
    [
        (
            "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
            "passphrase: it is not the one",
            2,
        ),
        (
            (
                "error: no resource plugin 'pulumi-resource-gcp' found in the workspace at version"
                " v10.2.0 or on your $PATH"
            ),
            "plugin: gcp 10.2.0 is not installed; run 'pulumi plugin install resource gcp 10.2.0'",
            1,
        ),
        (
            (
                "error: Could not automatically download and install resource plugin"
                " 'pulumi-resource-command' at version v1.2.1, install the plugin using"
            ),
            "plugin: command 1.2.1 is not installed",
            1,
        ),
        (
            (
                "    error: failed to load application credentials.\n    Expanded error message:"
                " Error loading access token: read localcloud: is a directory\n"
            ),
            (
                "gcp:accessToken: read localcloud: is a directory; the provider takes it (or"
                " GOOGLE_OAUTH_ACCESS_TOKEN) as a path if"
            ),
            2,
        ),
        (
            "Expanded error message: error loading credentials: open key: permission denied",
            "gcp:credentials: open key: permission denied; name a readable key file",
            2,
        ),
        (
            "error: google: could not find default credentials. See https://…",
            "credentials: there are none",
            1,
        ),
        (
            (
                "error: Error creating Network: googleapi: Error 401: Request had invalid"
                " authentication credentials., authError"
            ),
            "credentials: Google Cloud refuses them (401)",
            1,
        ),
        (
            (
                "error: googleapi: Error 403: Required 'compute.networks.create' permission for"
                " 'projects/capo/global/networks/x', forbidden"
            ),
            (
                "credentials: the account lacks compute.networks.create on"
                " projects/capo/global/networks/x;"
            ),
            1,
        ),
        (
            "error: googleapi: Error 403: The caller does not have permission, forbidden",
            "credentials: the account may not do this (The caller does not have permission",
            1,
        ),
        (
            (
                "error: Error creating Network: googleapi: Error 404: The resource 'projects/capo'"
                " was not found, notFound"
            ),
            "project: capo does not exist",
            1,
        ),
        (
            (
                "error: googleapi: Error 403: Compute Engine API has not been used in project 42"
                " before or it is disabled., accessNotConfigured"
            ),
            "project: its Compute Engine API is off",
            1,
        ),
        (
            "error: the stack is currently locked by 1 lock(s). Either wait",
            "lock: another run works on this stack",
            1,
        ),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_a_known_failure_is_one_line(output, line, exit_code):
    error = diagnose("up", output)

    assert str(error).startswith(line)
    assert "\n" not in str(error)
    assert error.exit_code == exit_code


def test_a_quota_is_no_question_of_permission():
    error = diagnose("up", "error: googleapi: Error 403: Quota 'CPUS' exceeded., forbidden\n")

    assert "Quota 'CPUS' exceeded" in str(error)
    assert not str(error).startswith("credentials")


def test_a_missing_resource_is_no_missing_project():
    output = "error: Error 404: The resource 'projects/capo/global/networks/x' was not found\n"

    assert "projects/capo/global/networks/x" in str(diagnose("up", output))


def test_an_unknown_failure_gives_pulumis_first_error_without_colours():
    error = diagnose("up", "fine\n  \x1b[31merror: \x1b[0mfirst\nerror: second\n")

    assert str(error) == "pulumi up: it failed: first; the lines above have the details"


def test_a_failure_without_a_word_is_still_one_line():
    assert "it printed no error" in str(diagnose("up", ""))


@given(printed=PRINTED, is_logged=st.booleans(), closes_first=st.booleans())
def test_what_google_cloud_says_is_told_in_every_form_in_which_it_is_printed(
    printed, is_logged, closes_first
):
    """It omits the provider's heading, and reports an outage only if the answer is temporary."""
    messages = [as_logged(printed)] if is_logged else []
    closing = ["Resource monitor has terminated, shutting down", "update failed"]
    blocks = [(INSTANCE, [*messages, as_list([printed])]), (STACK, closing)]
    error = diagnose("up", on_terminal(blocks[::-1] if closes_first else blocks))

    assert all(" ".join(needed.split()).rstrip(".") in str(error) for needed in printed.needed)
    assert "occurred" not in str(error)
    assert len(str(error).splitlines()) == 1
    if printed.status not in {0, 429, 500, 502, 503, 504}:
        assert error.kind != "infrastructure"


def test_a_policy_that_refuses_is_told_with_resource_status_and_reason():
    output = on_terminal([(STACK, ["update failed"]), (INSTANCE, [as_list([POLICY])])])
    error = diagnose("up", output)

    assert str(error) == (
        "pulumi up: Google Cloud refuses controller (412 conditionNotMet): Constraint"
        " constraints/compute.vmExternalIpAccess violated for project 12345. Add instance"
        " projects/p/zones/us-east4-a/instances/x to the constraint to use external IP with it;"
        " the lines above have the details"
    )
    assert (error.kind, error.exit_code) == ("configuration", 1)


def test_a_policy_is_no_question_of_roles():
    text = "Constraint constraints/compute.requireOsLogin violated for project 1."
    output = on_terminal([(INSTANCE, [as_list([one_line(403, text, "forbidden")])])])

    assert "give it a role" not in str(diagnose("up", output))
    assert text.rstrip(".") in str(diagnose("up", output))


def test_a_full_zone_does_not_hide_another_failure():
    """The other failure would return in the next zone."""
    full = f"1 error occurred:\n\t* Error waiting for instance to create: {FULL}\n\n\n"
    blocks = [("gcp:compute:Instance (worker)", [full]), (INSTANCE, [as_list([POLICY])])]

    assert "Google Cloud refuses controller (412" in str(diagnose("up", on_terminal(blocks)))


@pytest.mark.parametrize(("status", "kind"), [(503, "infrastructure"), (418, "unknown")])
def test_only_what_passes_is_an_outage(status, kind):
    error = diagnose(
        "up", on_terminal([(INSTANCE, [as_list([one_line(status, "So it is.", "newReason")])])])
    )

    assert error.kind == kind
    assert ("run it again later" in str(error)) == (kind == "infrastructure")


def test_a_list_without_an_item_is_no_reason():
    output = on_terminal([(INSTANCE, ["1 error occurred:\n\t* \n\n"])])

    assert str(diagnose("up", output)).startswith("pulumi up: it failed: it printed no error")


def test_a_program_that_fails_is_told_by_its_exception():
    """The first lines of a traceback do not explain the failure."""
    trace = (
        "Program failed with an unhandled exception:\nTraceback (most recent call last):\n"
        '  File "x.py", line 1, in <module>\n    1 / 0\nZeroDivisionError: division by zero'
    )
    error = diagnose("up", on_terminal([(STACK, [trace])]))

    assert str(error) == (
        "pulumi up: devstack-ci failed: Program failed with an unhandled exception:"
        " ZeroDivisionError: division by zero; the lines above have the details"
    )


@pytest.mark.parametrize(
    "output",
    [
        "error: could not find default credentials",
        "error: Error 401: Request had invalid authentication credentials., authError",
        "error: Error 403: Required 'a.b' permission for 'projects/x', forbidden",
        "error: Error 404: The resource 'projects/capo' was not found, notFound",
        "error: no resource plugin 'pulumi-resource-gcp' found in the workspace at version v10.2.0",
    ],
)
def test_what_a_person_must_mend_is_a_configuration(output):
    """A second run would fail in the same way."""
    assert diagnose("up", output).kind == "configuration"
