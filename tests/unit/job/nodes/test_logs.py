"""Logs: archives that come complete, in part or not at all, and files that are not unpacked."""

import base64
import io
import tarfile

import pytest

from host.errors import JobError
from job.cloud.place import Place
from job.nodes import console
from job.nodes.logs import collect
from tests.patience import FOREVER_S
from tests.unit.job.nodes.answers import REFUSED, WRONG_KEY

PLACE = Place(project="p", region="us-east4")


def packed(files, *others):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in others:
            archive.addfile(entry)
    return buffer.getvalue()


def answer(content, **more):
    return {"output": base64.b64encode(content).decode(), **more}


@pytest.fixture(autouse=True)
def consoles(monkeypatch):
    """The serial port output in Compute Engine; a test may change it."""
    texts = {"c": "controller's console\n", "w": "worker's console\n"}

    def read(outputs, _place, role, patience_s):
        assert (outputs["project"], patience_s >= 0) == ("p", True)
        zone, instance = outputs["zones"][role], outputs["instances"][role]
        if instance not in texts:
            raise JobError(f"console: {instance} in {zone}: not found")
        return texts[instance]

    monkeypatch.setattr(console, "read", read)
    return texts


@pytest.fixture
def run(outputs, tmp_path):
    """Collect the logs; return the messages."""

    def start(cap_s=20.0, **changed):
        said = []
        collect({**outputs, **changed}, PLACE, tmp_path, tmp_path / "logs", cap_s, said.append)
        return said

    return start


def test_both_nodes_fill_a_folder_each(programs, run, tmp_path):
    programs.answer("controller", answer(packed({"state.json": b"{}", "etc/nova/nova.conf": b"x"})))
    programs.answer("worker", answer(packed({"state.json": b"{}"})))

    assert run() == ["logs: controller: 2 files", "logs: worker: 1 files"]
    assert (tmp_path / "logs/controller/etc/nova/nova.conf").read_bytes() == b"x"
    assert (tmp_path / "logs/worker/state.json").is_file()


def test_the_nodes_are_asked_at_once_and_told_the_time(programs, run):
    """Otherwise a slow node would use up the other's time."""
    for who, other in (("controller", "worker"), ("worker", "controller")):
        programs.answer(who, answer(packed({"a": b""}), after=other))

    assert run(cap_s=100) == ["logs: controller: 1 files", "logs: worker: 1 files"]
    assert programs.calls("worker") == ["sudo /usr/local/sbin/devstack-logs --timeout 77"]


def test_what_came_before_a_connection_broke_is_kept(programs, run, tmp_path):
    content = packed({"state.json": b"{}", "journal.log": bytes(range(256)) * 8000})
    programs.answer("controller", answer(content[: len(content) // 2], code=255, errors="lost"))
    programs.answer("worker", answer(packed({"a": b""})))
    said = run()

    assert (tmp_path / "logs/controller/state.json").read_bytes() == b"{}"
    note = (tmp_path / "logs/controller/incomplete.txt").read_text()
    assert note == "1 files, and no more: broken off: lost\n"
    assert said[0] == f"logs: controller: {note.strip()}"


def test_what_came_before_the_time_was_over_is_kept(programs, run, tmp_path):
    content = packed({"state.json": b"{}", "journal.log": bytes(range(256)) * 8000})
    programs.answer("controller", answer(content[: len(content) // 2], sleep=FOREVER_S))
    programs.answer("worker", answer(packed({"a": b""})))
    run(cap_s=20)

    assert (tmp_path / "logs/controller/state.json").is_file()


@pytest.mark.parametrize(
    ("ssh", "trouble"), [(REFUSED, "refused"), (WRONG_KEY, "another host key")]
)
def test_of_a_node_without_ssh_the_console_is_kept(programs, run, tmp_path, ssh, trouble):
    programs.answer("controller", answer(packed({"a": b""})))
    programs.answer("worker", ssh)
    run()

    worker = tmp_path / "logs/worker"
    assert (worker / "serial-console.log").read_text() == "worker's console\n"
    assert (worker / "unreachable.txt").read_text() == (
        f"no logs over ssh: {trouble}; what it wrote to its serial port is in serial-console.log\n"
    )
    assert (tmp_path / "logs/controller/a").is_file()


def test_a_node_without_ssh_and_console_leaves_a_note(programs, run, tmp_path, consoles):
    programs.answer("controller", REFUSED)
    programs.answer("worker", REFUSED)
    consoles.clear()
    run()

    note = (tmp_path / "logs/worker/unreachable.txt").read_text()
    assert note == "no logs over ssh: refused; console: w in us-east4-b: not found\n"


def test_a_node_that_does_not_know_the_command_says_so(programs, run, tmp_path):
    """User data never reached that node."""
    programs.answer("controller", {"errors": "sudo: devstack-logs: command not found", "code": 1})
    programs.answer("worker", answer(packed({"a": b""})))
    run()

    assert (
        "devstack-logs: command not found"
        in (tmp_path / "logs/controller/unreachable.txt").read_text()
    )


def test_nothing_is_written_elsewhere(programs, run, tmp_path):
    """Tests run on the nodes, so their archives are not trusted."""
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    device = tarfile.TarInfo("device")
    device.type = tarfile.CHRTYPE
    files = {"../../outside": b"", str(tmp_path / "outside"): b"", "good": b""}
    programs.answer("controller", answer(packed(files, link, device)))
    programs.answer("worker", answer(packed({"a": b""})))
    run()

    found = {path.name for path in tmp_path.rglob("*outside*")}
    assert found == set()
    assert [path.name for path in (tmp_path / "logs/controller").iterdir()] == ["good"]


def test_a_stack_without_keys_has_no_logs_and_no_error(run):
    """`up` failed before it created keys; the teardown continues."""
    assert run(ssh_private_key="") == [
        "logs: none: outputs: the stack has no 'ssh_private_key'; run 'up' first"
    ]


def test_who_ends_the_wait_ends_what_was_started(programs, outputs, tmp_path):
    programs.answer("controller", {"sleep": FOREVER_S})
    programs.answer("worker", {"sleep": FOREVER_S})

    def pause(_):
        raise JobError("ended by SIGTERM")

    with pytest.raises(JobError, match="SIGTERM"):
        collect(outputs, PLACE, tmp_path, tmp_path / "logs", 60, print, pause)


def test_an_archive_with_a_name_that_no_file_can_have_is_kept_up_to_there(programs, run, tmp_path):
    """A node may send anything."""
    odd = tarfile.TarInfo("odd")
    odd.pax_headers = {"path": "a\0b"}
    programs.answer("controller", answer(packed({"state.json": b"{}"}, odd)))
    programs.answer("worker", answer(packed({"state.json": b"{}"})))

    said = run()

    assert (tmp_path / "logs/controller/state.json").is_file()
    assert "logs: controller: 1 files, and no more: it broke off: " in "\n".join(said)
