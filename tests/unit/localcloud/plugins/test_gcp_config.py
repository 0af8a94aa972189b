"""Gcp: configuration from the stack and from the environment, and refusals of Check."""

import grpc
import pytest

from localcloud.plugins.gcp.config import Config, check
from localcloud.plugins.provider import ProviderError
from localcloud.plugins.values import UNKNOWN
from tests.unit.localcloud.plugins.gcp_plugin import ADDRESS, FIREWALL, INSTANCE, NETWORK
from tests.unit.localcloud.plugins.plugin_process import failure

HERE = {"computeCustomEndpoint": "http://127.0.0.1:1/compute/v1/", "accessToken": "t"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """Remove the variables of the developer's own configuration."""
    for name in ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT",
                 "CLOUDSDK_CORE_PROJECT", "GOOGLE_OAUTH_ACCESS_TOKEN",
                 "GOOGLE_COMPUTE_CUSTOM_ENDPOINT", "GOOGLE_REGION", "GOOGLE_ZONE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://compute.googleapis.com/compute/v1/",
        "http://192.0.2.1/compute/v1/",
        "https://127.0.0.1/compute/v1/",
        "http://127.0.0.1.example.com/compute/v1/",
        "http://user@10.0.0.1/",
        "nonsense",
    ],
)
def test_an_endpoint_elsewhere_is_refused(endpoint):
    """The stand-in must never reach the real cloud or another host."""
    with pytest.raises(ProviderError, match="is not on this machine"):
        Config.of({**HERE, "computeCustomEndpoint": endpoint})


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:8080/compute/v1/", "http://localhost:1/compute/v1/", "http://[::1]:1/v1/"],
)
def test_an_endpoint_here_is_accepted(endpoint):
    """All of 127.0.0.0/8 is accepted."""
    assert Config.of({**HERE, "computeCustomEndpoint": endpoint}).endpoint == endpoint


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        ({"accessToken": "t"}, "gcp:computeCustomEndpoint is not set: localcloud's stand-in"),
        (
            {"computeCustomEndpoint": HERE["computeCustomEndpoint"]},
            "failed to load application credentials",
        ),
        ({**HERE, "computeCustomEndpoint": "http://127.0.0.1/v1"}, "must end with a slash"),
    ],
)
def test_what_is_missing_is_said(args, complaint):
    """The error names a remedy."""
    with pytest.raises(ProviderError, match=complaint):
        Config.of(args)


def test_the_environment_is_asked_in_the_real_plugins_order(monkeypatch):
    """The stack's configuration comes first."""
    monkeypatch.setenv("CLOUDSDK_CORE_PROJECT", "last")
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "from-environment")
    monkeypatch.setenv("GOOGLE_COMPUTE_CUSTOM_ENDPOINT", HERE["computeCustomEndpoint"])
    assert Config.of({}).project == "last"
    assert "from-environment" in Config.of({}).access_token
    monkeypatch.setenv("GOOGLE_PROJECT", "first")
    assert Config.of({}).project == "first"
    assert Config.of({"project": "configured"}).project == "configured"


def test_configuration_that_is_no_text_comes_as_json():
    """The engine passes it so."""
    config = Config.of({**HERE, "defaultLabels": '{"a":"b"}', "addPulumiAttributionLabel": "false"})
    assert (config.default_labels, config.attribute) == ({"a": "b"}, False)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, 10), ({"pollInterval": "1s"}, 1), ({"pollInterval": "1m0.5s"}, 60.5),
     ({"pollInterval": "0s"}, 10)],
)  # fmt: skip
def test_the_interval_of_polls_is_the_real_plugins(given, seconds):
    """The default is ten seconds, and zero means the default."""
    assert Config.of({**HERE, **given}).poll_interval_s == seconds


def test_an_interval_without_a_unit_is_refused():
    """Go's parser refuses it, too."""
    with pytest.raises(ProviderError, match="could not parse poll_interval value"):
        Config.of({**HERE, "pollInterval": "1"})


def test_unknown_configuration_is_refused_with_the_nearest_name():
    """A typo would otherwise have no effect."""
    failures = check({"projet": "p", "userProjectOverride": True, "project": UNKNOWN})
    assert [failure.path for failure in failures] == ["projet", "userProjectOverride"]
    assert "Did you mean `gcp:project`?" in failures[0].reason


def test_a_token_does_not_show_itself():
    """The configuration may appear in a traceback."""
    assert "hunter2" not in repr(Config.of({**HERE, "accessToken": "hunter2"}))


def test_a_missing_project_is_a_warning_and_then_an_error(gcp):
    """The real plugin fails only when a resource needs a project."""
    before = len(gcp.plugin.engine.logged)
    gcp.configure(project="")
    warnings = [text for _, text, _ in gcp.plugin.engine.logged[before:]]
    assert warnings[0].startswith("unable to detect a global setting for GCP Project.")
    assert gcp.plugin.check(NETWORK, {"name": "n"})[1] == {"": "project: required field is not set"}
    assert gcp.plugin.check(NETWORK, {"name": "n", "project": "p"})[1] == {}


