"""Failure: finds the decisive line of a log and its error class, and masks passwords."""

import pytest

GIT_503 = """\
2026-11-25 01:00:01.000 | ++ functions-common:git_timed:643          :   timeout -s SIGINT 300 git
2026-11-25 01:00:01.100 | Cloning into '/opt/stack/nova'...
2026-11-25 01:00:02.000 | fatal: unable to access 'https://host/nova/': returned error: 503
2026-11-25 01:00:02.100 | [ERROR] /opt/stack/functions-common:652 git call failed: [git clone]
2026-11-25 01:00:03.100 | Error on exit
2026-11-25 01:00:04.100 | World dumping... see ./worlddump.txt, ERROR: nothing
"""
NO_ROLE = """\
2026-11-25 01:10:00.000 | + lib/keystone:create_keystone_accounts:304 :   openstack role add admin
2026-11-25 01:10:01.000 | RoleNotFound: Could not find role: admin. (HTTP 404)
2026-11-25 01:10:01.500 | stack.sh failed: full log in /opt/stack/logs/stack.sh.log
"""
APT_503 = """\
Err:4 http://mirror/ubuntu noble/main amd64 uwsgi amd64 2.0.24
  503  Service Unavailable [IP: 192.0.2.1 80]
E: Failed to fetch http://mirror/ubuntu/pool/u/uwsgi.deb  503  Service Unavailable
+ ./stack.sh:exit_trap:546                 :   local r=100
"""
LOCKED = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held\n"
STALLED = "Cloning into '/opt/stack/devstack.new'...\nfatal: git did not end within 300 s\n"
# A real log: the failing command prints one line only, and its buffered output follows.
READ_ONLY = """\
Linux controller 6.1.0 x86_64 GNU/Linux
tee: /sys/kernel/mm/ksm/run: Read-only file system
0
2026-11-25 09:10:31.000 | Error on exit
"""


def failed(node, text, what="stack.sh ended with 1"):
    log = node.write("log", text)
    node.state("fail", "--log", str(log), what)
    return node.show()


@pytest.mark.parametrize(
    ("log", "line", "error_class"),
    [
        (GIT_503, "fatal: unable to access 'https://host/nova/': returned error: 503", "infra"),
        (NO_ROLE, "RoleNotFound: Could not find role: admin. (HTTP 404)", "config"),
        (APT_503, "Err:4 http://mirror/ubuntu noble/main amd64 uwsgi amd64 2.0.24", "infra"),
        (LOCKED, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held", "infra"),
        (STALLED, "fatal: git did not end within 300 s", "infra"),
        (READ_ONLY, "tee: /sys/kernel/mm/ksm/run: Read-only file system", "config"),
        ("something\nelse\n", "else", "config"),
        ("", "", "config"),
    ],
    ids=[
        *("git answers 503", "a role is missing", "apt answers 503", "apt is locked"),
        *("git stalls", "a file system is read-only", "nothing severe", "empty"),
    ],
)
def test_the_first_failing_line_and_its_class(controller, log, line, error_class):
    """An outage justifies a fresh instance; a defect would only repeat itself."""
    answer = failed(controller, log)

    assert answer["error"] == ": ".join(filter(None, ("stack.sh ended with 1", line)))
    assert answer["class"].startswith(error_class)


def test_our_own_last_word_goes_before_older_complaints(controller):
    """Failed polls are logged before the deadline, which is the actual failure."""
    log = """\
2026-11-25T01:00:00Z not ready: Error: 503 Service
2026-11-25T01:15:00Z [ERROR] flavors: no
"""

    assert failed(controller, log, "readiness ended with 1")["error"].endswith(
        "[ERROR] flavors: no"
    )


@pytest.mark.parametrize("word", ["Terminated", "Killed", "Segmentation fault (core dumped)"])
def test_the_shell_around_stack_sh_has_not_the_last_word(controller, word):
    """The last step says more, and the error already names the signal."""
    answer = failed(controller, f"Starting Keystone\n{word}\n", "stack.sh was killed by SIGKILL")

    assert answer["error"] == "stack.sh was killed by SIGKILL: Starting Keystone"
    assert answer["log_tail"] == ["Starting Keystone"]


def test_the_class_is_that_of_our_own_last_word_too(controller):
    log = "not ready: Error: 503 Service\n[ERROR] not ready after 9 s: cinder-volume is not up\n"

    assert failed(controller, log, "readiness ended with 1")["class"] == "configuration"


def test_the_last_lines_are_kept_and_bounded(controller):
    """Twenty lines give context; the limit keeps a state small enough to read over the network."""
    lines = [f"line {number} {'x' * 1000} databasepasswordValue" for number in range(1000)]

    kept = failed(controller, "\n".join(["databasepasswordValue", *lines]))["log_tail"]

    assert [line.split()[1] for line in kept] == [str(number) for number in range(980, 1000)]
    assert max(map(len, kept)) == 300


def test_the_last_lines_hold_no_password(controller):
    kept = failed(controller, "connecting\nmysql -uroot -pdatabasepasswordValue\n")["log_tail"]

    assert kept == ["connecting", "mysql -uroot -p***"]


def test_a_log_that_is_not_there_is_no_second_failure(controller):
    controller.state("fail", "--log", str(controller.root / "none"), "checks ended with 1")

    assert controller.show()["error"] == "checks ended with 1"


def test_no_password_reaches_the_state(controller):
    """DevStack traces commands with their passwords, and every user may read the state."""
    answer = failed(controller, "ERROR 1045: mysql -uroot -pdatabasepasswordValue\n")

    assert answer["error"] == "stack.sh ended with 1: ERROR 1045: mysql -uroot -p***"
    events = (controller.root / "var/lib/devstack-node/events.jsonl").read_text()
    assert "databasepasswordValue" not in events
