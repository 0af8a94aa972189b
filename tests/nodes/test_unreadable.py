"""Unreadable: devstack-status answers whatever is in the node's files, and names invalid ones."""

import contextlib
import importlib
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.spoilt import ANY_JSON, odd, unusable

KEYS = {
    *("schema", "node", "subject", "stage", "since", "verdict", "error", "unreadable"),
    *("class", "detail", "boot_id", "log_tail", "failed_units", "cloud_init"),
}
EXIT = {"ready": 0, "failed": 1, "pending": 3}
NODE_ENV = "etc/devstack-node/node.env"
BOOT_ID = "proc/sys/kernel/random/boot_id"
STATE, WORKER = (f"var/lib/devstack-node/{name}.json" for name in ("state", "worker"))
RESULT, STATUS = (f"run/cloud-init/{name}.json" for name in ("result", "status"))
SUMMARY = "opt/stack/logs/stack.sh.log.summary"
LOCAL_CONF = "etc/devstack-node/local.conf"

RECORD = {
    "schema": 1,
    "node": "controller",
    "subject": "node",
    "stage": "ready",
    "since": "2026-11-25T01:00:00Z",
    "verdict": "ready",
    "boot_id": "first-boot",
    "error": "",
    "class": "",
    "log_tail": [],
}
COMPLAINTS = {"v1": {"datasource": "DataSourceGCE", "errors": ["no lock"]}}
STAGES = {"v1": {"init": {"recoverable_errors": {"WARNING": ["no such module"]}}}}
JSON_FILES = {STATE: RECORD, WORKER: RECORD, RESULT: COMPLAINTS, STATUS: STAGES}


@pytest.fixture(scope="module")
def good(loaded):
    """The contents of a registered controller's files, by path."""
    texts = {path: json.dumps(document) for path, document in JSON_FILES.items()}
    paths = (NODE_ENV, LOCAL_CONF, BOOT_ID)
    kept = {path: (loaded.root / path).read_bytes() for path in paths}
    kept |= {path: text.encode() for path, text in texts.items()}
    return {**kept, SUMMARY: b"2026-11-25 01:00:00.000 | Starting Nova\n"}


@pytest.fixture(scope="module")
def show(loaded, good):
    """Write files, run `show`, check what holds for every answer, and return the answer."""
    status = importlib.import_module("devstack_node.status")
    there = {}

    def ask(spoilt, *words):
        # Write only files that differ from those of the last example, to save time.
        for path, content in {**good, **spoilt}.items():
            if there.get(path) != content:
                there[path] = content
                loaded.write(path, "").write_bytes(content)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = status.main(["show", *words])
        [line] = output.getvalue().splitlines()
        answer = json.loads(line)
        assert answer.keys() >= KEYS
        assert code == EXIT[answer["verdict"]]
        return answer

    return ask


def test_with_whole_files_the_node_and_its_registration_are_ready(show):
    answer = show({})

    assert (answer["verdict"], answer["unreadable"]) == ("ready", [])
    assert answer["cloud_init"] == ["no lock", "no such module"]
    assert show({}, "--for", "worker")["verdict"] == "ready"


CONTENTS = st.binary(max_size=40) | ANY_JSON.map(lambda found: json.dumps(found).encode())


@given(
    spoilt=st.dictionaries(
        st.sampled_from([NODE_ENV, BOOT_ID, STATE, WORKER, RESULT, STATUS, SUMMARY, LOCAL_CONF]),
        CONTENTS
        | st.sampled_from([odd(RECORD), odd(COMPLAINTS), odd(STAGES)]).flatmap(lambda s: s),
        min_size=1,
    ),
    subject=st.sampled_from(["node", "worker"]),
)
@example(spoilt={NODE_ENV: b"ROLE='controller\n"}, subject="worker")
@example(spoilt={WORKER: json.dumps({**RECORD, "node": None}).encode()}, subject="worker")
@example(spoilt={STATUS: b'{"v1": {"init": {"recoverable_errors": ["x"]}}}'}, subject="node")
@example(spoilt={RESULT: b'{"v1": {"errors": {"a": 1}}}'}, subject="node")
def test_there_is_an_answer_whatever_is_in_the_files(show, spoilt, subject):
    show(spoilt, "--for", subject)


@pytest.mark.parametrize(
    ("subject", "path"), [("node", STATE), ("worker", STATE), ("worker", WORKER)]
)
@given(content=unusable(RECORD))
def test_an_unreadable_state_is_named_and_a_failure(show, subject, path, content):
    answer = show({path: content}, "--for", subject)

    assert answer["verdict"] == "failed"
    assert any(f"{path}: " in said for said in answer["unreadable"])
    assert f"{path}: " in answer["error"]


@pytest.mark.parametrize("path", [NODE_ENV, BOOT_ID])
@given(content=st.sampled_from([b"", b"\n", b" \0\xff\0", b"ROLE='", b"ROLE=\n"]))
def test_without_its_environment_no_node_is_ready(show, path, content):
    """Neither its role nor whether it was ready in this boot can be known then."""
    if path == BOOT_ID and content.strip():
        content = b""

    answer = show({path: content})

    assert answer["verdict"] == "failed"
    assert any(f"{path}: " in said for said in answer["unreadable"])


@pytest.mark.parametrize(("path", "document"), [(RESULT, COMPLAINTS), (STATUS, STAGES)])
@given(data=st.data())
def test_an_odd_file_of_cloud_init_is_named_and_decides_nothing(show, path, document, data):
    """A later version of cloud-init may write another format on a finished node."""
    answer = show({path: data.draw(unusable(document))})

    assert answer["verdict"] == "ready"
    assert any(f"{path}: " in said for said in answer["unreadable"])


def test_a_file_that_cannot_be_opened_is_named_with_the_systems_reason(controller):
    """Root can read any file, so a directory takes the file's place here."""
    controller.state("stage", "stack.sh")
    (controller.root / SUMMARY).mkdir(parents=True)

    answer = controller.show()

    assert answer["verdict"] == "pending"
    assert answer["unreadable"] == [f"{controller.root}/{SUMMARY}: Is a directory"]


def test_a_systemd_that_does_not_answer_is_asked_again(controller):
    """A ready node has no failed units; a busy machine may answer at the next poll."""
    controller.state("ready")
    controller.fake("systemctl", "echo 'Failed to connect to bus' >&2; exit 1")

    answer = controller.show()

    assert (answer["verdict"], answer["stage"]) == ("pending", "systemd does not answer")
    reason = "failed units: systemctl ended with 1: Failed to connect to bus"
    assert answer["unreadable"] == [reason]


def test_an_instance_with_an_unreadable_state_is_not_built_again(controller):
    """The existence of a state shows that a build began."""
    controller.write(STATE, "")

    assert controller.run("devstack-node", "state", "claim").returncode == 1


def test_a_state_is_written_over_an_unreadable_one(controller):
    controller.write(STATE, '{"verdict": ')

    controller.state("fail", "no /dev/kvm")

    assert controller.show()["error"] == "no /dev/kvm"


def test_a_command_without_its_environment_ends_with_one_line(controller):
    """The state quotes the last line of a log."""
    controller.write(NODE_ENV, "ROLE=controller\nREADINESS_DEADLINE_S=soon\n")

    done = controller.run("devstack-node", "ready")

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.endswith(
        f"ready: {controller.root}/{NODE_ENV}: READINESS_DEADLINE_S is 'soon', no number"
    )
