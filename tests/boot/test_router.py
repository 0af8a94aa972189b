"""Router: the job reaches the world only if the workload has an uplink, and never the nodes."""

import errno
import socket

import pytest

from localcloud.machines.configuration import MTU_BYTES, NETWORK
from localcloud.machines.router import INTERNET, UPLINK, Router
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import Switch, inside

NODE, OUTSIDE = "10.0.3.15", "192.0.2.2"
PORT, WAIT_S = 80, 30
# Nothing listens anywhere here. The host that was asked refuses; the router says that there is no
# way.
REACHED, NO_WAY = errno.ECONNREFUSED, errno.ENETUNREACH


@pytest.fixture
def switch():
    """A switch with one node."""
    made = Switch(switch_name(), NETWORK, MTU_BYTES)
    try:
        made.plug("node", NODE)
        yield made
    finally:
        made.remove()


def connect(host):
    """Return the error of a connection."""
    try:
        socket.create_connection((host, PORT), WAIT_S).close()
    except OSError as error:
        return error.errno
    return 0


@pytest.mark.parametrize(("interface", "error"), [(UPLINK, REACHED), ("other", NO_WAY)])
def test_only_an_uplink_leads_the_job_out(switch, interface, error):
    job = Router(switch).job
    switch.plug_beside(interface, f"{OUTSIDE}/24")

    assert inside(job, lambda: connect(OUTSIDE)) == error
    assert inside(job, lambda: connect(NODE)) == NO_WAY
    assert inside(job, lambda: connect(INTERNET)) == REACHED
