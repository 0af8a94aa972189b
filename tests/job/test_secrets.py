"""Secrets: whoever prints one, in whatever encoding, it reaches neither artifacts nor output."""

import base64
import gzip
import json
import shutil
import tarfile
import zlib
from contextlib import suppress
from itertools import product
from urllib.parse import quote, quote_plus
from uuid import uuid4

import pytest
import yaml

from localcloud.compute_api.faults import Fault
from localcloud.machines.node_status import Course
from tests.job.prow import STANDIN, WORKER, zones
from tests.patience import FOREVER_S

BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC"


def canary(*odd: str) -> str:
    """Return a unique secret with characters that encodings change."""
    return "".join(("canary", *odd, uuid4().hex))


@pytest.fixture
def engine(real_engine):
    """The real engine, whose output and event log are long."""
    return real_engine


@pytest.fixture
def canaries(prow, tmp_path):
    """Secrets by the place where they are planted: settings, variables, and files named there."""
    found = {
        "settings token": canary(),
        "settings url": canary(),
        "settings file": canary(),
        "variable": canary("/+&<'\" $"),
        "variable token": canary("="),
        "variable url": canary(),
        "key file, secret": canary("&<>"),
        "key file, key": f"{BODY}{uuid4().hex}",
        "passphrase": f"correct horse {uuid4().hex} staple",
        "token file": canary(),
    }
    key = tmp_path / "key.json"
    body = found["key file, key"]
    key.write_text(
        json.dumps(
            {
                "type": "service_account",
                "private_key": f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n",
                "nested": {"client_secret": found["key file, secret"]},
            }
        )
    )
    for name in ("passphrase", "token file"):
        (tmp_path / name).write_text(found[name] + "\n")
    local_conf = tmp_path / "extra.conf"
    local_conf.write_text(f"MY_SERVICE_PASSWORD={found['settings file']}\n")
    prow.access_token = found["settings token"]
    prow.settings |= {
        "pipIndexUrl": f"https://me:{found['settings url']}@index.example/simple",
        "localConfFile": str(local_conf),
    }
    return found


@pytest.fixture
def environment(canaries, tmp_path):
    """Variables with secrets. Some name files, whose contents the suite prints too."""
    return {
        "GITHUB_TOKEN": canaries["variable token"],
        "AWS_SECRET_ACCESS_KEY": canaries["variable"],
        "SOME_MIRROR": f"https://me:{canaries['variable url']}@mirror.example/",
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "SERVICE_TOKEN_FILE": str(tmp_path / "token file"),
        # No name marks these as secret; their values repeat secrets that the job knows.
        "TOLD_0": json.dumps(canaries),
        "TOLD_1": (tmp_path / "key.json").read_text(),
        "TOLD_2": "\n".join(canaries.values()),
        "TOLD_3": f"{canaries['passphrase']} and more",
    }


@pytest.fixture
def everybody_tells(prow, canaries):
    """Make the suite's programs, a node and the cloud print the secrets; return their text."""
    prow.tool(
        "make", f'"$STANDIN_PYTHON" {STANDIN}/tell.py "$@"', f'exec {shutil.which("make")} "$@"'
    )
    prow.tool(
        "docker",
        f'"$STANDIN_PYTHON" {STANDIN}/tell.py "$@"',
        f'exec "$STANDIN_PYTHON" {STANDIN}/tools/docker "$@"',
    )
    said = " ".join(canaries.values())
    prow.nodes.courses["worker"] = Course(verdict_after_s=1, error=f"no branch: {said}")
    return said


def contents(folder, output):
    """Yield every place to search by name: the output, each file, and each archive's members."""
    yield "output", output.encode()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield str(path), content
            with suppress(OSError, EOFError, zlib.error):
                yield f"{path} unpacked", gzip.decompress(content)
            if tarfile.is_tarfile(path):
                with tarfile.open(path) as archive:
                    for member in filter(tarfile.TarInfo.isreg, archive):
                        yield f"{path}/{member.name}", archive.extractfile(member).read()