def test_region_and_zone_of_the_provider_are_the_default(gcp):
    """They are used like the provider's project."""
    gcp.configure(region="us-east4", zone="us-east4-b")
    assert gcp.create(ADDRESS, {"name": "ip"}).state["region"] == "us-east4"
    inputs = gcp.instance_inputs(gcp.subnetwork().link)
    del inputs["zone"]
    assert "/zones/us-east4-b/" in gcp.create(INSTANCE, inputs).id


def test_another_project_replaces_and_another_region_does_not(gcp):
    """The real plugin compares a resource's project with the configured one."""
    made = gcp.make(ADDRESS)
    inputs = {name: value for name, value in made.inputs.items() if name != "region"}
    gcp.configure(project="elsewhere", region="us-west1")
    changes = gcp.plugin.diff(ADDRESS, made.state, inputs)
    assert list(changes.replaces) == ["project"]


def test_a_place_may_be_unknown_in_a_preview(gcp):
    """It may be another resource's output."""
    inputs = {"name": UNKNOWN, "region": UNKNOWN}
    assert gcp.plugin.check(ADDRESS, inputs) == (inputs, {})
    assert gcp.preview(ADDRESS, inputs)["region"] is UNKNOWN


def test_default_labels_and_the_attribution_can_be_set(gcp):
    """Both are settings of the provider."""
    gcp.configure(defaultLabels={"team": "capo"}, addPulumiAttributionLabel=False)
    made = gcp.create(ADDRESS, {"name": "ip", "region": "us-east4", "labels": {"a": "b"}})
    assert made.state["effectiveLabels"] == {"team": "capo", "a": "b"}
    assert made.state["labels"] == {"a": "b"}


@pytest.mark.parametrize(
    ("kind", "inputs", "path", "reason"),
    [
        (NETWORK, {"name": "n", "mut": 1}, "mut", "Invalid or unknown key; did you mean mtu."),
        (NETWORK, {}, "name", 'The argument "name" is required'),
        (NETWORK, {"name": "Bad"}, "name", '"name" ("Bad") doesn\'t match regexp'),
        (NETWORK, {"name": "n", "mtu": "1460"}, "mtu", "expected int, got str"),
        (NETWORK, {"name": "n", "mtu": True}, "mtu", "expected int, got bool"),
        (NETWORK, {"name": "n", "selfLink": "x"}, "selfLink", "Invalid or unknown key"),
        (ADDRESS, {"name": "a", "pulumiLabels": {}}, "pulumiLabels", "Invalid or unknown key"),
        (ADDRESS, {"name": "a", "labels": {"a-b": 1}}, 'labels["a-b"]', "expected str, got int"),
        (
            ADDRESS,
            {"name": "a", "region": "r", "addressType": "BOTH"},
            "addressType",
            "expected address_type to be one of ['EXTERNAL', 'INTERNAL'], got BOTH",
        ),
        (
            FIREWALL,
            {"name": "f", "network": "n", "allows": [{"protocol": "tcp", "port": ["1"]}]},
            "allows[0].port",
            "did you mean ports",
        ),
        (
            INSTANCE,
            {"name": "i", "bootDisk": {"initializeParams": {"imag": "x"}}},
            "bootDisk.initializeParams.imag",
            "did you mean image",
        ),
    ],
)
def test_check_refuses_what_does_not_fit(gcp, kind, inputs, path, reason):
    """The error has the path, the reason and the nearest name."""
    assert reason in gcp.plugin.check(kind, inputs)[1][path]


def test_a_firewall_needs_one_action_and_a_source(gcp):
    """These are the real plugin's two rules across several properties."""
    rule = {"name": "f", "network": "n"}
    allows = [{"protocol": "tcp"}]
    assert "exactly one of" in gcp.plugin.check(FIREWALL, {**rule, "sourceTags": ["t"]})[1][""]
    assert "must be defined" in gcp.plugin.check(FIREWALL, {**rule, "allows": allows})[1][""]
    egress = {**rule, "allows": allows, "direction": "EGRESS"}
    assert gcp.plugin.check(FIREWALL, egress)[1] == {}


def test_check_accepts_what_preview_does_not_know(gcp):
    """An input may be another resource's output."""
    inputs = {"name": "f", "network": UNKNOWN, "allows": UNKNOWN, "sourceRanges": [UNKNOWN]}
    assert gcp.plugin.check(FIREWALL, inputs) == (inputs, {})


def test_other_types_are_refused(gcp):
    """The stand-in does not support them."""
    with pytest.raises(grpc.RpcError) as raised:
        gcp.plugin.check("gcp:storage/bucket:Bucket", {})
    assert failure(raised).startswith(
        "gcp:storage/bucket:Bucket: the stand-in plugin does not carry this type"
    )
