"""Prow's scripts: callable from anywhere, with packages of their own, replaced by Python."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import FOREVER_S, PATIENCE_S
from tests.search_path import path_without

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = ("ci-e2e.sh", "ci-conformance.sh")
# In one test process, since each process would build a virtual environment first.
pytestmark = pytest.mark.xdist_group("virtual environment")
# Records how it was started; SIGTERM ends it with a distinctive exit code.
_JOB = """\
import json, os, pathlib, signal, sys, time
record = {
    "arguments": sys.argv[1:],
    "cwd": os.getcwd(),
    "pid": os.getpid(),
    "prefix": sys.prefix,
    "settings": os.environ.get("DEVSTACK_SETTINGS"),
    "pulumi": os.environ["PATH"].split(":")[-1],
    "environment": dict(os.environ),
}
def end(number, frame):
    sys.exit(40 + number)
signal.signal(signal.SIGTERM, end)
path = pathlib.Path(os.environ["RECORD"])
path.with_suffix(".new").write_text(json.dumps(record))
path.with_suffix(".new").rename(path)
deadline = time.monotonic() + float(os.environ.get("STAY_S", 0))
while time.monotonic() < deadline:
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache folder that the tests share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter, but for `-m venv`, which takes it seconds: a copy of one made before."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=PATIENCE_S)
    copy = f'cp --archive --link "{folder}/venv" "$3"'
    write_tool(folder / "python", f'[[ $1 != -m ]] || exec {copy}\nexec "{sys.executable}" "$@"')
    return str(folder / "python")


@pytest.fixture
def checkout(tmp_path):
    """A checkout of this program whose job only records how it was started, without packages."""
    folder = tmp_path / "ours"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "requirements.txt").write_text("# pulumi comes from PATH\n")
    for package in ("host", "job"):
        (folder / package).mkdir()
    shutil.copy(ROOT / "host/inherited.py", folder / "host")
    (folder / "job/__main__.py").write_text(_JOB)
    return folder


@pytest.fixture
def capo(tmp_path):
    folder = tmp_path / "capo"
    folder.mkdir()
    (folder / "Makefile").write_text("test-e2e: ## Run e2e tests\n")
    return folder


@pytest.fixture
def tools(tmp_path):
    """The first folder on PATH, with a `pulumi`."""
    folder = tmp_path / "tools"
    folder.mkdir()
    write_tool(folder / "pulumi", "exit 0")
    return folder


@pytest.fixture
def environ(tmp_path, cache, python, tools):
    """The environment of a script, without a Pulumi other than the one in `tools`."""
    return {
        "PATH": f"{tools}:{path_without('pulumi')}",
        "PYTHON": python,
        "HOME": str(tmp_path),
        "DEVSTACK_CACHE_DIR": str(cache),
        "RECORD": str(tmp_path / "record.json"),
    }


@pytest.fixture
def call(checkout, capo, environ, tmp_path):
    """Call a script; return the finished process with the job's record, None if it did not run."""

    def run(*arguments, script="ci-e2e.sh", path=None, cwd=capo, **variables):
        done = subprocess.run(
            [path or checkout / "scripts" / script, *arguments],
            capture_output=True,
            check=False,
            cwd=cwd,
            env=environ | variables,
            text=True,
            timeout=PATIENCE_S,
        )
        record = tmp_path / "record.json"
        done.record = json.loads(record.read_text()) if record.exists() else None
        return done

    return run


def write_tool(path, body):
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_job_is_started_for_the_working_directory(call, checkout, capo, cache, script):
    done = call(script=script)
    kind = script.removeprefix("ci-").removesuffix(".sh")

    assert done.returncode == 0, done.stderr
    assert done.record["arguments"] == [kind, "--capo", str(capo)]
    assert done.record["cwd"] == str(checkout)
    assert Path(done.record["prefix"]).is_relative_to(cache)


def test_a_script_is_called_by_a_relative_path(call, capo):
    """Prow calls it so, with the checkout of CAPO as the working directory."""
    done = call(path="../ours/scripts/ci-e2e.sh")

    assert (done.returncode, done.record["arguments"][-1]) == (0, str(capo))


def test_a_script_is_called_by_a_link(call, tmp_path, capo):
    (tmp_path / "link.sh").symlink_to("ours/scripts/ci-e2e.sh")

    assert call(path=tmp_path / "link.sh").record["arguments"][-1] == str(capo)


def test_a_bake_needs_no_checkout_and_has_a_stack_of_its_own(call, tmp_path):
    """Two bakes at once must not share a stack."""
    done = call("--keep", "2", script="ci-bake.sh", cwd=tmp_path, BUILD_ID="1857")

    assert done.record["arguments"] == ["bake", "--stack", "bake-1857", "--keep", "2"]


