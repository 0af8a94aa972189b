"""Artifacts: one module writes them, and no other module writes files that others may read."""

import ast
from contextlib import closing
from pathlib import Path

import pytest

from job.redaction.artifacts import Artifacts
from job.redaction.known import SECRETS

JOB = Path(__file__).parents[4] / "job"
CANARY = "canary-0123456789"
# Modules that write other files, and why these are not artifacts.
_PRIVATE = {
    "cloud/stack.py": "the stack's folder, for its user alone",
    "cloud/e2e_files.py": "what a person asks for, for its owner alone",
    "nodes/ssh.py": "the stack's folder: key and host keys, for their owner alone",
    "cloud/engine/pending.py": "the stack's folder: a state for the engine",
    "network/tunnel/namespace.py": "a file of its own, gone at once: what a command reads",
    "network/tunnel/record.py": "the stack's folder: what the next tunnel must know",
    "network/tunnel/sshuttle.py": "the stack's folder: its log, of which artifacts get a copy",
}
_DOOR = {"redaction/artifacts.py"}
_WRITERS = {
    *("write_text", "write_bytes", "fdopen", "NamedTemporaryFile", "mkstemp", "extract"),
    *("extractall", "symlink_to", "hardlink_to", "copyfile", "copytree", "copy2"),
}
# Attributes of a stream by which output could bypass the mask.
_PAST_THE_MASK = {"buffer", "__stdout__", "__stderr__", "bare"}


@pytest.fixture
def artifacts(tmp_path):
    SECRETS.learn([CANARY])
    return Artifacts(tmp_path / "artifacts")


def test_whatever_is_written_is_masked(artifacts, tmp_path):
    source = tmp_path / "source"
    source.write_text(f"{CANARY}\n")
    artifacts.write("a.txt", f"x {CANARY}")
    artifacts.keep("deep/b.bin", b"\xff" + CANARY.encode() + b"\xfe\r\n")
    artifacts.copy(source, "c.log")
    for part in ("x\n", f"y {CANARY}\n"):
        with closing(artifacts.append("d.log")) as log:
            log.write(part)
    found = {path.name: path.read_bytes() for path in artifacts.folder.rglob("*") if path.is_file()}

    assert found == {
        "a.txt": b"x ***",
        "b.bin": b"\xff***\xfe\r\n",
        "c.log": b"***\n",
        "d.log": b"x\ny ***\n",
    }


def test_bytes_that_are_no_text_stay_what_they_are(artifacts):
    content = bytes(range(256)) * 10
    artifacts.keep("binary", content)

    assert (artifacts.folder / "binary").read_bytes() == content


def test_a_log_of_any_size_is_copied_in_pieces(artifacts, tmp_path):
    """A secret may cross the border between two pieces."""
    source = tmp_path / "source"
    line = f"{'x' * 60} {CANARY} {'y' * 60}\n"
    source.write_text(line * 40_000)
    artifacts.copy(source, "copy")
    copied = (artifacts.folder / "copy").read_text()

    assert copied == line.replace(CANARY, "***") * 40_000


def test_a_line_is_on_disk_before_the_log_ends(artifacts):
    with closing(artifacts.append("log")) as log:
        log.write("x\n")
        assert (artifacts.folder / "log").read_text() == "x\n"


def writes(call):
    """Return whether a call opens or creates a file for writing."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in _WRITERS:
        return True
    if name != "open":
        return False
    given = [each.value for each in call.args if isinstance(each, ast.Constant)]
    given += [each.value.value for each in call.keywords if isinstance(each.value, ast.Constant)]
    flags = "".join(ast.unparse(each) for each in call.args)
    modes = [each for each in given if isinstance(each, str) and set(each) <= set("rwaxbt+")]
    return "O_WRONLY" in flags or any(set("wax+") & set(mode) for mode in modes)


def modules():
    for path in sorted(JOB.rglob("*.py")):
        yield path.relative_to(JOB).as_posix(), list(ast.walk(ast.parse(path.read_text())))


def test_no_module_but_the_door_writes_what_everybody_may_read():
    found = {
        name
        for name, nodes in modules()
        if any(writes(node) for node in nodes if isinstance(node, ast.Call))
    }

    assert found == _DOOR | _PRIVATE.keys()


def test_no_module_prints_past_the_mask():
    found = {
        name
        for name, nodes in modules()
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in _PAST_THE_MASK
    }

    assert found == {"redaction/printing.py"}
