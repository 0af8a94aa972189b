"""Offers: types that a zone lacks are refused in the service's words, and not listed."""

import pytest

from localcloud.compute_api.offers import Lack

ZONE = "us-east4-a"


def refusal(wired, **body):
    return wired.refused("POST", f"{wired.zone}/instances", wired.instance_body(**body))


def test_a_machine_type_that_a_zone_lacks_does_not_exist_in_it(wired):
    wired.api.withdraw(Lack(zone=ZONE, name="n2-standard-2"))
    answer = refusal(wired)

    assert (answer.code, answer.reason) == (400, "invalid")
    assert answer.message.endswith(
        f"Machine type with name 'n2-standard-2' does not exist in zone '{ZONE}'."
    )


def test_a_cpu_platform_that_a_zone_lacks_is_refused_with_those_that_it_has(wired):
    wired.api.withdraw(Lack(zone=ZONE, name="Intel Ice Lake"))
    answer = refusal(wired, minCpuPlatform="Intel Ice Lake")

    assert answer.message == (
        "Invalid value for field 'resource.minCpuPlatform': 'Intel Ice Lake'. CPU platform"
        " unavailable in requested zone. Valid options for this zone are: Intel Cascade Lake."
    )


def test_a_disk_type_that_a_zone_lacks_is_refused(wired):
    wired.api.withdraw(Lack(zone=ZONE, name="pd-ssd"))
    answer = wired.refused(
        "POST", f"{wired.zone}/disks", {"name": "d", "type": f"zones/{ZONE}/diskTypes/pd-ssd"}
    )

    assert answer.message.endswith("The referenced diskType resource cannot be found.")


def test_what_a_zone_lacks_is_not_shown_there(wired):
    wired.api.withdraw(Lack(zone=ZONE, name="n2-standard-2"))
    wired.api.withdraw(Lack(zone=ZONE, name="AMD Rome"))
    base = f"{wired.base}/zones"

    assert wired.send("GET", f"{base}/us-east4-b/machineTypes/n2-standard-2").status == 200
    assert wired.send("GET", f"{base}/{ZONE}/machineTypes/n2-standard-2").status == 404
    assert "AMD Rome" not in wired.call("GET", f"{base}/{ZONE}")["availableCpuPlatforms"]


def test_other_projects_and_zones_have_it(wired):
    wired.api.withdraw(Lack(zone=ZONE, name="n2-standard-2", project="other"))
    wired.api.withdraw(Lack(zone="us-east4-b", name="n2-standard-2"))
    wired.instance()


def test_a_zone_can_have_everything_again(wired):
    wired.api.withdraw(Lack(zone=ZONE, name="n2-standard-2"))
    wired.api.restore_offers(ZONE)
    wired.instance()


@pytest.mark.parametrize(("zone", "name"), [("us-east4-z", "n2-standard-2"), (ZONE, "n2-x")])
def test_a_lack_of_what_there_never_was_is_refused(zone, name):
    with pytest.raises(ValueError, match=r"is none of the catalogue|is nothing that the catalogue"):
        Lack(zone=zone, name=name)
