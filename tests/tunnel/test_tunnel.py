"""Tunnel: real sshuttle and sshd between network namespaces."""

import pytest


@pytest.fixture
def sshd(net, tmp_path):
    return net.sshd(tmp_path / "key")


@pytest.mark.usefixtures("sshd")
def test_job_and_container_reach_both_networks(net, open_tunnel):
    tunnel = open_tunnel().wait_ready()
    print(tunnel.printed, net.job.rules(), net.job.run("iptables-save"))
    for space in (net.job, net.container):
        assert space.probe("10.0.3.15", 80) == "answered"
        assert space.probe("172.24.4.10", 22) == "answered"
    assert tunnel.end() == 0
    print(tunnel.printed)
    assert net.job.rules() == []
