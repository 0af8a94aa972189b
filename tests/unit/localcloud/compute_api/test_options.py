"""Options: accepted command line options, and refusals."""

import pytest

from localcloud.compute_api.options import Options, kind_of


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "localhost"])  # noqa: S104 - refused
def test_host_that_is_no_loopback_address_is_refused(host):
    with pytest.raises(ValueError, match=host):
        Options(host=host)


@pytest.mark.parametrize(
    ("collection", "kind"),
    [
        ("networks", "network"),
        ("addresses", "address"),
        ("instances", "instance"),
    ],
)
def test_kind_is_the_singular_of_its_collection(collection, kind):
    assert kind_of(collection) == kind


def test_default_latency_is_for_the_rest():
    options = Options(latency_s={"default": 5.0, "instance": 20.0, "instances.delete": 1.0})
    assert options.latency("compute.networks.insert", "network") == 5.0
    assert options.latency("compute.instances.insert", "instance") == 20.0
    assert options.latency("compute.instances.delete", "instance") == 1.0