@pytest.mark.parametrize("named", ["argument", "relative", "variable"])
def test_the_capo_checkout_is_named_from_elsewhere(call, capo, tmp_path, named):
    if named == "variable":
        done = call(cwd="/", CAPO_ROOT=str(capo))
    else:
        done = call(capo if named == "argument" else "capo", cwd=tmp_path)

    assert done.record["arguments"][-1] == str(capo)


def test_paths_are_meant_from_where_the_script_was_called(call, capo):
    assert call(DEVSTACK_SETTINGS="mine.yaml").record["settings"] == str(capo / "mine.yaml")


@pytest.mark.parametrize(
    ("arguments", "variables", "line"),
    [
        (["/"], {}, "/ is no CAPO checkout (no Makefile with test-e2e); name one: ci-e2e.sh"),
        (
            ["--focus"],
            {},
            "--focus is no option; usage: ci-e2e.sh [--install-only] [CAPO_CHECKOUT]",
        ),
        (
            [".", "more"],
            {},
            "'more' is one argument too many; usage: ci-e2e.sh [--install-only] [CAPO_CHECKOUT]",
        ),
        ([], {"PYTHON": "python9"}, "python9 is missing; install Python 3.11 or newer, or name it"),
    ],
    ids=["no CAPO", "option", "two checkouts", "no python"],
)
def test_what_cannot_be_is_refused_in_one_line(call, arguments, variables, line):
    done = call(*arguments, **variables)

    assert (done.returncode, done.stdout, done.record) == (2, "", None)
    assert done.stderr.startswith(f"ci-e2e.sh: {line}")
    assert done.stderr.count("\n") == 1


def test_an_old_python_is_refused_in_one_line(call, tools):
    """Python's own traceback would not name a remedy."""
    write_tool(tools / "old", "if [[ $* == *print* ]]; then echo 3.8; else exit 1; fi")
    done = call(PYTHON="old")

    assert done.returncode == 2
    assert done.stderr == (
        "ci-e2e.sh: old is Python 3.8, too old; name Python 3.11 or newer in PYTHON\n"
    )


def test_what_todays_conformance_job_passes_is_taken_with_a_note(call):
    done = call("--use-ci-artifacts", script="ci-conformance.sh")

    assert done.returncode == 0
    assert "--use-ci-artifacts has no effect" in done.stderr
    assert "--use-ci-artifacts" not in done.record["arguments"]


def test_the_packages_are_installed_once(call, checkout):
    call()
    (checkout / "job/__main__.py").write_text(_JOB)

    assert "installing the Python packages" not in call().stderr


def test_only_what_the_job_needs_is_installed(call, tmp_path):
    """For a job that then runs where no package index can be reached."""
    done = call("--install-only", DEVSTACK_CACHE_DIR=str(tmp_path / "new"))

    assert (done.returncode, done.record) == (0, None), done.stderr
    assert (
        "installing the Python packages"
        not in call(DEVSTACK_CACHE_DIR=str(tmp_path / "new")).stderr
    )


def test_half_an_environment_is_made_anew(call):
    """A job that was killed while pip ran leaves an incomplete environment."""
    venv = Path(call().record["prefix"])
    (venv / "complete").unlink()
    (venv / "left-behind").touch()

    assert call().returncode == 0
    assert not (venv / "left-behind").exists()


def test_other_packages_get_an_environment_of_their_own(call, checkout):
    first = call().record["prefix"]
    (checkout / "requirements.txt").write_text("# others\n")

    assert call().record["prefix"] != first


def test_packages_are_pinned_by_hash(call, checkout):
    """pip refuses a requirement without a hash before it contacts an index."""
    (checkout / "requirements.txt").write_text("pyyaml==6.0\n")
    done = call()

    assert done.returncode != 0
    assert "Hashes are required" in done.stderr
    assert done.record is None


def test_nothing_is_written_into_either_checkout(call, checkout, capo):
    """They may be read-only. Root can write anyway, so the test looks for new files."""

    def files():
        return sorted(path for folder in (checkout, capo) for path in folder.rglob("*"))

    before = files()
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    done = call()

    assert (done.returncode, files()) == (0, before)


