"""Provider messages: Google Cloud's message is found in every form in which it is printed."""

from hypothesis import given
from hypothesis import strategies as st

from job.cloud.engine.provider_messages import refusals
from job.cloud.engine.refusal import Refusal
from tests.unit.job.cloud.engine.provider_errors import PRINTED, as_list, as_logged, one_line

POLICY = one_line(
    412, "Constraint constraints/compute.x violated for project 1.", "conditionNotMet"
)


def squeezed(text: str) -> str:
    return " ".join(text.split())


@given(printed=PRINTED)
def test_status_reason_and_message_are_found_in_every_form(printed):
    [refusal] = refusals(as_list([printed]))

    assert (refusal.status, refusal.reason) == (printed.status, printed.reason)
    for needed in printed.needed:
        assert squeezed(needed) in str(refusal)


@given(printed=st.lists(PRINTED, min_size=2, max_size=4, unique_by=lambda each: each.text))
def test_a_list_of_errors_is_told_item_by_item(printed):
    found = refusals(as_list(printed))

    assert len(found) <= len(printed)
    told = " ".join(map(str, found))
    assert all(squeezed(needed) in told for each in printed for needed in each.needed)
    assert "occurred" not in told


@given(printed=PRINTED)
def test_the_same_error_in_the_providers_log_is_the_same_refusal(printed):
    assert refusals(as_logged(printed)) == refusals(as_list([printed]))


def test_lists_within_lists_and_what_is_done_to_whom_are_taken_away():
    text = f"deleting urn:pulumi:x::y: {as_list([POLICY])}"
    nested = f"1 error occurred:\n\t* updating urn:pulumi:x: {as_list([POLICY])}\n\n"
    expected = [
        Refusal(
            message="Constraint constraints/compute.x violated for project 1.",
            status=412,
            reason="conditionNotMet",
        )
    ]

    assert refusals(text) == refusals(nested) == expected


def test_an_error_of_another_kind_is_its_text_in_one_line():
    [refusal] = refusals("1 error occurred:\n\t* Error waiting:\n  timeout while\n waiting\n\n")

    assert refusal == Refusal(message="Error waiting: timeout while waiting")


def test_an_empty_list_tells_of_nothing():
    assert refusals("1 error occurred:\n\t* \n\n") == []


def test_an_answer_without_any_text_is_called_by_its_status():
    [empty] = refusals("googleapi: got HTTP response code 502 with body: ")
    [cut] = refusals("googleapi: got HTTP response code 404 and error reading body: EOF")

    assert str(empty) == "502: Bad Gateway"
    assert str(cut) == "404: EOF"


def test_details_that_are_cut_off_stay_as_they_are():
    [refusal] = refusals('googleapi: Error 400: No.\nDetails:\n[\n  {"reason": "x')

    assert str(refusal) == '400: No. Details: [ {"reason": "x'


def test_the_engines_colours_are_taken_away():
    [refusal] = refusals("<{%reset%}>1 error occurred:\n\t* \x1b[31mNo.\x1b[0m<{%reset%}>\n")

    assert str(refusal) == "No."


def test_metadata_that_the_api_quotes_is_not_passed_on():
    """The metadata is a node's user data, with all passwords."""
    value = "#cloud-config\n* it's password: hunter2\n1 error occurred:\n"
    field = "resource.metadata.items[0].value"
    [refusal] = refusals(
        f"1 error occurred:\n\t* Error creating instance: googleapi: Error 400: Invalid value for"
        f" field '{field}': '{value}'. Metadata is wrong., invalid\n\n"
    )

    assert str(refusal) == (
        f"400 invalid: Invalid value for field '{field}': '…'. Metadata is wrong."
    )
