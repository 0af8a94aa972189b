"""OpenStack: supported platforms and releases, existing services, valid refs and numbers."""

import pytest


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("release", "2024.1", "'2024.1' is not supported; use 2025.1, 2025.2, 2026.1"),
        ("devstackRef", "stable/$(x)", "is no git ref"),
        ("ovnBranch", "", "'' is no git ref"),
        ("projectRefs", '["nova"]', "write project=ref"),
        ("projectRefs", '["nowa=main"]', "DevStack takes no ref of 'nowa'; name one of cinder"),
        ("gitBase", "github.com", "is no URL; write it like https://host/path"),
        ("gitBase", "", "is no URL"),
        ("pipIndexUrl", "https://host/a b", "is no URL"),
        ("glanceLimitMb", "0", "0; give a positive number"),
        ("cpuAllocationRatio", "nan", "give a positive number"),
        ("additionalServices", '["ovs-switchd"]', "did you mean 'ovs-vswitchd'?"),
        ("disabledServices", '["o-aip"]', "did you mean 'o-api'?"),
    ],
)
def test_what_cannot_work_is_refused(refusals, key, value, complaint):
    assert any(complaint in line for line in refusals(**{key: value}))


def test_a_wrong_pair_is_refused_with_the_right_ones(refusals):
    assert refusals(operatingSystem="ubuntu-22.04", release="2026.1") == [
        (
            "devstack:release: '2026.1' does not run on ubuntu-22.04; use release 2025.1, 2025.2 "
            "with it, or one of ubuntu-24.04, debian-12, debian-13, centos-stream-9 with 2026.1"
        )
    ]


def test_an_apt_mirror_is_refused_where_there_is_no_apt(refusals):
    given = {"operatingSystem": "centos-stream-9", "packageMirror": "http://mirror.example/debian"}

    assert refusals(**given) == ["devstack:packageMirror: CentOS has no apt; leave it empty"]


_OCTAVIA = '["octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da"]'


@pytest.mark.parametrize(
    ("key", "value", "without"),
    [
        ("ovnBranch", "", {"ovnFromSource": "false"}),
        ("ovsBranch", "a b", {"ovnFromSource": "false"}),
        ("smokeTestImageUrl", "none", {"smokeTest": "false"}),
        ("amphoraImageUrl", "none", {"disabledServices": _OCTAVIA}),
        ("octaviaRef", "a b", {"disabledServices": _OCTAVIA}),
        ("octaviaDashboardRef", "a b", {"horizon": "false"}),
        ("octaviaDashboardRef", "a b", {"horizon": "true", "disabledServices": _OCTAVIA}),
        ("tenantCidr", "192.168.0.0/20", {"disabledServices": _OCTAVIA}),
        ("volumeBackingGib", "490", {"disabledServices": '["c-sch", "c-api", "c-vol"]'}),
    ],
)
def test_what_is_not_used_is_not_looked_at(refusals, key, value, without):
    used = {"ovnFromSource": "true", "smokeTest": "true", "horizon": "true"}

    assert refusals(**{key: value, **without}) == []
    assert refusals(**{key: value, **used})[0].startswith(f"devstack:{key}: ")


def test_a_smoke_test_needs_an_image(refusals):
    [line] = refusals(smokeTest="true", smokeTestImageUrl="")

    assert line.startswith("devstack:smokeTestImageUrl: '' is no URL")
    assert refusals(smokeTest="false", smokeTestImageUrl="") == []
