"""Odd answers: invalid answers of OpenStack, the other node or a log end in a reported failure."""

import contextlib
import importlib
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spoilt import ANY_JSON, odd

COLUMNS = {
    **dict.fromkeys(("Binary", "Host", "Zone", "Name", "ID", "Agent Type", "Zone Name"), "nova"),
    **dict.fromkeys(("RAM", "Disk", "Ephemeral", "VCPUs", "Limit"), 1),
    "Status": "enabled",
    "State": "up",
    "Alive": True,
    "Zone Status": "available",
    "Subnets": ["5f3c"],
    "Resource": "cores",
    "Availability Zone": "testaz2",
    "name": "amphora",
}
HOSTS = ("controller", "worker")
ROWS = [
    {**COLUMNS, "Binary": binary, "Host": host}
    for binary in ("nova-compute", "cinder-volume")
    for host in HOSTS
]
ODD_ROWS = st.lists(
    st.sampled_from(ROWS).flatmap(odd).map(json.loads) | st.sampled_from(ROWS), max_size=4
)
SAID = (
    st.text(max_size=10)
    | ANY_JSON.map(json.dumps)
    | ODD_ROWS.map(json.dumps)
    | st.sampled_from(["", "[" * 100_000, '[{"Name": "a"', "\0"])
)
ANSWER = {"verdict": "failed", "stage": "x", "error": "no", "class": "", "failed_units": []}


@pytest.fixture(scope="module")
def modules(loaded):
    """The node's own Python modules, loaded into this process."""
    names = {
        "devstack_node": ("node", "environment", "ready", "peer", "failure", "cloud"),
        "devstack_controller": ("register", "postconfig", "smoke", "checks"),
    }
    found = SimpleNamespace(root=loaded.root)
    for package, members in names.items():
        for member in members:
            setattr(found, member, importlib.import_module(f"{package}.{member}"))
    return found


@pytest.fixture(scope="module")
def answer_all(modules):
    """Make all programs print the given texts in turn, and the other node nothing."""
    with pytest.MonkeyPatch.context() as patch:

        def answer(texts):
            left = list(texts)
            patch.setattr(
                modules.node, "run", lambda *_, **__: left.pop(0) if len(left) > 1 else left[0]
            )
            patch.setattr(modules.peer, "_read", lambda _: "")

        yield answer


TEXTS = st.lists(SAID, min_size=1, max_size=5)


@given(texts=TEXTS)
def test_readiness_says_what_is_missing_whatever_the_cloud_answers(modules, answer_all, texts):
    answer_all(texts)
    (modules.root / "proc/net").mkdir(exist_ok=True)
    (modules.root / "proc/net/udp").write_bytes(texts[0].encode(errors="replace") + b"\n\xff\n x")

    problems = modules.ready.problems(modules.environment.read())

    assert all(isinstance(problem, str) for problem in problems)


@given(texts=TEXTS, step=st.sampled_from(["register", "own zone", "type", "flavors", "smoke"]))
def test_what_changes_the_cloud_fails_with_a_reason_at_most(modules, answer_all, texts, step):
    """A KeyError would end a unit without an entry in the state."""
    answer_all(texts)
    settings = modules.environment.read()
    steps = {
        "register": lambda: modules.register._register(settings),
        "own zone": lambda: modules.postconfig._own_zone(settings),
        "type": lambda: modules.postconfig._volume_type(settings),
        "flavors": lambda: modules.postconfig._flavors(settings),
        "smoke": lambda: modules.smoke._remove(("server", "network"), "nova"),
    }

    with contextlib.suppress(RuntimeError):
        steps[step]()


@given(said=st.text(max_size=20) | (ANY_JSON.map(json.dumps)) | odd(ANSWER).map(bytes.decode))
def test_what_the_other_node_says_is_a_state_or_refused(modules, said):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modules.peer, "_read", lambda _: said)
        found = None
        with contextlib.suppress(RuntimeError):
            found = modules.peer.ask("10.0.3.16")

    assert found is None or found.verdict in {"pending", "ready", "failed"}


@given(log=st.binary(), local_conf=st.binary())
def test_a_binary_log_is_explained_too(modules, log, local_conf):
    path = modules.root / "odd.log"
    path.write_bytes(log)
    modules.node.LOCAL_CONFS[0].write_bytes(local_conf)

    why = modules.failure.explain("stack.sh ended with 1", str(path))

    assert why.error.startswith("stack.sh ended with 1")
    json.dumps(why)


def test_a_password_is_masked_though_our_local_conf_is_cut_off(controller, credentials):
    """DevStack's copy of local.conf still has the password."""
    local_conf = controller.root / "etc/devstack-node/local.conf"
    controller.write("opt/stack/devstack/local.conf", local_conf.read_text())
    local_conf.write_text("[[local|localrc]]\nADMIN_")
    log = controller.write("log", f"mysql -uroot -p{credentials.database_password}\n")

    controller.state("fail", "--log", str(log), "stack.sh ended with 1")

    assert controller.show()["error"] == "stack.sh ended with 1: mysql -uroot -p***"


def test_one_broken_repository_does_not_hide_the_commits_of_the_others(controller):
    controller.state("stage", "stack.sh")
    for name in ("broken", "nova"):
        controller.write(f"opt/stack/{name}/.git/HEAD", "")
    controller.fake(
        "git", '[[ $* == *nova* ]] && echo 5f3c || { echo "fatal: bad" >&2; exit 128; }'
    )

    done = controller.run("devstack-node", "commits")

    commits = json.loads((controller.root / "var/lib/devstack-node/commits.json").read_text())
    assert (done.returncode, commits) == (0, {"nova": "5f3c"})
    assert "broken has no commit: runuser ended with 128: fatal: bad" in done.stderr