def test_a_signal_reaches_python_itself(checkout, capo, environ, tmp_path):
    """bash would delay it until Python ends."""
    process = subprocess.Popen(
        [checkout / "scripts/ci-e2e.sh"], cwd=capo, env=environ | {"STAY_S": str(FOREVER_S)}
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not (record := tmp_path / "record.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)

        assert json.loads(record.read_text())["pid"] == process.pid
        assert process.wait(timeout=PATIENCE_S) == 40 + signal.SIGTERM
    finally:
        process.kill()
        process.wait()


def test_no_option_of_the_callers_reaches_pip_or_python(call, tmp_path):
    """The job keeps the variables, since they may be meant for the suite."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/sitecustomize.py").write_text("raise SystemExit('not ours')\n")
    (tmp_path / "packages/json.py").write_text("raise SystemExit('not ours')\n")
    (tmp_path / "shell").write_text(f"touch {tmp_path / 'was-read'}\n")
    (tmp_path / ".curlrc").write_text("--include\n")
    planted = {
        "PIP_USER": "1",
        "PIP_TARGET": str(tmp_path / "target"),
        "PIP_REQUIRE_VIRTUALENV": "maybe",
        "PYTHONPATH": str(tmp_path / "packages"),
        "PYTHONHOME": str(tmp_path / "nowhere"),
        "PYTHONWARNINGS": "error",
        "PYTHONSTARTUP": str(tmp_path / "shell"),
        "VIRTUAL_ENV": str(tmp_path / "nowhere"),
        "BASH_ENV": str(tmp_path / "shell"),
        "ENV": str(tmp_path / "shell"),
        "BASH_FUNC_realpath%%": "() { echo /nowhere; }",
        "SHELLOPTS": "noexec",
        "CDPATH": "/",
        "LC_ALL": "tlh_QO.UTF-8",
    }
    cache = str(tmp_path / "a new cache")
    done = call(DEVSTACK_CACHE_DIR=cache, PYTHON=sys.executable, **planted)

    assert done.returncode == 0, done.stderr
    del planted["SHELLOPTS"]  # bash sets its own
    assert planted.items() <= done.record["environment"].items()
    assert not (tmp_path / "was-read").exists()
    assert not (tmp_path / "target").exists()


def test_a_cache_folder_may_have_any_name(call, tmp_path):
    folder = tmp_path / "a b#c?\u00fc'\"$HOME"
    done = call(DEVSTACK_CACHE_DIR=str(folder))

    assert done.returncode == 0, done.stderr
    assert Path(done.record["prefix"]).is_relative_to(folder)


def test_a_folder_below_home_may_be_written_as_in_a_shell(call, tmp_path):
    """A job definition is not read by a shell, which would expand the tilde."""
    assert call(DEVSTACK_SETTINGS="~/mine.yaml").record["settings"] == str(tmp_path / "mine.yaml")


@pytest.fixture
def release(tools, tmp_path):
    """Remove Pulumi from PATH; the function publishes its release, to download with curl."""
    (tools / "pulumi").unlink()
    (tmp_path / "pulumi").mkdir()
    write_tool(tmp_path / "pulumi/pulumi", "exit 0")
    machine = {"x86_64": "x64"}.get(os.uname().machine, "arm64")
    name = f"pulumi-v3.272.0-linux-{machine}.tar.gz"
    archive = tmp_path / name
    subprocess.run(
        ["tar", "czf", archive, "-C", tmp_path, "pulumi"], check=True, timeout=PATIENCE_S
    )

    def publish(checksum=None):
        checksum = checksum or hashlib.sha256(archive.read_bytes()).hexdigest()
        (tmp_path / "pulumi-3.272.0-checksums.txt").write_text(
            f"{checksum}  {name}\n{'0' * 64}  x\n"
        )
        write_tool(
            tools / "curl",
            f'while [[ $1 != --output ]]; do shift; done; cp "{tmp_path}/${{3##*/}}" "$2"',
        )

    return publish


@pytest.fixture
def need_pulumi(environ, tmp_path):
    """Run need-pulumi with a folder for its download; return the finished process."""
    (tmp_path / "requirements.txt").write_text("pulumi==3.272.0 \\\n    --hash=sha256:0\n")
    (tmp_path / "kept").mkdir()

    def run():
        return subprocess.run(
            [ROOT / "scripts/need-pulumi", tmp_path / "kept", tmp_path / "requirements.txt"],
            capture_output=True,
            check=False,
            env=environ,
            text=True,
            timeout=PATIENCE_S,
        )

    return run


def test_a_pulumi_on_path_is_taken(need_pulumi):
    done = need_pulumi()

    assert (done.returncode, done.stdout) == (0, "")


def test_a_pulumi_that_is_missing_is_downloaded_once(need_pulumi, release, tools):
    release()
    first = need_pulumi()
    (tools / "curl").unlink()

    assert (first.returncode, first.stderr) == (0, "downloading Pulumi 3.272.0\n")
    assert (Path(first.stdout.strip()) / "pulumi").is_file()
    assert need_pulumi().stdout == first.stdout


def test_a_pulumi_with_a_wrong_checksum_is_not_kept(need_pulumi, release, tmp_path):
    release("1" * 64)
    done = need_pulumi()

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("cannot have Pulumi 3.272.0; see above, or ins")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_downloaded_pulumi_is_on_the_jobs_path(call, checkout):
    write_tool(checkout / "scripts/need-pulumi", "echo /somewhere/pulumi")

    assert call().record["pulumi"] == "/somewhere/pulumi"