def spellings(secret):
    """Yield the encodings of a secret; of base64 only the part that no neighbour changes."""
    for text in {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[1:-1]}:
        yield text.encode()
    yield quote(secret, safe="").encode()
    yield quote_plus(secret).encode()
    for before, encode in product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
        yield encode(bytes(before) + secret.encode())[4:-4]


def require_none(prow, ended, secrets):
    found = [
        (where, name)
        for where, content in contents(prow.artifacts, ended.output)
        for name, secret in secrets
        if any(spelled in content for spelled in spellings(secret))
    ]
    assert found == []


def told(ended):
    """Return the log lines of programs that print secrets."""
    log = ended.read("job.log") + ended.read("prerequisites.log")
    return [line for line in log.splitlines() if "told: " in line]


def test_a_job_in_which_everybody_tells_secrets_shows_none(
    prow, canaries, environment, everybody_tells
):
    """The worker fails during the tests, with the secrets in its error; the tests go on."""
    prow.nodes.courses["worker"] = Course(verdict_after_s=FOREVER_S)
    prow.site.pages["/zones"] = zones("testaz1")
    job = prow.start(**environment)
    prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
    prow.nodes.fare(WORKER, Course(error=everybody_tells))
    prow.wait_for(lambda: "worker: failed in" in prow.log(), job)
    prow.site.pages["/zones"] = zones("testaz1", "testaz2")
    ended = prow.end(job)
    state = [(f"state {number}", secret) for number, secret in enumerate(prow.secrets)]

    assert ended.code == 0, ended.output
    assert len(state) >= 6
    assert [path.name for path in sorted((ended.artifacts / "pulumi").iterdir())]
    assert len(told(ended)) > 100
    assert any("***" in line for line in told(ended))
    require_none(prow, ended, [*canaries.items(), *state])
    # The reports stay readable.
    assert "PASSED in " in ended.read("summary.txt")
    for line in ended.read("pulumi/up-01.jsonl").splitlines():
        assert json.loads(line)


def test_a_failure_that_quotes_secrets_shows_none(prow, canaries, environment, everybody_tells):
    """The cloud's refusal and the worker's error quote the secrets."""
    prow.api.add_fault(
        Fault(
            method="routers.insert",
            kind="error",
            status=400,
            reason="invalid",
            message=f"no: {everybody_tells}",
        )
    )
    ended = prow.run(**environment)

    assert ended.code == 1, ended.output
    assert "no: " in ended.output
    assert "no: ***" in "".join(path.read_text() for path in ended.artifacts.glob("pulumi/*"))
    require_none(prow, ended, canaries.items())


def test_a_failed_node_that_quotes_secrets_shows_none(prow, canaries, environment, everybody_tells):
    assert everybody_tells
    ended = prow.run(**environment)

    assert ended.code == 1, ended.output
    assert "error: no branch: ***" in ended.read("summary.txt")
    assert "no branch: ***" in ended.read("worker/stack.sh.log")
    require_none(prow, ended, [*canaries.items(), *(("state", each) for each in prow.secrets)])


def test_what_a_person_runs_shows_none_either(prow, canaries, environment):
    """`up`, `outputs` and `down` without the job, and a refusal that quotes its input."""
    settings = prow.folder / "own.yaml"
    prow.environment(**environment)
    document = yaml.safe_load((prow.folder / "settings.yaml").read_text())
    document["config"]["gcp:project"] = prow.project
    settings.write_text(yaml.safe_dump(document))
    given = {**environment, "DEVSTACK_SETTINGS": str(settings)}
    commands = ("up", "outputs", "down")
    outputs = [prow.job(command, "--stack", "own", **given) for command in commands]
    assert [done.returncode for done in outputs] == [0, 0, 0], outputs
    settings.write_text(f"config: {{gcp:accessToken: {canaries['settings token']}: x}}\n")
    outputs.append(prow.job("preview", "--stack", "own", **given))

    assert outputs[-1].returncode == 2
    said = "".join(done.stdout + done.stderr for done in outputs)
    assert [name for name, secret in canaries.items() if secret in said] == []
